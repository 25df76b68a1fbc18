import { outcomeBoundMs } from './outcome-bound.ts'
import { type Accesses, type Comparison, conclude } from './reconcile-compare.ts'
import { skewMs } from './reconcile-match.ts'
import type { BackendReconciliation, BookCall, SourceEvent } from './reconcile-source.ts'

/** Longest time in ms for which an exchanged token is used: Entra gives at most 90 minutes, and we keep none longer. */
export const tokenLifeMs = 5_400_000

/**
 * Compares the book with Entra's sign-ins, where one exchange serves many calls: each call needs an exchange for the
 * person and backend (`object`) in the life of a token before it; each exchange of ours, a decision that it can be for;
 * and a known person's sign-in to a backend through another application is a way past us.
 */
export function compareExchanges(comparison: Comparison): BackendReconciliation {
  const { calls, window } = comparison
  const { nameOf = (backend: string) => backend } = comparison.source
  const events = [...new Map(comparison.events.map((event) => [event.id, event])).values()]
  const mine = events.filter(({ clientId }) => clientId === comparison.clientId)
  const byPerson = group(
    mine.filter(({ isEffective }) => isEffective),
    ({ person, object }) => [person, object],
  )
  const decisions = group(calls, ({ oid, backend }) => [oid, nameOf(backend)])
  const confirmed = calls.filter((call) =>
    byPerson(call.oid, nameOf(call.backend)).some((event) => serves(event, call)),
  )
  return conclude(comparison, {
    confirmed: new Set(confirmed.map(({ decisionId }) => decisionId)),
    accesses: sortSignIns(
      comparison,
      events.filter(({ time }) => time > window.from),
      decisions,
    ),
    events: events.filter(({ time }) => time > window.from).length,
    duplicates: comparison.events.length - events.length,
  })
}

type Lookup<T> = (person: string, backend: string | undefined) => readonly T[]

function group<T>(items: readonly T[], keyOf: (item: T) => readonly (string | undefined)[]): Lookup<T> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = JSON.stringify(keyOf(item))
    const members = groups.get(key) ?? []
    members.push(item)
    groups.set(key, members)
  }
  return (person, backend) => groups.get(JSON.stringify([person, backend])) ?? []
}

function serves({ time }: SourceEvent, { from, to }: BookCall): boolean {
  return time >= from - tokenLifeMs - skewMs && time <= (to ?? from + outcomeBoundMs) + skewMs
}

function sortSignIns(
  { clientId, known }: Comparison,
  events: readonly SourceEvent[],
  decisions: Lookup<BookCall>,
): Accesses {
  const effective = events.filter(({ isEffective }) => isEffective)
  const unrecorded = effective.filter(
    (event) =>
      event.clientId === clientId && !decisions(event.person, event.object).some((call) => serves(event, call)),
  )
  const foreign = effective.filter((event) => event.clientId !== clientId)
  const bypasses = foreign.filter(({ person }) => known.has(person)).map((event) => ({ event, oid: event.person }))
  return { unrecorded, bypasses, others: foreign.length - bypasses.length }
}
