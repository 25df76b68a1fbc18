import { parseCanonical } from './canonical.ts'
import type { KeyMark, Leftovers, PlannedTask, SegmentResult } from './nightly.ts'
import { collectHalves, type Halves } from './nightly-halves.ts'
import type { RowDocument } from './record.ts'
import type { ChainSource } from './verify.ts'
import { verifyCopy } from './verify-copy.ts'
import type { Finding } from './verify-findings.ts'
import { verifyPart } from './verify-part.ts'
import type { ReadRow, VerifyKey } from './verify-row.ts'

/** What the rows of a part say, added up (period.ts). */
export interface PeriodCounter {
  readonly add: (row: RowDocument) => void
  readonly facts: () => unknown
}

export interface SegmentPorts {
  readonly source: Pick<ChainSource, 'rows' | 'head'>
  /** Null for a key that does not exist; rejects where that cannot be found out. */
  readonly keys: (kid: string) => Promise<VerifyKey | null>
  readonly origin: string
  readonly clock: () => number
  /** The sealed copy of a segment, by `L01|000001`; null where there is none. Rejects where the store does not answer. */
  readonly readSealed: (name: string) => Promise<Uint8Array | null>
  readonly createPeriod: () => PeriodCounter
}

/** Does one task. Rejects where something cannot be read: the task has to be done again then. */
export async function walkSegment(ports: SegmentPorts, task: PlannedTask): Promise<SegmentResult> {
  return task.source === 'sealed' && task.seal !== null
    ? walkSealed(ports, { ...task, seal: task.seal })
    : walkStored(ports, task)
}

async function walkSealed(
  ports: SegmentPorts,
  task: PlannedTask & { readonly seal: NonNullable<PlannedTask['seal']> },
): Promise<SegmentResult> {
  const { seal } = task
  const bytes = await ports.readSealed(`${task.lane}|${String(task.segment).padStart(6, '0')}`)
  const { counts, findings } = await verifyCopy({ bytes, seal, origin: ports.origin, source: ports.source })
  return {
    ...{ task, counts, findings, nextSeq: seal.first + seal.count, mac: seal.mac, isClosed: true },
    ...{ kids: [], marks: null, notes: [], period: null, leftovers: null },
    walkedAt: timeOf(ports),
    unanchored: { rows: 0, since: null },
  }
}

/** What is gathered while rows pass. */
interface Gathered {
  readonly kids: Set<string>
  readonly findings: Finding[]
  readonly period: PeriodCounter
  readonly halves: Halves
  first: KeyMark | null
  last: KeyMark | null
  rows: number
  since: string | null
}

async function walkStored(ports: SegmentPorts, task: PlannedTask): Promise<SegmentResult> {
  const { source, keys, origin } = ports
  const findings: Finding[] = []
  const halves = collectHalves(task.fresh, (finding) => findings.push(finding))
  const empty = { first: null, last: null, rows: 0, since: null }
  const gathered: Gathered = { kids: new Set(), findings, period: ports.createPeriod(), halves, ...empty }
  const isNew = task.reason === 'new'
  const pairs = isNew ? halves : { add: () => undefined, excuse: () => undefined }
  const onRow = (row: ReadRow, isSound: boolean) => gather(gathered, task, { row, isSound })
  const part = await verifyPart({ source, keys, origin, part: task, pairs, onRow })
  const leftovers: Leftovers | null = isNew ? halves.leftovers() : null
  const { first, last, rows, since, kids, period } = gathered
  return {
    ...{ task, nextSeq: part.nextSeq, mac: part.mac, counts: part.counts, isClosed: part.isClosed },
    findings: [...part.findings, ...findings],
    kids: [...kids],
    marks: first && last ? { first, last } : null,
    walkedAt: timeOf(ports),
    unanchored: { rows, since },
    notes: [],
    period: isNew ? period.facts() : null,
    leftovers,
  }
}

function gather(
  gathered: Gathered,
  task: PlannedTask,
  { row, isSound }: { readonly row: ReadRow; readonly isSound: boolean },
): void {
  gathered.kids.add(row.kid)
  if (!isSound || row.facts === null) return
  const mark = markOf(row.kid, row.facts.kind === 'keychange' ? row.facts.detail : undefined)
  gathered.first ??= mark
  gathered.last = mark
  if (row.seq !== null && row.seq > task.anchoredUpTo) {
    gathered.rows++
    gathered.since ??= row.facts.time
  }
  if (task.reason !== 'new') return
  const document = parseCanonical(row.bytes) as unknown as RowDocument | null
  if (document) gathered.period.add(document)
}

function markOf(kid: string, detail: RowDocument['detail']): KeyMark {
  return { kid, change: detail ? { from: String(detail.from), to: String(detail.to) } : null }
}

function timeOf({ clock }: SegmentPorts): string {
  return new Date(clock()).toISOString()
}
