import type { AnchorRecord } from './anchor.ts'
import type { Finding } from './verify-findings.ts'

/** A nightly report as it is kept: `date` as `2026-11-22`, SHA-256 of its bytes in hex. */
export interface StoredReport {
  readonly date: string
  readonly digest: string
}

/** What the chain (a row of kind `report`) or the anchor log says of a report, and where it says so. */
export interface RecordedReport extends StoredReport {
  /** `anchors` for a record of the anchor log. */
  readonly lane: string
  readonly seq: number
}

export interface ReportsInput {
  readonly stored: readonly StoredReport[]
  readonly recorded: readonly RecordedReport[]
}

const dayMs = 86_400_000

/**
 * Compares the kept reports with what was recorded of them: one that says something else than its digest, that is gone, or
 * that nobody recorded (but for the newest, which may just have been kept) is `report_altered` at the place that names it; every night between the first and the last report
 * without one is `night_missed` (lane `reports`, the date as a number such as 20261122 in `seq`).
 */
export function checkReports({ stored, recorded }: ReportsInput): Finding[] {
  const kept = new Map(stored.map(({ date, digest }) => [date, digest]))
  const named = new Set(recorded.map(({ date }) => date))
  const newest = [...named].sort().at(-1) ?? ''
  const told = new Set<string>()
  const altered = recorded.flatMap((report): Finding[] => {
    const digest = kept.get(report.date)
    if (digest === report.digest || told.has(report.date)) return []
    told.add(report.date)
    const what = digest === undefined ? 'is gone' : 'is not the one that was recorded'
    const { lane, seq, date } = report
    return [{ kind: 'report_altered', lane, seq, detail: `the report of ${date} ${what}` }]
  })
  const strange = stored.filter(({ date }) => !named.has(date) && date < newest).map(({ date }) => nameStrange(date))
  return [...altered, ...strange, ...findMissed([...kept.keys(), ...named])]
}

/** The reports that the anchor log names. */
export function reportsOfAnchors(records: readonly AnchorRecord[]): RecordedReport[] {
  return records.flatMap((record) => {
    if (record.kind !== 'report') return []
    return [{ date: record.date, digest: record.digest, lane: 'anchors', seq: record.index }]
  })
}

/** The report that a row of kind `report` names, or null where it names none. */
export function reportOfRow(row: {
  readonly kind: string
  readonly lane: string
  readonly seq: number
  readonly detail?: Readonly<Record<string, string | number | boolean>> | undefined
}): RecordedReport | null {
  const { date, digest } = row.detail ?? {}
  if (row.kind !== 'report' || typeof date !== 'string' || typeof digest !== 'string') return null
  return { date, digest, lane: row.lane, seq: row.seq }
}

function nameStrange(date: string): Finding {
  const detail = `the report of ${date} is kept and nothing recorded it`
  return { kind: 'report_altered', lane: 'reports', seq: numberOf(date), detail }
}

function findMissed(dates: readonly string[]): Finding[] {
  const days = new Set(dates.map((date) => Date.parse(date) / dayMs).filter(Number.isInteger))
  const missed: Finding[] = []
  for (let day = Math.min(...days) + 1; day < Math.max(...days); day++) {
    if (days.has(day)) continue
    const date = new Date(day * dayMs).toISOString().slice(0, 10)
    missed.push({ kind: 'night_missed', lane: 'reports', seq: numberOf(date), detail: `no report of ${date}` })
  }
  return missed
}

function numberOf(date: string): number {
  return Number(date.replaceAll('-', ''))
}
