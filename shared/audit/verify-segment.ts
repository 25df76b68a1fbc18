import type { HeadDocument } from './record.ts'
import type { AnchorCheck } from './verify-anchored.ts'
import { type Finding, type FindingKind, joinFindings, type Report } from './verify-findings.ts'
import { isRowMac } from './verify-mac.ts'
import type { Pairs } from './verify-pairs.ts'
import { checkContent, isGenesis, type ReadRow, type RowFault, type VerifyKey } from './verify-row.ts'
import type { RowFacts } from './verify-schema.ts'

/** Counts that the report prints. */
export interface Counts {
  rows: number
  verified: number
  lanes: number
  segments: number
  intents: number
  outcomes: number
  events: number
}

/** How far the walk of one lane has come. */
export interface Walk {
  readonly lane: string
  segment: number
  /** Next sequence number, and the MAC that its row should follow (null where unknown). */
  seq: number
  prev: Uint8Array | null
  kid: string | null
  last: RowFacts | null
  /** The row before was found bad: its successor is not blamed for not following it. */
  afterBad: boolean
  /** First sequence number of the segment, and the MAC before it. */
  first: number
  firstPrev: Uint8Array | null
  /** Findings of this segment, until its head has been read. */
  pending: Finding[]
  /** Where the segment before was still open, though its head was read after this one was seen. */
  openAt: number | null
  /** Keys under which something of this lane held, and rows of this segment that did not hold under others. */
  readonly proven: Set<string>
  readonly suspects: Map<number, string>
  /** Rows of this segment, and how many of them belong elsewhere. */
  rows: number
  strays: number
}

export interface SegmentContext {
  readonly origin: string | null
  readonly keys: ReadonlyMap<string, VerifyKey | null>
  readonly counts: Counts
  readonly pairs: Pairs
  readonly anchors: AnchorCheck | null
}

const maxPending = 1000
// Faults of a row whose content is nevertheless what a key holder wrote for this place.
const authentic: ReadonlySet<FindingKind> = new Set(['column_mismatch', 'retired_key', 'forked', 'unannounced_key'])

export function startWalk(lane: string): Walk {
  const begin = { segment: 0, seq: 0, prev: null, kid: null, last: null, afterBad: false }
  const empty = { pending: [], openAt: null, proven: new Set<string>(), suspects: new Map<number, string>() }
  return { lane, ...begin, first: 0, firstPrev: null, ...empty, rows: 0, strays: 0 }
}

/** Takes the next stored row of a segment: its place, then its gap, content and what it follows. */
export function walkRow(context: SegmentContext, walk: Walk, row: ReadRow): void {
  context.counts.rows++
  walk.rows++
  if (row.seq !== null && row.seq >= walk.seq) walkNext(context, walk, { row, seq: row.seq })
  else {
    walk.strays++
    note(walk, { kind: 'inserted', seq: row.seq ?? walk.seq, detail: `row key ${row.rowKey.slice(0, 40)}` })
  }
}

function walkNext(context: SegmentContext, walk: Walk, place: { row: ReadRow; seq: number }): void {
  const { seq } = place
  const row = rereadKey(context, place.row)
  const isGap = seq > walk.seq
  if (isGap) note(walk, { kind: 'deleted', seq: walk.seq, toSeq: seq - 1, detail: 'rows are missing' })
  const fault = checkRow(context, walk, { row, isGap })
  if (fault) note(walk, { ...fault, seq })
  else count(context, row)
  const isBad = fault !== null && !authentic.has(fault.kind)
  if (isBad) doubt(context, walk, { row, seq, fault })
  else believe(context, walk, { row, seq, fault })
  walk.seq = seq + 1
  walk.prev = row.mac
  walk.kid = isBad ? null : row.kid
  walk.last = row.facts
  walk.afterBad = isBad
}

interface Judged {
  readonly row: ReadRow
  readonly seq: number
  readonly fault: RowFault | null
}

function believe({ pairs, anchors }: SegmentContext, walk: Walk, { row, seq, fault }: Judged): void {
  // The row before it is another than it was: its decision is not said to lack something as well.
  if (fault?.kind === 'forked' && walk.last?.decisionId) pairs.excuse(walk.last.decisionId)
  if (row.facts) pairs.add(row.facts, row.mac)
  anchors?.row({ lane: walk.lane, seq, mac: row.mac, time: row.facts?.time })
  if (walk.kid !== row.kid) walk.proven.add(row.kid)
}

/** Compares what was walked with the head that was read afterwards, and gives back what is to be reported. */
export function closeWalk(walk: Walk, head: HeadDocument | RowFault): Finding[] {
  const isFault = 'detail' in head
  if (!isFault) walk.proven.add(head.kid)
  const told = tellTogether(walk, isFault ? head : null)
  walk.pending = []
  walk.suspects.clear()
  const findings = isFault ? told : agree({ ...walk, pending: told }, head)
  Object.assign(walk, { rows: 0, strays: 0, openAt: isFault ? null : openEnd(walk, head) })
  if (!isFault && !isEndedBy(walk, head)) Object.assign(walk, endOf(head))
  return findings
}

/** Null where the segment is closed, or its head was found to be rolled back already. */
function openEnd(walk: Walk, head: HeadDocument): number | null {
  return head.state === 'open' && walk.seq <= head.nextSeq ? head.nextSeq : null
}

/** What stands for all rows of a segment, or for all under one key, is said once. */
function tellTogether(walk: Walk, head: RowFault | null): Finding[] {
  const { lane, rows, strays, pending, first, seq } = walk
  if (head !== null && rows > 0 && strays === rows) {
    const range = seq > first ? { seq: first, toSeq: seq - 1 } : { seq: first }
    return [{ kind: 'inserted', lane, ...range, detail: `nothing in it belongs there: ${pending.at(-1)?.detail}` }]
  }
  const findings = pending.reduce<Finding[]>((told, finding) => joinAll(told, nameKey(walk, finding)), [])
  // A head under a key that is wrong cannot hold either.
  const isSaid = findings.at(-1)?.kind === 'unknown_key' && (findings.at(-1)?.toSeq ?? 0) === seq - 1
  return head !== null && !(isSaid && head.kind !== 'head_missing')
    ? [...findings, { lane, ...head, seq: walk.seq }]
    : findings
}

function joinAll(told: Finding[], next: Finding): Finding[] {
  const joined = joinFindings(told.at(-1), next)
  if (joined === null) told.push(next)
  else told[told.length - 1] = joined
  return told
}

/** Where nothing at all holds under a key, it is the key that is wrong and not each of its rows. */
function nameKey({ suspects, proven }: Walk, finding: Finding): Finding {
  const kid = finding.kind === 'edited' ? suspects.get(finding.seq) : undefined
  if (kid === undefined || proven.has(kid)) return finding
  return { ...finding, kind: 'unknown_key', detail: `nothing holds under key ${kid}: it is not the one of these rows` }
}

/** Whether the rows end as the head says, or authentic ones go on above it. */
function isEndedBy(walk: Walk, head: HeadDocument): boolean {
  if (walk.seq > head.nextSeq) return !walk.afterBad
  return walk.seq === head.nextSeq && !isOtherEnd(walk, head)
}

/** Where an authentic head says that the lane goes on, whatever stands before it. */
function endOf(head: HeadDocument): Partial<Walk> {
  return { seq: head.nextSeq, prev: Buffer.from(head.mac, 'hex'), kid: null, last: null, afterBad: false }
}

function checkRow(
  context: SegmentContext,
  walk: Walk,
  { row, isGap }: { row: ReadRow; isGap: boolean },
): RowFault | null {
  const prev = isGap || walk.afterBad ? null : walk.prev
  const expected = { origin: context.origin, lane: walk.lane, segment: walk.segment, prev }
  const fault = checkContent(row, context.keys.get(row.kid) ?? null, expected)
  if (fault) return fault
  if (row.seq === 0 && !isGenesis(row)) return { kind: 'forked', detail: 'the lane does not begin from its opening' }
  if (prev !== null && !isSame(prev, row.prev)) {
    return { kind: 'forked', detail: 'an authentic row that follows another row than the one stored before it' }
  }
  return isGap || isAnnounced(walk, row) ? null : { kind: 'unannounced_key', detail: `from ${walk.kid} to ${row.kid}` }
}

function isAnnounced(walk: Walk, row: ReadRow): boolean {
  if (walk.kid === null || walk.kid === row.kid) return true
  const before = walk.last?.kind === 'keychange' && walk.last.detail?.to === row.kid
  const now = row.facts?.kind === 'keychange' && row.facts.detail?.to === row.kid
  return before || (now && row.facts?.detail?.from === walk.kid)
}

function agree(walk: Walk, head: HeadDocument): Finding[] {
  const { lane } = walk
  const findings = walk.pending.flatMap((finding) => relate(finding, head))
  const add = (finding: Omit<Finding, 'lane'>) => findings.push({ lane, ...finding })
  const isForged = walk.pending.some((finding) => finding.seq >= head.nextSeq)
  if (walk.seq > head.nextSeq && !isForged) {
    const toSeq = walk.seq - 1
    add({ kind: 'head_rolled_back', seq: head.nextSeq, toSeq, detail: 'authentic rows above the head' })
  }
  if (walk.seq < head.nextSeq) {
    add({ kind: 'deleted', seq: walk.seq, toSeq: head.nextSeq - 1, detail: 'rows below the head are missing' })
  }
  if (isOtherEnd(walk, head)) add({ kind: 'forked', seq: walk.seq - 1, detail: 'the head names another last row' })
  if (isOtherStart(walk, head)) {
    add({ kind: 'head_altered', seq: head.first, detail: 'the segment does not follow the one before' })
  }
  return findings
}

// Above the head nothing was ever promised: forged rows are insertions there, and gaps are no loss.
function relate(finding: Finding, head: HeadDocument): Finding[] {
  if (finding.seq < head.nextSeq) return [finding]
  return finding.kind === 'deleted' ? [] : [{ ...finding, kind: 'inserted' }]
}

function isOtherEnd(walk: Walk, head: HeadDocument): boolean {
  return walk.seq === head.nextSeq && !walk.afterBad && walk.prev !== null && hex(walk.prev) !== head.mac
}

function isOtherStart(walk: Walk, head: HeadDocument): boolean {
  return walk.firstPrev !== null && (head.first !== walk.first || head.prev !== hex(walk.firstPrev))
}

/** A key id column that was changed to another key of ours hides nothing: the content says which it was. */
function rereadKey({ keys }: SegmentContext, row: ReadRow): ReadRow {
  const kid = row.facts?.kid
  if (kid === undefined || kid === row.kid || !keys.get(row.kid)) return row
  const key = keys.get(kid)
  return key && isRowMac(key.key, { kid, prev: row.prev, content: row.bytes, mac: row.mac }) ? { ...row, kid } : row
}

/** A row that cannot be believed: its decision is not said to lack it as well. */
function doubt({ pairs }: SegmentContext, walk: Walk, { row, seq, fault }: Judged): void {
  const { facts, columns, kid } = row
  for (const decisionId of [facts?.decisionId, columns.decisionId]) {
    if (typeof decisionId === 'string') pairs.excuse(decisionId)
  }
  if (fault?.kind === 'inserted') walk.strays++
  if (fault?.kind === 'edited' && !walk.proven.has(kid) && walk.suspects.size < maxPending) walk.suspects.set(seq, kid)
}

function count({ counts }: SegmentContext, row: ReadRow): void {
  counts.verified++
  if (row.facts?.kind === 'intent') counts.intents++
  else if (row.facts?.kind === 'outcome') counts.outcomes++
  else counts.events++
}

interface Note {
  readonly kind: FindingKind
  readonly seq: number
  readonly toSeq?: number
  readonly detail: string
}

function note(walk: Walk, finding: Note): void {
  const { lane, pending } = walk
  if (pending.length < maxPending || joinFindings(pending.at(-1), { lane, ...finding }))
    joinAll(pending, { lane, ...finding })
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** Reports a list of findings. */
export function reportAll(report: Report, findings: Iterable<Finding>): void {
  for (const finding of findings) report(finding)
}
