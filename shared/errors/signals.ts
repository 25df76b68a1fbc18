const kept = new WeakMap<AbortSignal, readonly AbortSignal[]>()

/**
 * A signal that aborts as soon as one of `signals` does. `AbortSignal.any` of Node 20 holds its sources weakly, so that
 * a timeout nobody else holds is collected and its deadline never comes (nodejs/node#57736; some of Node 24 lose an abort alike, #65995); here they live as long as
 * what they were joined to.
 */
export function joinSignals(signals: readonly AbortSignal[]): AbortSignal {
  const joined = AbortSignal.any([...signals])
  kept.set(joined, signals)
  return joined
}
