import { outcomeBoundMs } from './outcome-bound.ts'
import type { BookCall, SourceEvent } from './reconcile-source.ts'

/** Two clocks that are compared may differ by this much, in ms. */
export const skewMs = 120_000

/** An entry of the log and the call that it belongs to; `call` is null where there is none. */
export interface Match {
  readonly event: SourceEvent
  readonly call: BookCall | null
}

export interface Matching {
  readonly matches: readonly Match[]
  readonly duplicates: number
  /** Who a name in the log is, as far as matched calls tell; object ids stand for themselves. */
  readonly personOf: (name: string) => string | undefined
}

export interface MatchInput {
  readonly calls: readonly BookCall[]
  readonly events: readonly SourceEvent[]
  readonly persons: 'object-id' | 'sign-in-name'
}

/**
 * Finds the call of each entry by the strongest id that both have, in the time of the call and of the same person. An id
 * that is used again later, or by somebody else, is no proof.
 */
export function matchEvents({ calls, events, persons }: MatchInput): Matching {
  const unique = [...new Map(events.map((event) => [event.id, event])).values()].sort((a, b) => a.time - b.time)
  const find = indexCalls(calls)
  const likely = unique.map((event): Match => ({ event, call: find(event) }))
  const personOf = persons === 'object-id' ? (name: string) => name : learnNames(likely)
  const matches = likely.map(({ event, call }) => ({
    event,
    call: call !== null && personOf(event.person) === call.oid ? call : null,
  }))
  return { matches, duplicates: events.length - unique.length, personOf }
}

/** Whether an entry falls into the time of a call. */
function isInTime(time: number, { from, to }: BookCall): boolean {
  return time >= from - skewMs && time <= (to ?? from + outcomeBoundMs) + skewMs
}

function indexCalls(calls: readonly BookCall[]): (event: SourceEvent) => BookCall | null {
  const byDecision = new Map(calls.map((call) => [call.decisionId, call]))
  const byStatement = new Map<string, BookCall[]>()
  for (const call of calls) {
    if (call.statementId === undefined || call.isResumed) continue
    byStatement.set(call.statementId, [...(byStatement.get(call.statementId) ?? []), call])
  }
  return ({ time, statementId, decisionId, isStatementSure = false }) => {
    const marked = byDecision.get(decisionId ?? '')
    // A mark can be copied onto another statement; the id that the backend gave to the call's own cannot.
    const isAnother = isStatementSure && marked?.statementId !== undefined && marked.statementId !== statementId
    const named = isAnother ? undefined : marked
    const candidates = [...(byStatement.get(statementId ?? '') ?? []), ...(named === undefined ? [] : [named])]
    return candidates.find((call) => isInTime(time, call)) ?? null
  }
}

/**
 * A log that knows sign-in names only: which name is which person follows from the calls, one to one, by how often both
 * are seen together and then by which was first. A second name under one person's calls is somebody else.
 */
function learnNames(likely: readonly Match[]): (name: string) => string | undefined {
  const votes = new Map<string, { readonly name: string; readonly oid: string; count: number }>()
  for (const { event, call } of likely) {
    if (call === null) continue
    const key = JSON.stringify([event.person, call.oid])
    const vote = votes.get(key) ?? { name: event.person, oid: call.oid, count: 0 }
    vote.count++
    votes.set(key, vote)
  }
  const names = new Map<string, string>()
  const taken = new Set<string>()
  for (const { name, oid } of [...votes.values()].sort((a, b) => b.count - a.count)) {
    if (names.has(name) || taken.has(oid)) continue
    names.set(name, oid)
    taken.add(oid)
  }
  return (name) => names.get(name)
}
