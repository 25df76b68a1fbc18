import { Problem } from '../errors/problem.ts'
import { openHead } from './entity.ts'
import { listLeases } from './lease.ts'
import type { HeadDocument, StoredEntity } from './record.ts'
import { headKey, partitionKey, rowKey } from './segment.ts'
import type { RowStore } from './store.ts'
import { checkContent, type ReadRow, readRow, type VerifyKey } from './verify-row.ts'

/** Where the book is read on, by lane: the first row that was not read yet. */
export type Positions = Map<string, { segment: number; nextSeq: number }>

/** The book as the reconciler reads it; `keys` gives null for a key that does not exist, and rejects where it cannot say. */
export interface BookReader {
  readonly rows: RowStore
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly origin: string
}

/** One row, judged by its own MAC: what is not authentic is never acted upon, but may keep us from acting. */
export interface TailRow {
  readonly lane: string
  readonly segment: number
  readonly seq: number
  readonly row: ReadRow
  readonly isAuthentic: boolean
}

type Position = { segment: number; nextSeq: number }

const lastRow = rowKey(Number.MAX_SAFE_INTEGER)

/**
 * Reads on in every lane, page by page, and moves `positions` along. Ends at the ends of the lanes; what is appended
 * meanwhile may be in it. Rejects with `audit_unavailable` where the store or a key cannot be read, or where a head
 * cannot be believed: then nobody knows what was missed.
 */
export async function* followLanes(book: BookReader, positions: Positions): AsyncIterable<readonly TailRow[]> {
  const leases = await listLeases(book.rows)
  const newest = new Map(leases.map(({ lane, segment }) => [lane, segment]))
  for (const lane of new Set([...newest.keys(), ...positions.keys()])) {
    const position = positions.get(lane) ?? { segment: 1, nextSeq: 0 }
    positions.set(lane, position)
    yield* followLane(book, { lane, newest: newest.get(lane) ?? 0 }, position)
  }
}

async function* followLane(
  book: BookReader,
  { lane, newest }: { readonly lane: string; readonly newest: number },
  position: Position,
): AsyncIterable<readonly TailRow[]> {
  for (;;) {
    const head = await findHead(book, { lane, newest }, position)
    if (head === null) return
    yield* readRows(book, { lane, segment: position.segment }, position)
    if ((await readHead(book, lane, position.segment + 1)) === null) return
    // Rows may have come between the two looks, so what was open is read to its end once more.
    if (head.state === 'closed') position.segment++
    else await assertClosed(book, lane, position.segment)
  }
}

/** The head at the position, or the next that there is: the oldest segments are removed when their time is over. */
async function findHead(
  book: BookReader,
  { lane, newest }: { readonly lane: string; readonly newest: number },
  position: Position,
): Promise<HeadDocument | null> {
  for (; position.segment <= Math.max(1, newest); position.segment++) {
    const head = await readHead(book, lane, position.segment)
    if (head !== null) return head
  }
  if (position.nextSeq > 0 || newest > 0) throw unreadable('a lane is gone')
  position.segment = 1
  return null
}

async function assertClosed(book: BookReader, lane: string, segment: number): Promise<void> {
  const head = await readHead(book, lane, segment)
  if (head?.state !== 'closed') throw unreadable('a segment is open although it has a successor')
}

/** The head of a segment, null where there is none. */
async function readHead(book: BookReader, lane: string, segment: number): Promise<HeadDocument | null> {
  const entity = await book.rows.read('rows', partitionKey(lane, segment), headKey)
  return entity === null ? null : believeHead(book, entity)
}

/** A head whose MAC holds; rejects otherwise. */
export async function believeHead({ keys }: BookReader, entity: StoredEntity): Promise<HeadDocument> {
  const kid = String(entity.properties.kid)
  const key = (await keys(kid))?.key
  const head = key === undefined ? null : openHead(entity, [{ kid, key }])
  if (head === null || head.kid !== kid) throw unreadable('a head cannot be believed')
  return head
}

async function* readRows(
  book: BookReader,
  place: { readonly lane: string; readonly segment: number },
  position: Position,
): AsyncIterable<readonly TailRow[]> {
  const partition = partitionKey(place.lane, place.segment)
  const range = { partitionKey: partition, from: rowKey(position.nextSeq), to: lastRow }
  for await (const page of book.rows.list('rows', range)) {
    const judged = await Promise.all(page.map((entity) => judge(book, place, readRow(entity))))
    const found = judged.flatMap((one) => one ?? [])
    // Before the page is handed over: who stops after it must not be given it again.
    for (const { seq } of found) position.nextSeq = Math.max(position.nextSeq, seq + 1)
    yield found
  }
}

async function judge(
  { keys, origin }: BookReader,
  { lane, segment }: { readonly lane: string; readonly segment: number },
  row: ReadRow,
): Promise<TailRow | null> {
  if (row.seq === null) return null
  const key = await keys(row.kid)
  const fault = checkContent(row, key, { origin, lane, segment, prev: null })
  const isAuthentic = fault === null || (fault.kind === 'column_mismatch' && isInTime(row, key))
  return { lane, segment, seq: row.seq, row, isAuthentic }
}

/** A column that was changed takes nothing from what the row says; that its key had retired does. */
function isInTime({ facts }: ReadRow, key: VerifyKey | null): boolean {
  return facts !== null && (key?.retiredAt === undefined || facts.time <= key.retiredAt)
}

function unreadable(reason: string): Problem {
  return new Problem('audit_unavailable', 'The book cannot be reconciled.', { retryAfter: 300, reason })
}
