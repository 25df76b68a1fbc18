/** Who is exchanging. */
interface Owner {
  readonly tid: string
  readonly oid: string
}

/** Keeps us from hammering the token service. Seconds where it answers, epoch milliseconds for `now`. */
export interface ExchangeLimits {
  /** Seconds to wait before this person may exchange again; null = now. */
  readonly waitFor: (owner: Owner) => number | null
  /** The service throttled or failed; `retryAfter` in seconds where it said so. */
  readonly failed: (owner: Owner, retryAfter: number | null) => void
  readonly succeeded: (owner: Owner) => void
}

interface Breaker {
  /** People whose exchange failed since the last success, and when. */
  readonly failures: Map<string, number>
  openUntil: number
}

const defaultWait = 2
const longestWait = 300
const longestOpen = 60
const window = 30_000
/** One person's throttling must not be another's: a tenant's breaker opens only when several people fail. */
const peopleToOpen = 3
const maxOwners = 10_000

function boundedSet<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key)
  map.set(key, value)
  const oldest = map.keys().next().value
  if (map.size > maxOwners && oldest !== undefined) map.delete(oldest)
}

function countFailure(breaker: Breaker, oid: string, now: number): number {
  for (const [who, at] of breaker.failures) if (now - at > window) breaker.failures.delete(who)
  boundedSet(breaker.failures, oid, now)
  return breaker.failures.size
}

/** Back-off for each person and a circuit breaker for each tenant; both bounded. */
export function createExchangeLimits(now: () => number): ExchangeLimits {
  const people = new Map<string, number>()
  const breakers = new Map<string, Breaker>()

  function breakerOf(tid: string): Breaker {
    const breaker = breakers.get(tid) ?? { failures: new Map<string, number>(), openUntil: 0 }
    breakers.set(tid, breaker)
    return breaker
  }

  return {
    waitFor: ({ tid, oid }) => {
      const until = Math.max(people.get(`${tid}|${oid}`) ?? 0, breakers.get(tid)?.openUntil ?? 0)
      return until > now() ? Math.ceil((until - now()) / 1000) : null
    },
    failed: ({ tid, oid }, retryAfter) => {
      const wait = Math.min(Math.max(retryAfter ?? defaultWait, 1), longestWait)
      boundedSet(people, `${tid}|${oid}`, now() + wait * 1000)
      const breaker = breakerOf(tid)
      if (countFailure(breaker, oid, now()) >= peopleToOpen) {
        breaker.openUntil = now() + Math.min(wait, longestOpen) * 1000
      }
    },
    succeeded: ({ tid, oid }) => {
      people.delete(`${tid}|${oid}`)
      breakers.delete(tid)
    },
  }
}
