import { parseCanonical } from './canonical.ts'
import { listLeases } from './lease.ts'
import type { LaneProgress } from './nightly.ts'
import type { NightlyPorts, PublishedReport } from './nightly-ports.ts'
import type { RowPosition } from './receipt.ts'
import type { RowDocument } from './record.ts'
import { headKey, partitionKey, rowKey } from './segment.ts'
import { joinContent } from './verify-row.ts'

/** Looks for the row of a report among the rows that came after its walk; null where there is none. */
export async function findReportRow(
  { rows }: Pick<NightlyPorts, 'rows'>,
  report: PublishedReport,
  lanes: readonly LaneProgress[],
): Promise<RowPosition | null> {
  const ends = new Map(lanes.map((progress) => [progress.lane, progress]))
  for (const { lane, segment } of await listLeases(rows)) {
    const end = ends.get(lane)
    const from = { lane, segment: end?.segment ?? 1, seq: end?.nextSeq ?? 0 }
    const found = segment === 0 ? null : await searchLane(rows, report, from)
    if (found) return found
  }
  return null
}

async function searchLane(
  rows: NightlyPorts['rows'],
  report: PublishedReport,
  { lane, segment: first, seq }: RowPosition,
): Promise<RowPosition | null> {
  for (let segment = first; ; segment++) {
    const key = partitionKey(lane, segment)
    for await (const page of rows.list('rows', { partitionKey: key, from: rowKey(seq), to: '~' })) {
      const documents = page
        .filter(({ properties }) => properties.kind === 'report')
        .map(({ properties }) => read(properties))
      const found = documents.find((document) => isOf(report, document))
      if (found) return { lane, segment, seq: found.seq }
    }
    if ((await rows.read('rows', partitionKey(lane, segment + 1), headKey)) === null) return null
  }
}

function read(properties: Readonly<Record<string, unknown>>): RowDocument | null {
  return parseCanonical(joinContent(properties)) as unknown as RowDocument | null
}

function isOf({ date, digest }: PublishedReport, document: RowDocument | null): document is RowDocument {
  return document?.detail?.date === date && document.detail.digest === digest
}
