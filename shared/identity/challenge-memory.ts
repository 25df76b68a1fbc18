import { createHash } from 'node:crypto'
import type { Principal } from './principal.ts'

/** Tells whether a caller who was asked for claims came back with a newer token and is asked for the same again. */
export interface ChallengeMemory {
  readonly isRepeated: (principal: Principal, claims: string) => boolean
}

interface Asked {
  readonly issuedAt: number
  readonly at: number
}

/** After this long the same challenge may be put once more (the person may have enrolled a device meanwhile). */
const forgetAfter = 600_000
/** Entra back-dates `iat` by five minutes; half a minute for clocks. */
const backdating = 330_000

function keyOf({ tid, oid, actor }: Principal, claims: string): string {
  return createHash('sha256')
    .update(JSON.stringify([tid, oid, actor, claims]))
    .digest('base64url')
}

/**
 * Remembers challenges in this process, at most `max` of them. Other instances ask once more each; that is bounded, so
 * no store is shared for it. `now` is epoch milliseconds.
 */
export function createChallengeMemory(now: () => number, max = 5000): ChallengeMemory {
  const asked = new Map<string, Asked>()

  function remember(key: string, principal: Principal): void {
    asked.delete(key)
    asked.set(key, { issuedAt: principal.issuedAt, at: now() })
    const oldest = asked.keys().next().value
    if (asked.size > max && oldest !== undefined) asked.delete(oldest)
  }

  return {
    isRepeated: (principal, claims) => {
      const key = keyOf(principal, claims)
      const before = asked.get(key)
      if (!before || now() - before.at > forgetAfter) {
        remember(key, principal)
        return false
      }
      const newer = principal.issuedAt > before.issuedAt
      return newer && principal.issuedAt * 1000 + backdating >= before.at
    },
  }
}
