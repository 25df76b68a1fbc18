import { setTimeout as wait } from 'node:timers/promises'

/** Work that a stop has to wait for. */
export interface InFlight {
  /** Keeps `work` in the count until it settles either way. */
  track(work: Promise<unknown>): void
  readonly count: number
  /** Waits until nothing is left, at most `limit` ms; tells how many were left over. */
  drain(limit: number): Promise<number>
}

/** Counts nothing yet. */
export function createInFlight(): InFlight {
  const open = new Set<Promise<unknown>>()
  const settle = async (): Promise<void> => {
    while (open.size > 0) await Promise.all(open)
  }
  return {
    track(work) {
      const entry: Promise<unknown> = work.catch(() => undefined).then(() => open.delete(entry))
      open.add(entry)
    },
    get count() {
      return open.size
    },
    async drain(limit) {
      const ended = new AbortController()
      const timeout = wait(limit, undefined, { signal: ended.signal }).catch(() => undefined)
      await Promise.race([settle(), timeout])
      ended.abort()
      return open.size
    },
  }
}
