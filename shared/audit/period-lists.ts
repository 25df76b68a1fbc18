import { type EarlyOutcome, type OpenIntent, type Tally, type TallyName, tallyNames } from './period-facts.ts'

/** Most entries of one list: persons times classes of data, not rows, so that memory stays flat. */
const maxEntries = 50_000

/** Counts what found no place in a list, by the list's name. */
export type Drop = (name: string, times?: number) => void

interface Counted {
  readonly key: readonly string[]
  count: number
}

/** Counts combinations of values. */
export function createTallies(drop: Drop) {
  const tallies = new Map(tallyNames.map((name) => [name, new Map<string, Counted>()]))
  return {
    count(name: TallyName, key: readonly string[], times = 1): void {
      const tally = tallies.get(name) ?? new Map<string, Counted>()
      const id = key.join('\n')
      const counted = tally.get(id)
      if (counted) counted.count += times
      else if (tally.size < maxEntries) tally.set(id, { key, count: times })
      else drop(name, times)
    },
    facts(): Record<TallyName, Tally> {
      const sorted = [...tallies].map(([name, tally]) => [name, sortTally(tally)] as const)
      return Object.fromEntries(sorted) as unknown as Record<TallyName, Tally>
    },
  }
}

function sortTally(tally: ReadonlyMap<string, Counted>): Tally {
  return sortBy([...tally], ([id]) => id).map(([, { key, count }]) => [key, count] as const)
}

/** Brings intents and outcomes together, in whichever order they come. */
export function createJoin(drop: Drop, paired: (intent: OpenIntent, outcome: EarlyOutcome) => void) {
  const open = new Map<string, OpenIntent>()
  const early = new Map<string, EarlyOutcome>()
  const wait = <T extends OpenIntent | EarlyOutcome>(name: string, list: Map<string, T>, item: T) => {
    if (list.size < maxEntries) list.set(item.decisionId, item)
    else drop(name)
  }
  return {
    intent(intent: OpenIntent): void {
      const outcome = early.get(intent.decisionId)
      early.delete(intent.decisionId)
      if (outcome) paired(intent, outcome)
      else wait('open', open, intent)
    },
    outcome(outcome: EarlyOutcome): void {
      const intent = open.get(outcome.decisionId)
      open.delete(outcome.decisionId)
      if (intent) paired(intent, outcome)
      else wait('early', early, outcome)
    },
    facts: () => ({
      open: sortBy([...open.values()], placeOf),
      early: sortBy([...early.values()], ({ decisionId }) => decisionId),
    }),
  }
}

/** Order of time, then of place. */
export function placeOf({ time, lane, seq }: { time: string; lane: string; seq: number }): string {
  return `${time} ${lane} ${String(seq).padStart(16, '0')}`
}

/** A sorted copy, by UTF-16 code units of each item's key. */
export function sortBy<T>(items: readonly T[], keyOf: (item: T) => string): T[] {
  const keyed = items.map((item) => ({ item, key: keyOf(item) }))
  return keyed.sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key))).map(({ item }) => item)
}
