import type { BookCall } from './reconcile-source.ts'
import type { Positions, TailRow } from './reconcile-tail.ts'
import type { RowDocument } from './record.ts'
import type { RowFacts } from './verify-schema.ts'

/** Permitted decisions as they are read from the book, with their outcomes; times are epoch ms. */
export interface BookCalls {
  add(rows: readonly TailRow[]): void
  /** Calls of intents that were read; an outcome whose intent lies before is left out. */
  calls(): readonly BookCall[]
  /** For the next time: per lane the first row later than `cut`, or the end of what was read. */
  resume(positions: Positions): Positions
}

/** `since`: older intents are of no interest; `cut`: from where the next night will read. */
export function createBookCalls({ since, cut }: { readonly since: number; readonly cut: number }): BookCalls {
  const intents = new Map<string, BookCall>()
  const outcomes = new Map<string, Outcome>()
  const starts: Positions = new Map()

  function take(row: TailRow): void {
    const { facts, bytes } = row.row
    if (!row.isAuthentic || facts === null) return
    const at = Date.parse(facts.time)
    if (at > cut && !starts.has(row.lane)) starts.set(row.lane, { segment: row.segment, nextSeq: row.seq })
    if (at >= since) keep(facts, bytes, at)
  }

  function keep({ kind, verdict, decisionId = '' }: RowFacts, bytes: Uint8Array, at: number): void {
    if (kind === 'intent' && verdict === 'permit') intents.set(decisionId, readIntent(bytes))
    else if (kind === 'outcome') outcomes.set(decisionId, readOutcome(bytes, at))
  }

  return {
    add(rows) {
      for (const row of rows) take(row)
    },
    calls: () => [...intents.values()].map((call) => ({ ...call, ...outcomes.get(call.decisionId) })),
    resume: (positions) => new Map([...positions].map(([lane, end]) => [lane, { ...(starts.get(lane) ?? end) }])),
  }
}

type Outcome = Pick<BookCall, 'to' | 'status' | 'statementId'>

function parse(bytes: Uint8Array): RowDocument {
  return JSON.parse(Buffer.from(bytes).toString('utf8')) as RowDocument
}

function readIntent(bytes: Uint8Array): BookCall {
  const { decisionId = '', lane, seq, time, intent } = parse(bytes)
  return {
    decisionId,
    lane,
    seq,
    backend: intent?.backend ?? '',
    operation: intent?.operation ?? '',
    oid: intent?.principal.oid ?? '',
    from: Date.parse(time),
    to: null,
    status: null,
    isResumed: intent?.context.resumed === true,
  }
}

function readOutcome(bytes: Uint8Array, at: number): Outcome {
  const outcome = parse(bytes).outcome
  const statementId = outcome?.backendIds.statement_id
  const status = outcome?.status ?? null
  return { to: at, status, ...(statementId === undefined ? {} : { statementId }) }
}
