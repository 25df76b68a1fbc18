import type { Approval, ApprovalRequest, CallDescription } from '../approval/approval.ts'
import { approvalId } from '../approval/digest.ts'
import { requestLimit } from '../approval/entity.ts'
import { findSecrets } from '../approval/secrecy.ts'
import { isoTime, openRequest, type Progress } from '../approval/states.ts'
import { couldBeApproved } from '../approval/vote.ts'
import { canonicalInputs } from '../backend/canonical-inputs.ts'
import { Problem } from '../errors/problem.ts'
import { tellOfApproval } from './approval-hearing.ts'
import type { Asked } from './approval-subject.ts'
import type { Deployment, Ports } from './line.ts'
import type { Reserved } from './stages.ts'

interface World {
  readonly ports: Ports
  readonly deployment: Deployment
}

/** A call that asks, and how often the same was asked before. */
export interface Asking extends Asked {
  readonly attempt: number
}

/** Longest purpose that is kept, in UTF-16 units; the rest is cut. */
const purposeLength = 512

/**
 * Asks for an approval and gives what is kept then, which is another's where the same call came twice at once. Throws
 * Problem `no_eligible_approver`, `quota_exceeded` or `input_too_large`, and whatever the stores throw.
 */
export async function requestApproval(stage: Reserved, asking: Asking, world: World): Promise<Approval> {
  const { ports, deployment } = world
  if (!couldBeApproved(stage.principal.tid, asking.needs, deployment.approvers)) throw nobody()
  const { times, openRequests } = ports.approvalDesk
  const requestedAt = ports.now()
  const request = await describeRequest(stage, { ...asking, requestedAt }, world)
  const progress = openRequest(requestedAt, times.decideMs)
  await openRequests.enter({ request, decideBy: progress.decideBy }, requestedAt)
  const isNew = await keepRequest(stage, { request, progress }, ports)
  const stored = await ports.approvals.find(stage.principal.tid, request.id)
  if (stored === null) throw new Problem('policy_unavailable', 'Approvals cannot be looked up now.', { retryAfter: 5 })
  if (isNew) await tellOfApproval(stored, 'request', ports)
  return stored
}

async function describeRequest(
  stage: Reserved,
  asking: Asking & Pick<ApprovalRequest, 'requestedAt'>,
  { ports, deployment }: World,
): Promise<ApprovalRequest> {
  const { subject, needs, grant, digest, attempt, requestedAt } = asking
  const request: ApprovalRequest = {
    ...{ id: approvalId(digest, attempt), digest, attempt, subject, needs, grant, requestedAt },
    effect: stage.understood.effect,
    secrecy: findSecrets(stage, deployment.classifications.get(subject.backend) ?? {}),
    useMs: ports.approvalDesk.times.useMs,
    example: grant === null ? null : canonicalInputs(stage.invocation.inputs),
    purpose: stage.inbound.headers['countersign-purpose']?.slice(0, purposeLength).toWellFormed() || null,
    ...(await describeContent(stage, ports)),
  }
  if (Buffer.byteLength(JSON.stringify(request)) <= requestLimit) return request
  throw new Problem('input_too_large', 'A call that a second person has to read may have 900 KiB.')
}

/** What cannot be said is not bound, and holds nothing up. */
async function describeContent(stage: Reserved, ports: Ports): Promise<Partial<CallDescription>> {
  try {
    return (await ports.describeCall?.(stage)) ?? {}
  } catch {
    ports.log('approval_undescribed', { decisionId: stage.decisionId })
    return { content: 'not_bound', contentNote: 'It could not be looked up when the approval was asked for.' }
  }
}

/** First into the book: nobody decides a request that no row speaks of, even if we end between the two. */
async function keepRequest(
  { principal, decisionId }: Reserved,
  { request, progress }: { readonly request: ApprovalRequest; readonly progress: Progress },
  { audit, approvals }: Ports,
): Promise<boolean> {
  const { tid, oid, actor } = principal
  const { id, digest } = request
  const record = (detail: Readonly<Record<string, string>>) =>
    audit.recordEvent({ kind: 'approval', detail: { ...detail, id, digest, tid, oid, azp: actor, decisionId } })
  await record({ step: 'request', decideBy: isoTime(progress.decideBy) })
  const isNew = await approvals.insert(request, progress)
  if (!isNew) await record({ step: 'void', of: 'request' })
  return isNew
}

function nobody(): Problem {
  return new Problem('no_eligible_approver', 'The policy asks for an approval that nobody here could give.', {
    next: { action: 'stop' },
  })
}
