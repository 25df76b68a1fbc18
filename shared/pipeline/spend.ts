import { replaceSurely } from '../approval/replace-surely.ts'
import { burnApproval, releaseApproval } from '../approval/states.ts'
import type { OutcomeFacts } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import type { Ports } from './line.ts'
import type { Cleared, Failed, MaskedCall, Permitted, Recorded, Refused } from './stages.ts'

/**
 * Leaves the row that only one call of this round can leave, immediately before the call, and says so in the book before:
 * an intent that dangles without this event was certainly not called. Throws Problem `approval_used` where the row is
 * there already, `approval_expired` where it came to the call too late, and whatever the stores throw; nothing was called
 * then.
 */
export async function spendApproval(stage: Permitted, ports: Ports): Promise<void> {
  if (stage.claim === undefined) return
  const { request, progress } = stage.claim
  if (ports.now() >= (progress.useBy ?? 0)) {
    throw new Problem('approval_expired', 'The approval was not used in time.', { next: { action: 'stop' } })
  }
  const use = { tid: request.subject.tid, id: request.id, round: progress.round, decisionId: stage.decisionId }
  await ports.audit.recordEvent({ kind: 'approval', detail: { step: 'spend', ...use } })
  if (await ports.approvals.spend(use)) return
  throw new Problem('approval_used', 'An approval works once, and this one was taken.', { next: { action: 'stop' } })
}

/**
 * After the durable outcome: where certainly nothing was called the approval is open again for the same call, else it is
 * spent. What fails here leaves it claimed, which nobody can use: the safe side.
 */
export async function settleApproval(
  stage: MaskedCall | Failed | Recorded | Cleared | Refused,
  status: OutcomeFacts['status'],
  ports: Ports,
): Promise<void> {
  const { claim, decisionId } = stage
  if (claim === undefined) return
  const isSpent = 'problem' in stage && stage.problem.code === 'approval_used'
  try {
    if (status === 'not-called' && !isSpent) await release(claim, decisionId, ports)
    else await burn(claim, decisionId, ports)
  } catch (error) {
    ports.log('approval_unsettled', { decisionId, code: error instanceof Problem ? error.code : 'internal' })
  }
}

type Claim = NonNullable<Permitted['claim']>

async function release(claim: Claim, decisionId: string, ports: Ports): Promise<void> {
  const next = releaseApproval(claim.progress, decisionId)
  if (next === null) return
  const detail = {
    step: 'release',
    id: claim.request.id,
    round: next.round,
    tid: claim.request.subject.tid,
    decisionId,
  }
  await ports.audit.recordEvent({ kind: 'approval', detail })
  await replaceSurely(ports.approvals, claim, next)
}

async function burn(claim: Claim, decisionId: string, ports: Ports): Promise<void> {
  const next = burnApproval(claim.progress, decisionId)
  if (next !== null) await replaceSurely(ports.approvals, claim, next)
}
