import { type Finding, note, ok, type Place, wrong } from '../finding.ts'
import { codeOf } from './gateway.ts'
import { bookNext } from './gateway-checks.ts'
import type { Patient } from './patient.ts'

const at = (check: string): Place => ({ subject: 'book', check })

/** A first row that stands in the book, and the verification of the night, asked for where the person is an auditor. */
export async function checkBook(patient: Patient): Promise<readonly Finding[]> {
  if (patient.person === null) return []
  const row = await checkRow(patient)
  return [row, ...(row.state === 'ok' ? await checkVerification(patient) : [])]
}

/** A refused call is a row as well, so this needs no backend and no right; the answer comes after the row. */
async function checkRow({ gateway }: Patient): Promise<Finding> {
  const reply = await gateway({ method: 'POST', path: '/api/doctor/first-row', signedIn: true, body: {} })
  const decision = reply?.headers.get('x-countersign-decision') ?? ''
  if (decision !== '') return ok(at('row'), `decision ${decision} stands in the chain`)
  const code = codeOf(reply)
  if (code === 'audit_unavailable' || reply?.status === 503)
    return wrong(at('row'), { code: 'book_unavailable', detail: code || 'status 503', next: bookNext })
  const next =
    'The token was refused before the book: compare registration, COUNTERSIGN_TENANTS and COUNTERSIGN_ALLOWED_ACTORS.'
  const detail = code || `status ${reply?.status ?? 'none'}`
  return wrong(at('row'), { code: 'row_not_written', detail, next })
}

const auditorsOnly = 'not_tried_no_auditor'

async function checkVerification({ gateway: own, auditor: gateway = own }: Patient): Promise<readonly Finding[]> {
  const asked = await gateway({ method: 'POST', path: '/api/audit/verify', signedIn: true, body: {} })
  if (asked?.status === 403) {
    const next = 'Somebody with the role Countersign.Auditor asks for it at the console: Reports > Verify now.'
    return [note(at('verification'), { code: auditorsOnly, detail: 'this person is no auditor', next })]
  }
  if (asked?.status !== 200) {
    const detail = codeOf(asked) || `status ${asked?.status ?? 'none'}`
    return [wrong(at('verification'), { code: 'verification_not_asked', detail, next: bookNext })]
  }
  return [ok(at('verification'), 'asked for; its report follows within minutes'), await checkReports(gateway)]
}

async function checkReports(gateway: Patient['gateway']): Promise<Finding> {
  const reply = await gateway({ path: '/api/audit/reports', signedIn: true })
  const reports: readonly unknown[] = Array.isArray(reply?.body?.reports) ? reply.body.reports : []
  const [newest] = reports as readonly { readonly date?: string; readonly verdict?: string }[]
  if (newest === undefined) {
    const next = 'Look again in some minutes: GET /api/audit/reports, or the console.'
    return note(at('report'), { code: 'no_report_yet', detail: 'no night has been verified yet', next })
  }
  const detail = `${String(newest.verdict)} of ${String(newest.date)}`
  if (newest.verdict !== 'FAIL') return ok(at('report'), detail)
  const next = `Read it: /api/audit/reports/${String(newest.date)} (docs/reading-a-report.md).`
  return wrong(at('report'), { code: 'report_fails', detail, next })
}
