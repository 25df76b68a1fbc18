import type { AnchorRecord, Seal } from './anchor.ts'
import type { AnchoredBook, AnchoredRow } from './verify-anchor-log.ts'

type Facts = Pick<AnchoredBook, 'lanes' | 'seals' | 'openings' | 'removed' | 'losses'>

interface Collected {
  /** By lane, then by `seq mac`. */
  readonly rows: Map<string, Map<string, AnchoredRow>>
  readonly seals: Map<string, Seal>
  readonly openings: Map<string, string>
  readonly removed: NonNullable<Facts['removed']>[number][]
  readonly losses: NonNullable<Facts['losses']>[number][]
}

/** What the records of a log say together. */
export function collectAnchors(records: Iterable<AnchorRecord>): Facts {
  const all: Collected = { rows: new Map(), seals: new Map(), openings: new Map(), removed: [], losses: [] }
  for (const record of records) takeRecord(all, record)
  const { rows, ...facts } = all
  const lanes = [...rows].map(([name, known]) => [name, [...known.values()].sort((a, b) => a.seq - b.seq)] as const)
  return { lanes: new Map(lanes), ...facts }
}

function takeRecord(all: Collected, record: AnchorRecord): void {
  const { time } = record
  if (record.kind === 'lane') all.openings.set(record.lane, record.prev)
  if (record.kind === 'heads') {
    for (const { lane, nextSeq, mac } of record.heads)
      addRow(all, lane, { seq: nextSeq - 1, mac, time, newestAt: time })
  }
  if (record.kind === 'seal') {
    const { lane, segment, first, count, mac } = record.seal
    all.seals.set(nameOf(lane, segment), record.seal)
    addRow(all, lane, { seq: first + count - 1, mac, time })
  }
  if (record.kind === 'retention') takeRetention(all, record)
  if (record.kind === 'failover') takeFailover(all, record)
}

function addRow({ rows }: Collected, lane: string, row: AnchoredRow): void {
  const known = rows.get(lane) ?? new Map<string, AnchoredRow>()
  const id = `${row.seq} ${row.mac}`
  const before = known.get(id)
  rows.set(lane, known.set(id, before ? { ...before, ...(row.newestAt ? { newestAt: row.newestAt } : {}) } : row))
}

/** Only what was sealed can be removed as a whole: a record that names another segment, or another root, declares nothing. */
function takeRetention(all: Collected, { lane, segment, root }: Extract<AnchorRecord, { kind: 'retention' }>): void {
  const seal = all.seals.get(nameOf(lane, segment))
  if (seal?.root !== root) return
  const { first, count, to } = seal
  all.removed.push({ lane, segment, seq: first, toSeq: first + count - 1, to })
}

/** What was anchored of the lost rows binds nobody any more; what is anchored later does. */
function takeFailover(all: Collected, { lane, seq, toSeq }: Extract<AnchorRecord, { kind: 'failover' }>): void {
  all.losses.push({ lane, seq, toSeq })
  const known = all.rows.get(lane) ?? new Map<string, AnchoredRow>()
  for (const [id, row] of known) if (row.seq >= seq && row.seq <= toSeq) known.delete(id)
}

function nameOf(lane: string, segment: number): string {
  return `${lane}|${String(segment).padStart(6, '0')}`
}
