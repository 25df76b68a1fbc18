import type { Immutability } from './nightly.ts'

/** What a container's immutability has to be. */
export interface ImmutabilityDemand {
  /** Days at least. */
  readonly days: number
  /** Append blobs are to grow there. */
  readonly appends: boolean
}

/** Why a container is not good enough to keep evidence, or null. What could not be read is not good enough. */
export function judgeImmutability(
  { container, state, days, allowsAppends }: Immutability,
  demand: ImmutabilityDemand,
): string | null {
  if (state !== 'locked') return `the immutability policy of ${container} is ${state}, not locked`
  if (days === null || days < demand.days) {
    return `the immutability policy of ${container} holds for ${days ?? 0} days, not for ${demand.days}`
  }
  return demand.appends && !allowsAppends ? `the immutability policy of ${container} allows no protected appends` : null
}

export interface RememberOptions {
  readonly read: () => Promise<Immutability>
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** How long an answer is good, in ms. */
  readonly maxAge?: number
}

const tenMinutes = 600_000

/** Asks again when the last answer is ten minutes old; an answer that could not be had is not remembered. */
export function rememberImmutability({
  read,
  clock,
  maxAge = tenMinutes,
}: RememberOptions): () => Promise<Immutability> {
  let held: { readonly answer: Immutability; readonly until: number } | null = null
  return async () => {
    if (held !== null && clock() < held.until) return held.answer
    const asked = clock()
    held = null
    const answer = await read()
    if (answer.state !== 'unknown') held = { answer, until: asked + maxAge }
    return answer
  }
}
