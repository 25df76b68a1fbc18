import { hash } from 'node:crypto'
import type { BookRecord } from '../audit/index-record.ts'

/** What a file of records says of itself before and after them. */
export interface CsvFacts {
  readonly filter: Readonly<Record<string, string>>
  readonly tenants: string
  readonly window: { readonly since: number; readonly until: number }
  readonly population: { readonly scanned: number; readonly returned: number }
  readonly indexedUpTo: string | null
  /** ISO 8601 UTC: when it was made. */
  readonly time: string
  /** Cursor with which to go on; null where this is all. */
  readonly next: string | null
}

type Cell = (record: BookRecord) => unknown

const columns: readonly (readonly [name: string, cell: Cell])[] = [
  ['time', ({ time }) => time],
  ['lane', ({ place }) => place.lane],
  ['segment', ({ place }) => place.segment],
  ['seq', ({ place }) => place.seq],
  ['checked', ({ checked }) => checked],
  ['kind', ({ kind }) => kind],
  ['decisionId', ({ decisionId }) => decisionId],
  ['traceId', ({ traceId }) => traceId],
  ['tenant', ({ intent, detail }) => intent?.principal.tid ?? detail?.tid],
  ['person', ({ intent, detail }) => intent?.principal.oid ?? detail?.oid],
  ['agent', ({ intent, detail }) => intent?.principal.azp ?? detail?.azp],
  ['principalKind', ({ intent }) => intent?.principal.kind],
  ['backend', ({ intent }) => intent?.backend],
  ['operation', ({ intent }) => intent?.operation],
  ['effect', ({ intent }) => intent?.effect],
  ['verdict', ({ intent }) => intent?.verdict],
  ['reads', ({ intent }) => intent?.reads.join(' ')],
  ['writes', ({ intent }) => intent?.writes.join(' ')],
  ['rules', ({ intent }) => intent?.rules.join(' ')],
  ['reasons', ({ intent }) => intent?.reasons.join(' ')],
  ['approval', ({ intent }) => intent?.approval?.id],
  ['outcome', ({ outcome }) => outcome?.status],
  ['outcomeChecked', ({ outcome }) => outcome?.checked],
  ['code', ({ outcome }) => outcome?.code],
  ['rows', ({ outcome }) => outcome?.rows],
  ['labels', ({ outcome }) => outcome?.labels?.join(' ')],
  ['masked', ({ outcome }) => outcome?.masked?.map(({ path, label }) => `${path}:${label}`).join(' ')],
  ['identitySource', ({ outcome }) => outcome?.identity?.source],
  ['detail', ({ detail }) => detail && JSON.stringify(detail)],
  ['personal', ({ personal }) => personal && JSON.stringify(personal)],
]

/**
 * Records as CSV (RFC 4180), safe to open in a spreadsheet: no cell begins as a formula does. Lines before the header
 * say what this is; the last line has the SHA-256 (hex) of all bytes before it.
 */
export function renderCsv(records: readonly BookRecord[], facts: CsvFacts): string {
  const head = headLines(facts).map((line) => csvLine([line]))
  const rows = records.map((record) => csvLine(columns.map(([, cell]) => cell(record))))
  const body = [...head, csvLine(columns.map(([name]) => name)), ...rows].join('')
  return body + csvLine([`# sha256: ${hash('sha256', body, 'hex')}`])
}

function headLines({ filter, tenants, window, population, indexedUpTo, time, next }: CsvFacts): readonly string[] {
  const [since, until] = [window.since, window.until].map((at) => new Date(at).toISOString())
  return [
    '# Countersign: records of the book',
    `# filter: ${JSON.stringify(filter)}`,
    `# tenants: ${tenants}`,
    `# period: ${since} to ${until}`,
    `# population: ${population.scanned} entries looked at, ${population.returned} records`,
    `# indexed up to: ${indexedUpTo ?? 'never'}`,
    `# made: ${time}`,
    next === null ? '# truncated: no' : `# truncated: yes, go on with cursor ${next}`,
  ]
}

function csvLine(cells: readonly unknown[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`
}

const formulaBegins = /(?<=^|[;,\t\r\n|"])(?=\s*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20])/g

/**
 * One cell, always in quotes. What a spreadsheet would take for a formula gets an apostrophe, and that after every mark
 * that some spreadsheet takes for a separator (CWE-1236).
 */
export function csvCell(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value)
  const safe = text.replace(formulaBegins, "'")
  return `"${safe.replaceAll('"', '""')}"`
}
