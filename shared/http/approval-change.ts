import type { Approval } from '../approval/approval.ts'
import { replaceSurely } from '../approval/replace-surely.ts'
import { type Progress, stateAt } from '../approval/states.ts'
import { closedProblem, type Voter } from '../approval/vote.ts'
import { Problem } from '../errors/problem.ts'
import { tellOfApproval } from '../pipeline/approval-hearing.ts'
import type { ApprovalSettings } from './approval-voter.ts'
import type { Waits } from './approval-wait.ts'

export interface ApprovalParts extends ApprovalSettings {
  readonly waits: Waits
}

/** What is to become of an approval as it stands. */
export interface NextStep {
  /** Null where the state does not allow it. */
  readonly progress: Progress | null
  readonly detail?: Readonly<Record<string, string | number>>
}

export interface Change {
  readonly step: 'vote' | 'cancel' | 'revoke'
  readonly voter: Voter
  readonly approval: Approval
  /** Asked anew where somebody else was faster; throws Problem where it may not be. */
  readonly next: (approval: Approval) => NextStep
}

/** So many others may be faster. */
const mostAttempts = 10

/**
 * First into the book, then into the table: a change that counts is always on record. One that came too late is voided,
 * and made once more where what it met still allows it: of two votes at once both count where both are wanted.
 */
export async function changeApproval({ step, voter, approval, next }: Change, parts: ApprovalParts): Promise<Approval> {
  const { ports } = parts
  const { id, subject } = approval.request
  const { oid, actor } = voter.principal
  const record = (detail: NextStep['detail'] & object) =>
    ports.audit.recordEvent({ kind: 'approval', detail: { id, tid: subject.tid, oid, azp: actor, ...detail } })
  let stored = approval
  for (let attempt = 0; attempt < mostAttempts; attempt++) {
    const { progress, detail = {} } = next(stored)
    if (progress === null) throw closedProblem(stateAt(stored.progress, ports.now()))
    await record({ step, ...detail })
    const etag = await replaceSurely(ports.approvals, stored, progress)
    parts.waits.wake(id)
    if (etag !== null) return hear({ ...stored, progress, etag }, step, parts)
    await record({ step: 'void', of: step })
    stored = (await ports.approvals.find(subject.tid, id)) ?? stored
  }
  throw new Problem('policy_unavailable', 'Too many change this approval at once.', { retryAfter: 1 })
}

async function hear(approval: Approval, step: Change['step'], { ports }: ApprovalParts): Promise<Approval> {
  const { request, progress } = approval
  if (progress.state !== 'pending') await leave(approval, ports)
  await tellOfApproval({ request, progress, etag: approval.etag }, step, ports)
  return approval
}

/** A row that stays open only counts until the end that it names. */
async function leave({ request, progress }: Approval, { approvalDesk, log }: ApprovalParts['ports']): Promise<void> {
  try {
    await approvalDesk.openRequests.leave({ request, decideBy: progress.decideBy })
  } catch {
    log('open_approval_kept', { reason: request.id })
  }
}
