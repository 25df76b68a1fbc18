import { commitControl, textOfSubject } from './control-commitment.ts'
import { countTraces, erasePersonKeys, eraseTraces } from './erase-traces.ts'
import { beginErasure, type Erasure, type ErasureOrder, endErasure, findErasure } from './erasure-state.ts'
import type { ErasureStore } from './erasure-store.ts'
import { type Hold, readHolds } from './holds.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import type { RowStore } from './store.ts'
import { readDocument, type Traces, traceSubject } from './subject-rows.ts'
import type { AuditWriter } from './writer.ts'

export interface EraseOptions {
  /** Rows of the book in any order: all, or those that an index names for the subject. */
  readonly pages: () => AsyncIterable<readonly StoredEntity[]>
  /** For holds and for the erasure's own state. */
  readonly rows: RowStore
  readonly store: ErasureStore
  readonly audit: Pick<AuditWriter, 'recordEvent'>
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly random: (size: number) => Uint8Array
}

/** What there is of the subject: decisions in the book, and what is still there of their personal values. */
export interface ErasurePlan {
  readonly decisions: number
  readonly openings: number
  readonly approvals: number
  readonly recordings: number
  /** Ids of holds that forbid it; lanes' holds among them where the subject has rows there. */
  readonly holds: readonly string[]
}

/** `commitments` stand in the book; whoever keeps the salt can show later what they are for. */
export type ErasureResult =
  | { readonly status: 'hold'; readonly holds: readonly string[] }
  | { readonly status: 'nothing' }
  | { readonly status: 'erased'; readonly id: string; readonly salt: string; readonly decisions: number }

const recheckEvery = 100

/** Counts and changes nothing. */
export async function planErasure(options: EraseOptions, subject: ErasureOrder['subject']): Promise<ErasurePlan> {
  const now = new Date(options.clock()).toISOString()
  const holds = await readHolds(options.rows)
  const forbidding = new Set<string>()
  const counts = { decisions: 0, openings: 0, recordings: 0 }
  const approvals = new Set<string>()
  for await (const traces of walkSubject(options, { subject, until: now })) {
    for (const hold of holds) if (isStopping(hold, subject, traces)) forbidding.add(hold.id)
    const left = await countTraces(options.store, traces)
    if (traces.row.intent !== undefined) counts.decisions++
    counts.openings += left.openings
    counts.recordings += left.recordings
    for (const id of left.approvals) approvals.add(id)
  }
  return { ...counts, approvals: approvals.size, holds: [...forbidding] }
}

/**
 * Erases the personal values of a subject: keys of recordings, then what every row leads to, then the row in the book
 * that says so. A crash anywhere is finished by the same order again, with one row in the end. A legal hold forbids it.
 */
export async function runErasure(options: EraseOptions, order: ErasureOrder): Promise<ErasureResult> {
  // What was written since a cut-short order is part of the repeated one; nor is a kept time anybody's word.
  const begun = await findErasure(options.rows, order.subject)
  const until = new Date(options.clock()).toISOString()
  const plan = await planErasure(options, order.subject)
  if (plan.holds.length > 0) return { status: 'hold', holds: plan.holds }
  if (begun === null && plan.openings + plan.approvals + plan.recordings === 0) return { status: 'nothing' }
  const { clock: now, random } = options
  const erasure = begun ?? (await beginErasure(options.rows, order.subject, { now: now(), random }))
  await erasePersonKeys(options.store, order.subject)
  const { decisions, approvals, isRecorded, holds } = await eraseRows(options, {
    order,
    erasure: { ...erasure, until },
  })
  if (holds.length > 0) return { status: 'hold', holds }
  if (!isRecorded) await options.audit.recordEvent(erasureFacts(order, erasure, { decisions, approvals }))
  await endErasure(options.rows, erasure)
  return { status: 'erased', id: erasure.id, salt: erasure.salt, decisions }
}

interface Erasing {
  readonly order: ErasureOrder
  readonly erasure: Erasure
}

async function eraseRows(options: EraseOptions, { order, erasure }: Erasing) {
  const approvals = new Set<string>()
  let decisions = 0
  let isRecorded = false
  let seen = 0
  let holds: readonly Hold[] = []
  const subject = commitControl(erasure.salt, 'subject', textOfSubject(order.subject))
  const onOther = (detail: RowDocument['detail']) => {
    isRecorded ||= detail?.id === erasure.id && detail.subject === subject
  }
  for await (const traces of walkSubject(options, { ...order, until: erasure.until }, onOther)) {
    // A hold that is set meanwhile stops it here.
    if (seen++ % recheckEvery === 0) holds = await readHolds(options.rows)
    const stopping = holds.filter((hold) => isStopping(hold, order.subject, traces))
    if (stopping.length > 0) return { decisions, approvals: 0, isRecorded, holds: stopping.map(({ id }) => id) }
    if (traces.row.intent !== undefined) decisions++
    for (const { rowKey } of traces.approvals) approvals.add(rowKey)
    await eraseTraces(options.store, traces, options.clock())
  }
  return { decisions, approvals: approvals.size, isRecorded, holds: [] }
}

interface Scope {
  readonly subject: ErasureOrder['subject']
  /** ISO 8601 UTC. */
  readonly until: string
}

async function* walkSubject(
  { pages }: EraseOptions,
  { subject, until }: Scope,
  onErasure: (detail: RowDocument['detail']) => void = () => undefined,
): AsyncIterable<Traces> {
  for await (const page of pages()) {
    const rows = page.map(readDocument).filter((row) => row !== null)
    for (const { detail } of rows.filter(({ kind }) => kind === 'erasure')) onErasure(detail)
    const found = rows.filter(({ time }) => time <= until).map((row) => traceSubject(row, subject))
    yield* found.filter((traces) => traces !== null)
  }
}

function isStopping(hold: Hold, subject: ErasureOrder['subject'], { row: { lane, intent } }: Traces): boolean {
  if (hold.covers(subject) || hold.covers({ kind: 'lane', lane })) return true
  return intent !== undefined && hold.covers({ ...intent.principal, kind: 'person' })
}

function erasureFacts(order: ErasureOrder, { id, salt }: Erasure, counts: { decisions: number; approvals: number }) {
  const { subject, ticket, reason } = order
  const commitments = {
    subject: commitControl(salt, 'subject', textOfSubject(subject)),
    ticket: commitControl(salt, 'ticket', ticket),
    reason: commitControl(salt, 'reason', reason),
  }
  return { kind: 'erasure' as const, detail: { id, scope: subject.kind, ...counts, ...commitments } }
}
