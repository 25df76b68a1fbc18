import { hash } from 'node:crypto'
import type { BookCall, SourceEvent } from './reconcile-source.ts'
import type { Finding } from './verify-findings.ts'

/** Most findings of one kind for one backend; the counts tell of all. */
const most = 100

/** In the book, and not in the log although the log has gone on since. */
export function findUnconfirmed(calls: readonly BookCall[], source: string): readonly Finding[] {
  return calls.slice(0, most).map(({ decisionId, lane, seq }) => ({
    kind: 'unconfirmed_call',
    lane,
    seq,
    detail: `decision ${decisionId} says called, and ${source} does not know it`,
  }))
}

/** In the log under our mark, and not in the book. */
export function findUnrecorded(backend: string, events: readonly SourceEvent[]): readonly Finding[] {
  return events.slice(0, most).map((event) => ({
    kind: 'unrecorded_access',
    ...placeOf(backend, [event.id]),
    detail: `event ${event.id} of ${timeOf(event)} bears our mark, and no call of the book is behind it`,
  }))
}

/** By persons whom the book knows, past us: one finding a person, client and day. `oid` is who it was. */
export function findBypasses(
  backend: string,
  accesses: readonly { readonly event: SourceEvent; readonly oid: string }[],
): readonly Finding[] {
  const groups = new Map<string, { readonly oid: string; readonly events: SourceEvent[] }>()
  for (const { event, oid } of accesses) {
    const key = JSON.stringify([oid, event.clientId, timeOf(event).slice(0, 10)])
    const group = groups.get(key) ?? { oid, events: [] }
    group.events.push(event)
    groups.set(key, group)
  }
  return [...groups].slice(0, most).map(([key, { oid, events }]) => {
    const [first, last] = [events[0], events.at(-1)]
    const when = first && last ? `${timeOf(first)} to ${timeOf(last)}` : ''
    const count = `${events.length} access${events.length === 1 ? '' : 'es'}`
    const detail = `${count} by ${oid} through client ${first?.clientId} and not through us, ${when}`
    return { kind: 'bypass_access', ...placeOf(backend, [key]), detail }
  })
}

/** These have no place in the book: the backend stands for the lane, and a number made of the event for the row. */
function placeOf(backend: string, key: readonly string[]): { readonly lane: string; readonly seq: number } {
  const digest = hash('sha256', JSON.stringify([backend, ...key]), 'hex')
  return { lane: `source:${backend}`, seq: Number.parseInt(digest.slice(0, 12), 16) }
}

function timeOf({ time }: SourceEvent): string {
  return new Date(time).toISOString()
}
