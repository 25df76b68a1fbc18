import { requirePersonInControl } from '../approval/vote.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Ports } from '../pipeline/line.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import type { ApprovalSettings } from './approval-voter.ts'
import { formatAsked, pageHeaders } from './page.ts'
import { drawRecording, type ShownRecording } from './recording-page.ts'

/** What the route of recordings answers from. */
export interface RecordingParts extends Pick<ApprovalSettings, 'approvers'> {
  readonly ports: Pick<Ports, 'verifyAny' | 'recordings' | 'audit'>
}

/** The app role of people who read the book. */
const auditorRole = 'Countersign.Auditor'
const decisionForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * One recording, for an auditor at the console: of the own tenant, or of any where the auditor is at home. That it was
 * read stands in the book before it is shown, as JSON or as a page (`Accept: text/html`). One that was erased is as unknown as one that never was.
 */
export async function answerRecording(inbound: Inbound, { ports, approvers }: RecordingParts): Promise<Answer> {
  const { principal } = await ports.verifyAny(inbound)
  requirePersonInControl(principal, approvers)
  requireAuditor(principal)
  const decisionId = inbound.operation
  const tid = principal.tid === approvers.homeTenant ? null : principal.tid
  const found = decisionForm.test(decisionId) ? await ports.recordings.open(decisionId, tid) : null
  if (found === null) {
    throw new Problem('operation_unknown', 'There is no recording of this decision: none was made, or it was erased.')
  }
  const { oid, actor } = principal
  const detail = { what: 'recording', tid: principal.tid, oid, azp: actor, decisionId, digest: found.digest }
  await ports.audit.recordEvent({ kind: 'read', detail })
  const recorded = JSON.parse(Buffer.from(found.content).toString('utf8')) as ShownRecording['recorded']
  const shown = { decisionId, digest: found.digest, recorded }
  const json = answerJson(200, shown)
  if (formatAsked(inbound) === 'json') return { ...json, headers: { ...json.headers, vary: 'accept' } }
  const body = drawRecording(shown)
  return { status: 200, headers: { ...json.headers, ...pageHeaders(body), vary: 'accept' }, body }
}

function requireAuditor({ roles }: Principal): void {
  if (roles.includes(auditorRole)) return
  throw new Problem('policy_denied', 'Only auditors read recordings.', { reasons: ['not_an_auditor'] })
}
