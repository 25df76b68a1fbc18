/**
 * Longest time (ms) after its intent at which an outcome is still placed in the book; the writer refuses later ones, and
 * the caller of such a call gets no answer. It covers the longest honest call: the intent's own append, two exchanges and
 * two calls of 100 s each (a backend may refuse the first token), the spending of an approval, a cancellation, the
 * outcome's append: 420 s.
 */
export const outcomeBoundMs = 450_000

/**
 * Age (ms) at which the reconciler closes an intent that has no outcome. What is above the bound allows for two clocks
 * that are each wrong by two minutes (240 s) and for a request that is still on its way (65 s). It ends before
 * verification, at 15 minutes, calls the intent dangling.
 */
export const reconcileGraceMs = 780_000
