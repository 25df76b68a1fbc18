import { hash } from 'node:crypto'
import { mapSome } from '../audit/index-work.ts'
import { type ReportFile, reportDates, reportName } from '../audit/report-name.ts'
import { Problem } from '../errors/problem.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { requireAuditor } from './audit-auditor.ts'
import type { AuditParts } from './audit-book.ts'
import { chainReading } from './audit-reading.ts'
import { listReviews } from './audit-reviews.ts'
import { formatAsked, pageHeaders } from './page.ts'

const listed = 31
const atOnce = 8
const dateForm = /^\d{4}-\d\d-\d\d$/

/** A report as it is kept. */
export interface KeptReport {
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, hex. */
  readonly digest: string
  readonly content: Readonly<Record<string, unknown>>
}

/** `GET /api/audit/reports`: the newest 31 nights, with verdict, digest and who has reviewed them. */
export async function answerReports(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts, { platform: true })
  const dates = (await listDates(parts)).slice(0, listed)
  const reports = await mapSome(dates, atOnce, async (date) => {
    const report = await readReport(parts, date)
    const reviews = await listReviews(parts, date)
    return { date, ...verdictOf(report), digest: report.digest, reviews, url: `/api/audit/reports/${date}` }
  })
  await chainReading(principal, { what: 'reports', filter: {}, count: reports.length }, parts)
  return answerJson(200, { reports })
}

/** `GET /api/audit/reports/{date}`: the bytes as they were signed, or the page that was made of them. */
export async function answerReport(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts, { platform: true })
  const { operation: date } = inbound
  const format = formatAsked(inbound)
  const bytes = await readFile(parts, date, format === 'html' ? 'report.html' : 'report.json')
  await chainReading(principal, { what: 'report', filter: { date, format }, count: 1 }, parts)
  const body = Buffer.from(bytes).toString('utf8')
  const own = format === 'html' ? pageHeaders(body) : await signatureHeader(parts, date)
  const digest = Buffer.from(hash('sha256', bytes, 'hex'), 'hex').toString('base64')
  const common = { ...answerJson(200, null).headers, 'repr-digest': `sha-256=:${digest}:`, vary: 'accept' }
  return { status: 200, headers: { ...common, ...own }, body }
}

/** Dates of all reports, the newest first. */
export async function listDates({ book }: Pick<AuditParts, 'book'>): Promise<readonly string[]> {
  return reportDates(await book.reports.list('reports/'))
}

/** The report of a night; Problem `operation_unknown` where there is none. */
export async function readReport(parts: Pick<AuditParts, 'book'>, date: string): Promise<KeptReport> {
  const bytes = await readFile(parts, date, 'report.json')
  const content = JSON.parse(Buffer.from(bytes).toString('utf8')) as KeptReport['content']
  return { bytes, digest: hash('sha256', bytes, 'hex'), content }
}

async function readFile({ book }: Pick<AuditParts, 'book'>, date: string, file: ReportFile): Promise<Uint8Array> {
  const bytes = dateForm.test(date) ? await book.reports.read(reportName(date, file)) : null
  if (bytes === null) throw new Problem('operation_unknown', 'There is no report of this date.')
  return bytes
}

/** The verdict as the report says it: its result, and its sentence. */
function verdictOf({ content }: KeptReport) {
  const { result, sentence } = (content.verdict ?? {}) as { readonly result?: unknown; readonly sentence?: unknown }
  return { verdict: result ?? null, sentence: sentence ?? null }
}

/** The sealer's signature over the bytes of the report, DER in base64. */
async function signatureHeader({ book }: AuditParts, date: string): Promise<Readonly<Record<string, string>>> {
  const signature = await book.reports.read(reportName(date, 'report.json.sig'))
  return signature === null ? {} : { 'countersign-signature': Buffer.from(signature).toString('base64') }
}
