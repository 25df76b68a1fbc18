import { createHash } from 'node:crypto'
import type { Principal } from './principal.ts'

/** Tells whether a caller who was asked for claims came back with a newer token and is asked for the same again. */
export interface ChallengeMemory {
  readonly isRepeated: (principal: Principal, claims: string) => boolean
  /** The principal brought what was asked: their next challenge is a first one again. */
  readonly settle: (principal: Principal) => void
}

interface Asked {
  readonly issuedAt: number
  readonly at: number
}

/** After this long the same challenge may be put once more (the person may have enrolled a device meanwhile). */
const forgetAfter = 600_000
/** Entra back-dates `iat` by five minutes; half a minute for clocks. */
const backdating = 330_000

function whoOf({ tid, oid, actor }: Principal): string {
  return JSON.stringify([tid, oid, actor])
}

function digestOf(claims: string): string {
  return createHash('sha256').update(claims).digest('base64url')
}

/** Different challenges of one principal that are remembered. */
const maxOfOne = 8

/**
 * Remembers challenges in this process, of at most `max` principals. Other instances ask once more each; that is
 * bounded, so no store is shared for it. `now` is epoch milliseconds.
 */
export function createChallengeMemory(now: () => number, max = 5000): ChallengeMemory {
  const asked = new Map<string, Map<string, Asked>>()

  function remember(who: string, key: string, at: Asked): void {
    const own = asked.get(who) ?? new Map<string, Asked>()
    own.delete(key)
    own.set(key, at)
    dropOldest(own, maxOfOne)
    asked.delete(who)
    asked.set(who, own)
    dropOldest(asked, max)
  }

  return {
    isRepeated: (principal, claims) => {
      const who = whoOf(principal)
      const key = digestOf(claims)
      const before = asked.get(who)?.get(key)
      if (!before || now() - before.at > forgetAfter) {
        remember(who, key, { issuedAt: principal.issuedAt, at: now() })
        return false
      }
      const newer = principal.issuedAt > before.issuedAt
      return newer && principal.issuedAt * 1000 + backdating >= before.at
    },
    settle: (principal) => void asked.delete(whoOf(principal)),
  }
}

function dropOldest(map: Map<string, unknown>, max: number): void {
  const oldest = map.keys().next().value
  if (map.size > max && oldest !== undefined) map.delete(oldest)
}
