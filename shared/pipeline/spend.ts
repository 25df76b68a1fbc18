import type { Claim } from '../approval/approval.ts'
import { replaceSurely } from '../approval/replace-surely.ts'
import { burnApproval, releaseApproval, returnUse } from '../approval/states.ts'
import type { OutcomeFacts } from '../audit/record.ts'
import { Problem } from '../errors/problem.ts'
import type { Ports } from './line.ts'
import type { Cleared, Failed, MaskedCall, Permitted, Recorded, Refused } from './stages.ts'

/** A use that many others change the row of meanwhile is not given back for ever. */
const mostReturns = 25

/**
 * Leaves the row that only one call of this round can leave, immediately before the call, and says so in the book before:
 * an intent that dangles without this event was certainly not called. Throws Problem `approval_used` where the row is
 * there already, `approval_expired` where it came to the call too late, `approval_rejected` where what is left of a grant
 * was taken back since, and whatever the stores throw; nothing was called then.
 */
export async function spendApproval(stage: Permitted, ports: Ports): Promise<void> {
  if (stage.claim === undefined) return
  const { request, progress, use: number } = stage.claim
  if (ports.now() >= (progress.useBy ?? 0)) {
    throw new Problem('approval_expired', 'The approval was not used in time.', { next: { action: 'stop' } })
  }
  if (number !== undefined) await requireGrant(stage.claim, ports)
  const use = { tid: request.subject.tid, id: request.id, round: progress.round, decisionId: stage.decisionId }
  await ports.audit.recordEvent({ kind: 'approval', detail: { step: 'spend', ...use } })
  if (await ports.approvals.spend(use)) return
  throw new Problem('approval_used', 'An approval works once, and this one was taken.', { next: { action: 'stop' } })
}

/** A grant is open to be taken back between its claim and its call; the approval of one call is not. */
async function requireGrant({ request }: Claim, { approvals }: Ports): Promise<void> {
  const now = await approvals.find(request.subject.tid, request.id)
  if (now?.progress.state === 'approved') return
  throw new Problem('approval_rejected', 'The approval was taken back.', { next: { action: 'stop' } })
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
    else if (claim.use === undefined) await burn(claim, decisionId, ports)
  } catch (error) {
    ports.log('approval_unsettled', { decisionId, code: error instanceof Problem ? error.code : 'internal' })
  }
}

async function release(claim: Claim, decisionId: string, ports: Ports): Promise<void> {
  if (claim.use !== undefined) return giveBack(claim, decisionId, ports)
  const next = releaseApproval(claim.progress, decisionId)
  if (next === null) return
  await recordRelease(claim, { round: next.round, decisionId }, ports)
  await replaceSurely(ports.approvals, claim, next)
}

/** Other calls of the grant may have changed its row since: it is the newest that gets its call back. */
async function giveBack({ request }: Claim, decisionId: string, ports: Ports): Promise<void> {
  for (let attempt = 0; attempt < mostReturns; attempt++) {
    const stored = await ports.approvals.find(request.subject.tid, request.id)
    const next = stored === null ? null : returnUse(stored.progress, decisionId)
    if (stored === null || next === null) return
    if (attempt === 0) await recordRelease(stored, { round: next.round, decisionId }, ports)
    if ((await replaceSurely(ports.approvals, stored, next)) !== null) return
  }
}

function recordRelease(
  { request }: Pick<Claim, 'request'>,
  { round, decisionId }: { readonly round: number; readonly decisionId: string },
  { audit }: Ports,
): Promise<unknown> {
  const detail = { step: 'release', id: request.id, round, tid: request.subject.tid, decisionId }
  return audit.recordEvent({ kind: 'approval', detail })
}

async function burn(claim: Claim, decisionId: string, ports: Ports): Promise<void> {
  const next = burnApproval(claim.progress, decisionId)
  if (next !== null) await replaceSurely(ports.approvals, claim, next)
}
