/** What was found lately, by key; the least lately used goes first. */
export interface Lately<T> {
  readonly find: (key: string) => T | undefined
  readonly keep: (key: string, value: T) => void
}

/** A bounded memory of `most` values. */
export function createLately<T>(most: number): Lately<T> {
  const kept = new Map<string, T>()
  return {
    find: (key) => {
      const found = kept.get(key)
      if (found === undefined) return undefined
      kept.delete(key)
      kept.set(key, found)
      return found
    },
    keep: (key, value) => {
      kept.delete(key)
      kept.set(key, value)
      const [oldest] = kept.keys()
      if (kept.size > most && oldest !== undefined) kept.delete(oldest)
    },
  }
}
