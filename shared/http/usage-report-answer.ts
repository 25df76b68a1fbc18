import { hash } from 'node:crypto'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { everyTenant } from '../suspension/suspension.ts'
import { meters } from '../usage/usage.ts'
import { sumUsage, type UsageSum } from '../usage/usage-report.ts'
import { csvCell } from './audit-csv.ts'
import { chainReading } from './audit-reading.ts'
import { type ControlParts, denied, isAtHome, requireOperator } from './control-person.ts'
import { parseUsageQuestion, type UsageQuestion } from './usage-question.ts'

const note = 'Counters of all instances, stored every ten seconds; after a crash they lack that much. The book counts.'

/** `GET /api/usage`: who used how much. It names people, so that who read it stands in the book before it leaves. */
export async function answerUsage(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireOperator(inbound, parts)
  const { ports } = parts
  const accept = inbound.headers.accept ?? ''
  const asked = parseUsageQuestion(inbound.query, { accept, today: ports.usage.today() })
  const tenant = asked.tenant ?? principal.tid
  if (tenant !== principal.tid && !isAtHome(principal, parts)) {
    throw denied('other_tenant', 'Only the usage of your own tenant is yours to read.')
  }
  const tenants = tenant === everyTenant ? ports.usage.tenants : [tenant]
  const { from, to } = asked
  const read = await Promise.all(tenants.map((tid) => ports.usage.read({ tid, from, to })))
  const by = tenant === everyTenant ? (['tenant', ...asked.by] as const) : asked.by
  const sums = sumUsage(read.flat(), by)
  const filter = { from, to, by: asked.by.join(','), tenant }
  await chainReading(principal, { what: 'usage', filter, count: sums.length }, parts)
  return asked.format === 'csv'
    ? answerCsv(sums, { asked, tenant, by })
    : answerJson(200, describe(sums, asked, tenant))
}

function describe(sums: readonly UsageSum[], { from, to, by }: UsageQuestion, tenant: string) {
  return { from, to, by, tenant, note, usage: sums.map(({ names, totals }) => ({ ...names, ...totals })) }
}

interface Report {
  readonly asked: UsageQuestion
  readonly tenant: string
  readonly by: readonly string[]
}

/** CSV (RFC 4180) that is safe to open in a spreadsheet; the last line has the SHA-256 (hex) of all bytes before it. */
function answerCsv(sums: readonly UsageSum[], { asked: { from, to }, tenant, by }: Report): Answer {
  const line = (cells: readonly unknown[]) => `${cells.map(csvCell).join(',')}\r\n`
  const head = ['# Countersign: usage', `# tenants: ${tenant}`, `# days: ${from} to ${to}`, `# ${note}`]
  const rows = sums.map(({ names, totals }) => [
    ...by.map((name) => names[name]),
    ...meters.map((name) => totals[name]),
  ])
  const body = [...head.map((text) => [text]), [...by, ...meters], ...rows].map(line).join('')
  const { headers } = answerJson(200, null)
  const disposition = 'attachment; filename="usage.csv"'
  return {
    status: 200,
    headers: { ...headers, 'content-type': 'text/csv; charset=utf-8', 'content-disposition': disposition },
    body: body + line([`# sha256: ${hash('sha256', body, 'hex')}`]),
  }
}
