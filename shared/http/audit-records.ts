import { listIndexedTenants } from '../audit/index-positions.ts'
import type { BookRecord, RecordReader } from '../audit/index-record.ts'
import { findRecords, type RecordsPage } from '../audit/index-records.ts'
import type { RowPosition } from '../audit/receipt.ts'
import type { Principal } from '../identity/principal.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { denied, isOfPlatform, requireAuditor } from './audit-auditor.ts'
import type { AuditParts } from './audit-book.ts'
import { renderCsv } from './audit-csv.ts'
import { parseRecordsQuestion, type RecordsQuestion } from './audit-question.ts'
import { chainReading } from './audit-reading.ts'

/** `GET /api/audit/records`. What it shows was checked, and stands in the book as read before it leaves. */
export async function answerRecords(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts)
  const { ports, book } = parts
  const asked = parseRecordsQuestion(inbound.query, { accept: inbound.headers.accept ?? '', now: ports.now() })
  const tenants = await tenantsFor(principal, asked.tenant, parts)
  const { selectors, window, after, limit, open } = asked
  const query = { tenants, selectors, window, after, limit, open }
  const page = await findRecords({ rows: book.rows, reader: createReader(parts) }, query)
  const scope = asked.tenant ?? principal.tid
  const filter = { ...asked.filter, tenant: scope }
  const opened = page.records.filter(({ personal }) => personal).map(nameOf)
  await chainReading(principal, { what: 'records', filter, count: page.records.length, opened }, parts)
  return asked.format === 'csv' ? answerCsv(page, { asked, scope }, parts) : answerJson(200, describePage(page, asked))
}

/** What reads and checks rows for auditors; a row that is not as it should be is an alarm. */
export function createReader({ ports, book, approvers }: Pick<AuditParts, 'ports' | 'book' | 'approvers'>) {
  const { rows, keys, origin } = book
  const onFault = (fault: string, { lane, segment, seq }: RowPosition) =>
    ports.log('alarm', { code: 'row_refused', reason: fault, lane, segment, seq })
  return { rows, keys, origin, homeTenant: approvers.homeTenant, onFault } satisfies RecordReader
}

/** The tenants that may be shown; throws Problem `policy_denied` where they are not the asker's own. */
async function tenantsFor(principal: Principal, asked: string | undefined, parts: AuditParts) {
  if (asked === undefined || asked === principal.tid) return [principal.tid]
  if (!isOfPlatform(principal, parts)) throw denied('other_tenant', 'Only rows of your own tenant are yours to read.')
  return asked === 'all' ? listIndexedTenants(parts.book.rows) : [asked]
}

function describePage(page: RecordsPage, asked: RecordsQuestion) {
  const { records, after, population, indexedUpTo } = page
  const [from, to] = [asked.window.since, asked.window.until].map((at) => new Date(at).toISOString())
  return {
    records,
    next: after === null ? null : asked.cursorAfter(after),
    population,
    indexedUpTo,
    period: { from, to },
  }
}

function answerCsv(
  page: RecordsPage,
  { asked, scope }: { readonly asked: RecordsQuestion; readonly scope: string },
  { ports }: AuditParts,
): Answer {
  const { records, after, population, indexedUpTo } = page
  const body = renderCsv(records, {
    filter: asked.filter,
    tenants: scope,
    window: asked.window,
    ...{ population, indexedUpTo },
    time: new Date(ports.now()).toISOString(),
    next: after === null ? null : asked.cursorAfter(after),
  })
  const { headers } = answerJson(200, null)
  const disposition = 'attachment; filename="records.csv"'
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/csv; charset=utf-8', 'content-disposition': disposition },
    body,
  }
}

function nameOf({ decisionId, place }: BookRecord): string {
  return decisionId ?? `${place.lane}|${place.seq}`
}
