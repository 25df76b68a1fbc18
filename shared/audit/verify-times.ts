import type { AnchoredBook, AnchoredRow } from './verify-anchor-log.ts'
import type { Finding } from './verify-findings.ts'

/** A row that is authentic; `isSame` is false where the anchors say that it is another's. */
export interface TimedRow {
  readonly lane: string
  readonly seq: number
  /** ISO 8601 UTC, as the row states it. */
  readonly time: string
  readonly isSame: boolean
}

/** Compares the times of rows with those of the anchors around them. */
export interface Times {
  readonly take: (row: TimedRow) => void
  /** Rows of the lane whose time cannot be: one finding for each run of neighbours. */
  readonly conclude: (lane: string) => readonly Finding[]
  /** A lane that the anchors do not know, though it says that it was there before the newest of them. */
  readonly judgeLane: (lane: string, nextSeq: number) => readonly Finding[]
  /** A log that ends long before the rows do. `now` in epoch milliseconds, where that is known. */
  readonly judgeLog: (now?: number) => readonly Finding[]
}

/** Clocks of the writers and the sealer differ, and a run of the sealer takes its time. */
const toleranceMs = 5 * 60_000
/** A minute from run to run of the sealer, and the run itself: rows that came later are anchored before others wait longer. */
const staleMs = 75_000
/** Several runs of the sealer: whoever looks now sees that it is not at work. */
const awayMs = 5 * 60_000

interface LaneTimes {
  readonly rows: readonly AnchoredRow[]
  at: number
  /** When the anchored row before was last seen as the newest; at first, when the lane was last not there. */
  after: string
  readonly wrong: { seq: number; toSeq: number }[]
  first: string
}

/** Starts with nothing read. Rows of a lane come in order. */
export function createTimes(book: AnchoredBook): Times {
  const lanes = new Map<string, LaneTimes>()
  const waiting = { oldest: '', newest: '' }
  const end = (lane: string) => book.lanes.get(lane)?.at(-1)?.seq ?? -1
  const of = (lane: string, time: string): LaneTimes => {
    const known = lanes.get(lane)
    if (known) return known
    const after = book.openings?.get(lane)?.after ?? ''
    const begun = { rows: book.lanes.get(lane) ?? [], at: 0, after, wrong: [], first: time }
    lanes.set(lane, begun)
    return begun
  }
  const isUnknown = (lane: string, first: string | undefined): boolean => {
    const isListed = book.lanes.has(lane) || book.openings === undefined || book.openings.has(lane)
    if (isListed || book.time === null || first === undefined) return false
    return first < book.time && first < shift(book.time, -toleranceMs)
  }
  return {
    take({ lane, seq, time, isSame }) {
      const times = of(lane, time)
      if (isSame && !isPlausible(times, seq, time)) noteWrong(times.wrong, seq)
      if (seq <= end(lane) || isUnknown(lane, times.first)) return
      noteWaiting(waiting, time)
    },
    conclude: (lane) =>
      (lanes.get(lane)?.wrong ?? []).map(({ seq, toSeq }) => {
        const detail = 'the time that the row states is not between those of the anchors around it'
        return { kind: 'time_implausible', lane, seq, ...(toSeq > seq ? { toSeq } : {}), detail }
      }),
    judgeLane(lane, nextSeq) {
      if (!isUnknown(lane, lanes.get(lane)?.first)) return []
      const detail = 'a lane that the anchors do not know, though they go on after it began'
      return [{ kind: 'inserted', lane, seq: 0, toSeq: Math.max(0, nextSeq - 1), detail }]
    },
    judgeLog(now) {
      const { oldest, newest } = waiting
      if (oldest === '' || book.time === null) return []
      const isAway = now !== undefined && now - Date.parse(oldest) > awayMs
      if (newest <= shift(oldest, staleMs) && !isAway) return []
      const detail = `the newest anchor is of ${book.time}; rows of ${oldest} to ${newest} are not anchored`
      return [{ kind: 'anchors_stale', lane: 'anchors', seq: book.checkpoint.size, detail }]
    },
  }
}

/** Not after the first anchor at or above it, and not before the last that saw nothing above the row before it. */
function isPlausible(times: LaneTimes, seq: number, time: string): boolean {
  for (let row = times.rows[times.at]; row !== undefined && row.seq < seq; row = times.rows[++times.at]) {
    times.after = row.newestAt ?? times.after
  }
  const until = times.rows[times.at]?.time
  const isEarly = times.after !== '' && time < times.after && time < shift(times.after, -toleranceMs)
  const isLate = until !== undefined && time > until && time > shift(until, toleranceMs)
  return !isEarly && !isLate
}

function noteWrong(wrong: { seq: number; toSeq: number }[], seq: number): void {
  const last = wrong.at(-1)
  if (last?.toSeq === seq - 1) last.toSeq = seq
  else wrong.push({ seq, toSeq: seq })
}

function noteWaiting(waiting: { oldest: string; newest: string }, time: string): void {
  if (time > waiting.newest) waiting.newest = time
  if (waiting.oldest === '' || time < waiting.oldest) waiting.oldest = time
}

function shift(time: string, ms: number): string {
  return new Date(Date.parse(time) + ms).toISOString()
}
