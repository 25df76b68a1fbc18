import { findBypasses, findUnconfirmed, findUnrecorded } from './reconcile-findings.ts'
import { type Match, type Matching, matchEvents, skewMs } from './reconcile-match.ts'
import type { BackendReconciliation, BookCall, LogSource, SourceEvent, SourceWindow } from './reconcile-source.ts'

/** What a log is late for at most, in ms: a call that it does not know then is unconfirmed. */
export const patienceMs = 7 * 86_400_000
/** A log that is further behind than this, besides its usual settling, is late. */
const usualDelayMs = 6 * 3_600_000

/** What is compared. Calls and events may reach further back than the window: those were judged before. */
export interface Comparison {
  readonly backend: string
  readonly source: Pick<LogSource, 'name' | 'persons' | 'settling' | 'records' | 'nameOf' | 'shares'>
  readonly window: SourceWindow
  /** Epoch ms: the time of this reconciliation. */
  readonly until: number
  readonly calls: readonly BookCall[]
  readonly events: readonly SourceEvent[]
  readonly clientId: string
  /** Object ids of persons whom the book knows. */
  readonly known: ReadonlySet<string>
}

/** Compares the book with a log that has an entry for each access, in both directions. */
export function compareCalls(comparison: Comparison): BackendReconciliation {
  const { calls, events, source } = comparison
  const matching = matchEvents({ calls, events, persons: source.persons })
  const confirmed = new Set(matching.matches.flatMap(({ call }) => (call === null ? [] : [call.decisionId])))
  return conclude(comparison, {
    confirmed,
    accesses: sortAccesses(comparison, matching),
    ...countOf(matching, comparison),
  })
}

/** Entries of the window that belong to no call: under our mark; by known persons through other clients; by others. */
export interface Accesses {
  readonly unrecorded: readonly SourceEvent[]
  readonly bypasses: readonly { readonly event: SourceEvent; readonly oid: string }[]
  readonly others: number
}

/** What was found in the log. `confirmed` are ids of decisions. */
export interface Compared {
  readonly confirmed: ReadonlySet<string>
  readonly accesses: Accesses
  readonly events: number
  readonly duplicates: number
}

/** The result, with the calls that the log should know and does not. */
export function conclude(comparison: Comparison, compared: Compared): BackendReconciliation {
  const { backend, source, window, calls } = comparison
  const isOwn = (call: BookCall) => source.shares === undefined || call.backend === backend
  const made = calls.filter((call) => call.status === 'called' && isOwn(call) && isOfWindow(call, window))
  const judged = made.filter(source.records)
  const missing = judged.filter(({ decisionId }) => !compared.confirmed.has(decisionId))
  const unconfirmed = missing.filter((call) => isDue(call, comparison))
  const { unrecorded, bypasses, others } = compared.accesses
  const counts = {
    calls: judged.length,
    confirmed: judged.length - missing.length,
    awaiting: missing.length - unconfirmed.length,
    unconfirmed: unconfirmed.length,
    unseen: made.length - judged.length,
    events: compared.events,
    duplicates: compared.duplicates,
    unrecorded: unrecorded.length,
    bypass: bypasses.length,
    others,
  }
  return {
    backend,
    source: source.name,
    window: { from: new Date(window.from).toISOString(), to: new Date(window.to).toISOString() },
    status: missing.some((call) => isLate(call, comparison)) ? 'awaiting_source' : 'reconciled',
    counts,
    findings: [
      ...findUnrecorded(backend, unrecorded),
      ...findUnconfirmed(unconfirmed, source.name),
      ...findBypasses(backend, bypasses),
    ],
    note:
      counts.awaiting === 0 ? '' : `${counts.awaiting} calls are newer than what the log has, and are compared then`,
  }
}

/** Judged in no window before this one. */
function isOfWindow({ to }: BookCall, { from }: SourceWindow): boolean {
  return to !== null && to + skewMs > from
}

/** The log has gone on past this call, or has had seven days to. */
function isDue({ to }: BookCall, { window, until }: Comparison): boolean {
  return to !== null && (to + skewMs <= window.to || until - to > patienceMs)
}

function isLate(call: BookCall, comparison: Comparison): boolean {
  const age = comparison.until - (call.to ?? comparison.until)
  return !isDue(call, comparison) && age > comparison.source.settling + usualDelayMs
}

function countOf({ matches, duplicates }: Matching, { window }: Comparison): Pick<Compared, 'events' | 'duplicates'> {
  return { events: matches.filter(({ event }) => event.time > window.from).length, duplicates }
}

function sortAccesses({ window, clientId, known }: Comparison, { matches, personOf }: Matching): Accesses {
  const ofWindow = matches.filter(({ event }) => event.time > window.from)
  const loose = ofWindow.filter(({ call }) => call === null).map(({ event }) => event)
  const [ours, foreign] = [loose.filter(isOurs(clientId)), loose.filter((event) => !isOurs(clientId)(event))]
  const bypasses = foreign.flatMap((event) => {
    const oid = personOf(event.person)
    return oid !== undefined && known.has(oid) ? [{ event, oid }] : []
  })
  const unrecorded = [...ours, ...ofWindow.filter(isDenied).map(({ event }) => event)]
  return { unrecorded, bypasses, others: foreign.length - bypasses.length }
}

function isOurs(clientId: string): (event: SourceEvent) => boolean {
  return (event) => event.clientId === clientId
}

/** The book says that nothing was called, and the log that something was done. */
function isDenied({ event, call }: Match): boolean {
  return call?.status === 'not-called' && event.isEffective
}
