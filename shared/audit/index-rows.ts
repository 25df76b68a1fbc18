import { parseCanonical } from './canonical.ts'
import { openHead } from './entity.ts'
import { entriesOf, entriesOfOutcome, type Standing, standingOf } from './index-entries.ts'
import { type IndexPosition, readPosition, savePosition } from './index-positions.ts'
import { mapSome } from './index-work.ts'
import { insertEntries } from './index-write.ts'
import { listLeases } from './lease.ts'
import type { Pacing } from './pause.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import { headKey, partitionKey, rowKey } from './segment.ts'
import type { Entity, RowStore } from './store.ts'
import { joinContent } from './verify-row.ts'
import { isRowDocument } from './verify-schema.ts'

export interface IndexerOptions {
  readonly rows: RowStore
  /** Tenant of the rows that name none. */
  readonly homeTenant: string
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly wait: Pacing['wait']
  /** Milliseconds after which a run begins no further page. */
  readonly budget?: number
}

/** What one run did. `behind`: lanes of which rows are left. */
export interface IndexRun {
  readonly rows: number
  readonly entries: number
  /** Rows that are none of this format: verification names them. */
  readonly unreadable: number
  readonly behind: readonly string[]
}

const defaultBudget = 45_000
/** A row bears the time at which it was placed, and may be durable so much later. */
const slackMs = 10_000
const mostKnown = 50_000
const atOnce = 16

interface Run {
  readonly options: IndexerOptions
  readonly startedAt: number
  /** Standings of intents that were met, by place: an outcome most often follows its intent closely. */
  readonly known: Map<string, Standing>
  readonly done: { rows: number; entries: number; unreadable: number; behind: string[] }
}

/**
 * One run of the indexer: follows every lane from where it was left. The index says where to look and proves nothing;
 * whoever reads by it checks the rows themselves. Any number of instances may run, and a run may be repeated.
 */
export async function runIndexer(options: IndexerOptions): Promise<IndexRun> {
  const startedAt = options.clock()
  const run: Run = { options, startedAt, known: new Map(), done: { rows: 0, entries: 0, unreadable: 0, behind: [] } }
  const leases = await listLeases(options.rows)
  for (const { lane, segment } of leases) if (segment > 0) await followLane(run, lane)
  return run.done
}

async function followLane(run: Run, lane: string): Promise<void> {
  let position: IndexPosition | null = await readPosition(run.options.rows, lane)
  while (position !== null) {
    const { segment } = position
    const head = await readHead(run.options.rows, position)
    // A segment was closed and its successor is not begun: there is nothing to miss.
    if (head === null) return catchUp(run, position)
    position = await followSegment(run, position, head.nextSeq)
    if (position === null || position.nextSeq < head.nextSeq) break
    if (head.state === 'open') return catchUp(run, position)
    position = await savePosition(run.options.rows, { ...position, segment: segment + 1 })
  }
  run.done.behind.push(lane)
}

async function catchUp({ options, startedAt }: Run, position: IndexPosition): Promise<void> {
  await savePosition(options.rows, { ...position, upTo: Math.max(position.upTo, startedAt - slackMs) })
}

async function readHead(rows: RowStore, { lane, segment }: IndexPosition) {
  const entity = await rows.read('rows', partitionKey(lane, segment), headKey)
  return entity && openHead(entity, [])
}

/** Up to the head as it was read: what stands above one was never committed by a writer of ours. */
async function followSegment(run: Run, position: IndexPosition, nextSeq: number): Promise<IndexPosition | null> {
  const { rows, clock, budget = defaultBudget } = run.options
  const { lane, segment } = position
  if (position.nextSeq >= nextSeq) return position
  const range = { partitionKey: partitionKey(lane, segment), from: rowKey(position.nextSeq), to: rowKey(nextSeq - 1) }
  let at: IndexPosition | null = position
  for await (const page of rows.list('rows', range)) {
    if (at === null || clock() - run.startedAt > budget) return at
    at = page.length === 0 ? at : await indexPage(run, at, page)
  }
  return at && { ...at, nextSeq }
}

async function indexPage(
  run: Run,
  position: IndexPosition,
  page: readonly StoredEntity[],
): Promise<IndexPosition | null> {
  const { rows, wait } = run.options
  const documents = page.map(readDocument)
  const entries = await enterAll(run, documents)
  await insertEntries({ rows, wait }, entries)
  run.done.rows += page.length
  run.done.entries += entries.length
  const last = page.at(-1)
  const upTo = Math.max(position.upTo, Date.parse(documents.at(-1)?.time ?? '') || 0)
  const nextSeq = Number(last?.rowKey.slice(1)) + 1
  return Number.isSafeInteger(nextSeq) ? savePosition(rows, { ...position, nextSeq, upTo }) : null
}

/** Intents first, so that an outcome on the same page finds its own without reading it again. */
async function enterAll(run: Run, documents: readonly (RowDocument | null)[]): Promise<readonly Entity[]> {
  const readable = documents.filter((document) => document !== null)
  run.done.unreadable += documents.length - readable.length
  if (run.known.size > mostKnown) run.known.clear()
  const own = readable.filter(({ kind }) => kind !== 'outcome').flatMap((row) => enterRow(run, row))
  const outcomes = readable.filter(({ kind }) => kind === 'outcome')
  return [...own, ...(await mapSome(outcomes, atOnce, (row) => enterOutcome(run, row))).flat()]
}

function enterRow(run: Run, row: RowDocument): readonly Entity[] {
  const standing = standingOf(row, run.options.homeTenant)
  if (row.kind === 'intent') run.known.set(`${row.lane}|${row.seq}|${row.decisionId}`, standing)
  return entriesOf(row, standing)
}

/** An outcome whose intent is not there is entered as it stands, under the home tenant. */
async function enterOutcome(run: Run, row: RowDocument): Promise<readonly Entity[]> {
  const { rows, homeTenant } = run.options
  const { lane = '', segment = 0, seq = 0 } = row.outcome?.intent ?? {}
  const known = run.known.get(`${lane}|${seq}|${row.decisionId}`)
  if (known) return entriesOfOutcome(row, known)
  const stored = await rows.read('rows', partitionKey(lane, segment), rowKey(seq))
  const intent = stored && readDocument(stored)
  if (intent?.intent !== undefined && intent.decisionId === row.decisionId) {
    return entriesOfOutcome(row, standingOf(intent, homeTenant))
  }
  return entriesOf(row, standingOf(row, homeTenant))
}

function readDocument({ properties }: StoredEntity): RowDocument | null {
  const value = parseCanonical(joinContent(properties))
  return value !== null && isRowDocument(value) ? (value as unknown as RowDocument) : null
}
