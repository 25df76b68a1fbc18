import { requestRun } from '../audit/run-requests.ts'
import { Problem } from '../errors/problem.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { requireAuditor } from './audit-auditor.ts'
import type { AuditParts } from './audit-book.ts'
import { answerHead } from './audit-head.ts'
import { chainReading } from './audit-reading.ts'
import { answerRecords } from './audit-records.ts'
import { answerReport, answerReports } from './audit-reports.ts'
import { answerDisposition, answerReview } from './audit-review.ts'
import { createSlots } from './audit-slots.ts'
import { answerStream } from './audit-stream.ts'
import type { AuditRoute } from './running-app.ts'

/** The answers of `/api/audit`. Whatever they show was checked, and who was shown it stands in the book before. */
export function createAuditAnswers(
  parts: AuditParts,
): Readonly<Record<AuditRoute, (inbound: Inbound) => Promise<Answer>>> {
  const slots = createSlots(parts.ports.now)
  return {
    auditRecords: (inbound: Inbound) => answerRecords(inbound, parts),
    auditHead: (inbound: Inbound) => answerHead(inbound, parts),
    auditStream: (inbound: Inbound) => answerStream(inbound, parts, slots),
    auditReports: (inbound: Inbound) => answerReports(inbound, parts),
    auditReport: (inbound: Inbound) => answerReport(inbound, parts),
    reviewReport: (inbound: Inbound) => answerReview(inbound, parts),
    disposeFinding: (inbound: Inbound) => answerDisposition(inbound, parts),
    verifyBook: (inbound: Inbound) => answerVerify(inbound, parts),
  }
}

/** `POST /api/audit/verify`: the gateway has one key and cannot verify, so it asks the evidence app for a run. */
async function answerVerify(inbound: Inbound, parts: AuditParts): Promise<Answer> {
  const principal = await requireAuditor(inbound, parts, { platform: true })
  const { ports, book } = parts
  await chainReading(principal, { what: 'verify', filter: {}, count: 0 }, parts)
  const request = await requestRun(book.rows, { now: ports.now(), id: ports.newId() })
  if (request === null) throw new Problem('audit_unavailable', 'The request cannot be kept.', { retryAfter: 5 })
  return answerJson(200, { status: 'requested', id: request.id, at: request.at, reports: '/api/audit/reports' })
}
