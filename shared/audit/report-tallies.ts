import type { Tally } from './period-facts.ts'

/** The tally by some parts of its keys only. */
export function addUp(tally: Tally, parts: readonly number[]): Tally {
  const sums = new Map<string, [readonly string[], number]>()
  for (const [key, count] of tally) {
    const kept = parts.map((part) => key[part] ?? '')
    const sum = sums.get(kept.join('\n'))
    if (sum) sum[1] += count
    else sums.set(kept.join('\n'), [kept, count])
  }
  return [...sums.values()]
}

/** One item for each entry, the most frequent first; entries of one count keep the order of the tally. */
export function rank<T>(tally: Tally, describe: (key: Parts, count: number) => T): T[] {
  const ranked = [...tally].sort(([, a], [, b]) => b - a)
  return ranked.map(([key, count]) => describe(key as unknown as Parts, count))
}

/** The parts of a key; a part that a tally's keys do not have is never asked for. */
type Parts = readonly [string, string, string, string, string, string]
