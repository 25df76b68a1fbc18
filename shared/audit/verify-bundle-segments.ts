import type { AnchorRecord, LaneHead, Seal } from './anchor.ts'
import type { AnchoredSegment } from './verify-bundle-rows.ts'

/** Name of a segment's file: its rows' canonical bytes, one a line. */
export function segmentFile(lane: string, segment: number): string {
  return `rows-${lane}-${String(segment).padStart(6, '0')}.ndjson`
}

/** Every anchored segment that has rows within the scope, in the order in which the log names them first. */
export function listSegments(
  records: readonly AnchorRecord[],
  { from, to }: { readonly from: string; readonly to: string },
): readonly AnchoredSegment[] {
  const found = new Map<string, { part: LaneHead | Seal; roots: Map<number, Set<string>> }>()
  for (const record of records) {
    const parts = record.kind === 'heads' ? record.heads : record.kind === 'seal' ? [record.seal] : []
    for (const part of parts) noteSegment(found, part)
  }
  return [...found.values()]
    .filter(({ part }) => part.to >= from && part.from <= to)
    .map((segment) => ({ ...segment, size: Math.max(...segment.roots.keys()) }))
}

function noteSegment(
  found: Map<string, { part: LaneHead | Seal; roots: Map<number, Set<string>> }>,
  part: LaneHead | Seal,
): void {
  const name = segmentFile(part.lane, part.segment)
  const known = found.get(name) ?? { part, roots: new Map<number, Set<string>>() }
  found.set(name, known)
  // What a seal says of a whole segment stays, whatever a head says after it.
  known.part = { ...known.part, ...part }
  const size = 'count' in part ? part.count : part.nextSeq - part.first
  known.roots.set(size, (known.roots.get(size) ?? new Set()).add(part.root))
}
