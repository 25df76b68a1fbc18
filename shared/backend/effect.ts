/** What a call does, from least to worst. */
export const effects = ['read', 'write', 'delete', 'admin'] as const

export type Effect = (typeof effects)[number]

/** Orders effects: a negative number where `a` does less than `b`. */
export function compareEffects(a: Effect, b: Effect): number {
  return effects.indexOf(a) - effects.indexOf(b)
}

/** The worse of two effects. */
export function worseEffect(a: Effect, b: Effect): Effect {
  return compareEffects(a, b) >= 0 ? a : b
}
