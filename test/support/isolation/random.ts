/** Seeded chance: the same seed makes the same plan. */
export interface Chance {
  /** A number from 0 (inclusive) to 1 (exclusive). */
  readonly next: () => number
  /** A whole number below `limit`. */
  readonly below: (limit: number) => number
  readonly pick: <T>(values: readonly T[]) => T
  /** True so often, of 0 to 1. */
  readonly happens: (share: number) => boolean
  /** So many bytes as hex. */
  readonly hex: (bytes: number) => string
}

/** Mulberry32, which is small and even enough to plan a test with. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  const below = (limit: number) => Math.floor(next() * limit)
  return {
    next,
    below,
    pick: (values) => values[below(values.length)] as (typeof values)[number],
    happens: (share) => next() < share,
    hex: (bytes) => Array.from({ length: bytes }, () => below(256).toString(16).padStart(2, '0')).join(''),
  }
}
