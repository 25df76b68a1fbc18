import { openHead } from './entity.ts'
import { listLeases } from './lease.ts'
import type { RowPosition } from './receipt.ts'
import type { StoredEntity } from './record.ts'
import { headKey, laneName, laneNumber, partitionKey, rowKey } from './segment.ts'
import type { RowStore } from './store.ts'

type Rows = Pick<RowStore, 'read' | 'list'>

/** The next row of each lane; a lane that is not named is read from its beginning. */
export type FollowPosition = ReadonlyMap<string, { readonly segment: number; readonly nextSeq: number }>

/** A row as it is stored, with its place and the position after it. */
export interface Followed {
  readonly place: RowPosition
  readonly entity: StoredEntity
  readonly position: FollowPosition
}

const longestText = 8192
const positionForm = /^(\d{1,6}\.\d{1,9}\.\d{1,16}(_(?!$)|$))*$/

/** A position as text, `lane.segment.seq_…` in numbers: it stands in a header. */
export function formatPosition(position: FollowPosition): string {
  return [...position].map(([lane, { segment, nextSeq }]) => `${laneNumber(lane)}.${segment}.${nextSeq}`).join('_')
}

/** A position that was given out, or null where the text is none. */
export function parsePosition(text: string): FollowPosition | null {
  if (text === '' || text.length > longestText || !positionForm.test(text)) return null
  const lanes = text.split('_').map((part) => {
    const [lane = 0, segment = 0, nextSeq = 0] = part.split('.').map(Number)
    return [laneName(lane), { segment, nextSeq }] as const
  })
  const isSafe = lanes.every(([, { segment, nextSeq }]) => segment > 0 && Number.isSafeInteger(nextSeq))
  return isSafe && new Map(lanes).size === lanes.length ? new Map(lanes) : null
}

/** Where the lanes end now. */
export async function findEnds(rows: Rows): Promise<FollowPosition> {
  const ends = new Map<string, { segment: number; nextSeq: number }>()
  for (const { lane, segment: listed } of await listLeases(rows as RowStore)) {
    let end = { segment: Math.max(1, listed), nextSeq: 0 }
    for (let segment = end.segment; ; segment++) {
      const head = await readHead(rows, lane, segment)
      if (head === null) break
      end = { segment, nextSeq: head.nextSeq }
    }
    ends.set(lane, end)
  }
  return ends
}

/** Rows that were written since, at most `most` of each lane, in each lane's order; and the position after all of them. */
export async function readNew(
  rows: Rows,
  from: FollowPosition,
  most: number,
): Promise<{ readonly found: readonly Followed[]; readonly position: FollowPosition }> {
  const found: Followed[] = []
  const position = new Map(from)
  for (const { lane, segment } of await listLeases(rows as RowStore)) {
    if (segment === 0) continue
    for (const [place, entity] of await readLane(rows, { lane, position, most })) {
      position.set(lane, { segment: place.segment, nextSeq: place.seq + 1 })
      found.push({ place, entity, position: new Map(position) })
    }
  }
  return { found, position }
}

interface Reading {
  readonly lane: string
  readonly position: Map<string, { readonly segment: number; readonly nextSeq: number }>
  readonly most: number
}

/** The rest of one segment; a segment that is done is followed by the next at once. */
async function readLane(rows: Rows, reading: Reading): Promise<readonly (readonly [RowPosition, StoredEntity])[]> {
  const { lane, position, most } = reading
  const { segment, nextSeq } = position.get(lane) ?? { segment: 1, nextSeq: 0 }
  const head = await readHead(rows, lane, segment)
  if (head === null) return []
  if (nextSeq >= head.nextSeq && head.state === 'closed' && (await readHead(rows, lane, segment + 1)) !== null) {
    position.set(lane, { segment: segment + 1, nextSeq })
    return readLane(rows, reading)
  }
  const to = Math.min(head.nextSeq, nextSeq + most) - 1
  if (to < nextSeq) return []
  const range = { partitionKey: partitionKey(lane, segment), from: rowKey(nextSeq), to: rowKey(to) }
  const read: (readonly [RowPosition, StoredEntity])[] = []
  for await (const page of rows.list('rows', range)) {
    for (const entity of page) read.push([{ lane, segment, seq: Number(entity.rowKey.slice(1)) }, entity])
  }
  return read
}

async function readHead(rows: Rows, lane: string, segment: number) {
  const entity = await rows.read('rows', partitionKey(lane, segment), headKey)
  return entity && openHead(entity, [])
}
