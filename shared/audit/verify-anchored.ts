import type { AnchoredBook, AnchoredRow } from './verify-anchor-log.ts'
import { readDeclared } from './verify-declared.ts'
import type { Finding, Report } from './verify-findings.ts'
import { createTimes } from './verify-times.ts'

/** Compares a walk with what was anchored. */
export interface AnchorCheck {
  /** A stored row that is authentic: its MAC must be the anchored one, if its place was anchored, and its time fit. */
  readonly row: (row: { lane: string; seq: number; mac: Uint8Array; time?: string | undefined }) => void
  /**
   * A lane's end: what was anchored above it is gone. `nextSeq` 0 where the lane is not in the store; a lane of the store
   * that was there before the newest anchor and is not in the log is an insertion.
   */
  readonly end: (lane: string, nextSeq: number) => void
  /** After the last lane: declared losses, and a log that ended long before the rows did. `now` in epoch milliseconds. */
  readonly close: (now?: number) => void
  /** Whether the log declares what this finding would report. */
  readonly declares: (finding: Finding) => boolean
  /** Rows of segments that were removed at the end of their time. */
  readonly removed: number
  /** Lanes that the anchors know. */
  readonly lanes: () => Iterable<string>
  /** Last anchored row of a lane, -1 where there is none. */
  readonly upTo: (lane: string) => number
}

interface Progress {
  readonly rows: readonly AnchoredRow[]
  at: number
  /** Last anchored row that was found as it was. */
  confirmed: number
  wrong: { seq: number; toSeq: number } | null
}

/**
 * A MAC covers everything before it in its lane, so the last anchored row that matches confirms all before it; from the
 * first that does not, the lane was written anew, even by a holder of the key. One finding a lane says from where to where.
 */
export function checkAnchored(book: AnchoredBook, report: Report): AnchorCheck {
  const lanes = new Map<string, Progress>()
  for (const [lane, rows] of book.lanes) lanes.set(lane, { rows, at: 0, confirmed: -1, wrong: null })
  const declared = readDeclared(book)
  const times = createTimes(book)
  return {
    row({ lane, seq, mac, time }) {
      const progress = lanes.get(lane)
      const isSame = progress === undefined || compare(progress, seq, mac)
      if (time !== undefined) times.take({ lane, seq, time, isSame })
    },
    end(lane, nextSeq) {
      const progress = lanes.get(lane)
      const found = progress ? conclude(progress, lane, nextSeq) : times.judgeLane(lane, nextSeq)
      for (const finding of [...found, ...times.conclude(lane)]) report(finding)
    },
    close(now) {
      for (const finding of [...declared.losses, ...times.judgeLog(now)]) report(finding)
    },
    declares: declared.covers,
    removed: declared.removed,
    lanes: () => lanes.keys(),
    upTo: (lane) => lanes.get(lane)?.rows.at(-1)?.seq ?? -1,
  }
}

/** Whether no anchor says that this row is another. */
function compare(progress: Progress, seq: number, mac: Uint8Array): boolean {
  const { rows } = progress
  let isSame = true
  while ((rows[progress.at]?.seq ?? Number.POSITIVE_INFINITY) < seq) progress.at++
  // Two anchors of one row that differ: the lane was rewritten between them, and one of them cannot match.
  for (; rows[progress.at]?.seq === seq; progress.at++) {
    if (rows[progress.at]?.mac === Buffer.from(mac).toString('hex')) {
      if (progress.wrong === null) progress.confirmed = seq
    } else {
      isSame = false
      progress.wrong = { seq: progress.wrong?.seq ?? progress.confirmed + 1, toSeq: seq }
    }
  }
  return isSame
}

function conclude({ rows, wrong }: Progress, lane: string, nextSeq: number): Finding[] {
  const findings: Finding[] = []
  if (wrong)
    findings.push({ kind: 'rewritten', lane, ...wrong, detail: 'authentic rows, but not those that were anchored' })
  const last = rows.at(-1)?.seq ?? -1
  if (nextSeq === 0 && last >= 0) {
    findings.push({
      kind: 'lane_missing',
      lane,
      seq: 0,
      toSeq: last,
      detail: 'the lane is anchored and not in the store',
    })
  } else if (last >= nextSeq) {
    const detail = 'rows that were anchored are gone, and the head with them'
    findings.push({ kind: 'truncated', lane, seq: nextSeq, toSeq: last, detail })
  }
  return findings
}
