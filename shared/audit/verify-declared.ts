import type { AnchoredFacts, DeclaredRange } from './verify-anchor-facts.ts'
import type { Finding, FindingKind } from './verify-findings.ts'

/** What the anchors declare about rows that are gone. */
export interface Declared {
  /** The finding is what a declaration says: it is told there, or is none. */
  readonly covers: (finding: Finding) => boolean
  /** One for each declared loss. */
  readonly losses: readonly Finding[]
  /** Rows of segments that were removed at the end of their time. */
  readonly removed: number
}

const gone: ReadonlySet<FindingKind> = new Set([
  'deleted',
  'truncated',
  'segment_missing',
  'lane_missing',
  'head_missing',
])

/** Reads the records of retention and failover of a checked log. */
export function readDeclared({ lanes, removed = [], losses = [] }: AnchoredFacts): Declared {
  const ranges: readonly DeclaredRange[] = [...removed, ...losses]
  const isDeclared = (lane: string, seq: number) => ranges.some((one) => one.lane === lane && isWithin(one, seq))
  const lastOutcome = removed.reduce((latest, { to }) => (to > latest ? to : latest), '')
  // An intent that was written before the last removed row: its outcome may have gone with that.
  const isOlder = (lane: string, seq: number) =>
    (lanes.get(lane)?.findLast((row) => row.seq < seq && row.newestAt !== undefined)?.newestAt ?? '') < lastOutcome
  return {
    covers({ kind, lane, seq, toSeq = seq }) {
      if (kind === 'dangling_intent') return lastOutcome !== '' && isOlder(lane, seq)
      if (!gone.has(kind)) return false
      // A head that is gone is told at the row after its last.
      if (kind === 'head_missing') return isDeclared(lane, seq) || isDeclared(lane, seq - 1)
      return isCovered(ranges, { lane, seq, toSeq })
    },
    losses: losses.map((range) => ({
      kind: 'failover_loss_declared',
      ...range,
      detail: 'rows that were lost by a change of region, as an operator declared',
    })),
    removed: removed.reduce((sum, { seq, toSeq }) => sum + toSeq - seq + 1, 0),
  }
}

function isWithin({ seq, toSeq }: DeclaredRange, at: number): boolean {
  return seq <= at && at <= toSeq
}

/** Whether the ranges together hold every row of this one. */
function isCovered(ranges: readonly DeclaredRange[], { lane, seq, toSeq }: DeclaredRange): boolean {
  const own = ranges.filter((range) => range.lane === lane).sort((a, b) => a.seq - b.seq)
  let next = seq
  for (const range of own) if (range.seq <= next) next = Math.max(next, range.toSeq + 1)
  return next > toSeq
}
