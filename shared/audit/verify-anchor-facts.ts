import type { AnchorRecord, Seal } from './anchor.ts'

/** A row that was anchored, and the MAC (hex) that it had. Times are of records of the log, ISO 8601 UTC. */
export interface AnchoredRow {
  readonly seq: number
  readonly mac: string
  /** When it was first anchored: no row up to this one is later. */
  readonly time?: string
  /** When it was last seen to be the newest of its lane: no row above this one is earlier. */
  readonly newestAt?: string
}

/** Rows that the log says are gone, and why that is no loss of integrity; `seq` to `toSeq` inclusive. */
export interface DeclaredRange {
  readonly lane: string
  readonly seq: number
  readonly toSeq: number
}

/** What the records of a log say together. */
export interface AnchoredFacts {
  /** Anchored rows of each lane in order of `seq`. */
  readonly lanes: ReadonlyMap<string, readonly AnchoredRow[]>
  /** By `L01|000001`. */
  readonly seals: ReadonlyMap<string, Seal>
  /**
   * Lanes whose opening is anchored: the digest (hex) from which they go on, and the time of the last anchor that did not
   * know them, empty where there was none. Undefined where openings were not read.
   */
  readonly openings?: ReadonlyMap<string, { readonly prev: string; readonly after: string }>
  /** Rows of segments that were removed at the end of their time, as their seals say; `to` is the time of the last. */
  readonly removed?: readonly (DeclaredRange & { readonly segment: number; readonly to: string })[]
  /** Rows that a change of region lost. */
  readonly losses?: readonly DeclaredRange[]
}

interface Collected {
  /** By lane, then by `seq mac`. */
  readonly rows: Map<string, Map<string, AnchoredRow>>
  readonly seals: Map<string, Seal>
  readonly openings: Map<string, { readonly prev: string; readonly after: string }>
  /** Time of the newest `heads` record. */
  lastHeads: string
  readonly removed: NonNullable<AnchoredFacts['removed']>[number][]
  readonly losses: NonNullable<AnchoredFacts['losses']>[number][]
}

/** Puts together what the records of a log say. */
export function collectAnchors(records: Iterable<AnchorRecord>): AnchoredFacts {
  const lists = { removed: [], losses: [], lastHeads: '' }
  const all: Collected = { rows: new Map(), seals: new Map(), openings: new Map(), ...lists }
  for (const record of records) takeRecord(all, record)
  const { rows, lastHeads: _, ...facts } = all
  const lanes = [...rows].map(([name, known]) => [name, [...known.values()].sort((a, b) => a.seq - b.seq)] as const)
  return { lanes: new Map(lanes), ...facts }
}

function takeRecord(all: Collected, record: AnchorRecord): void {
  const { time } = record
  if (record.kind === 'lane') all.openings.set(record.lane, { prev: record.prev, after: all.lastHeads })
  if (record.kind === 'heads') {
    all.lastHeads = time
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
