import type { Approval } from '../approval/approval.ts'
import { cancelRequest, revokeApproval } from '../approval/states.ts'
import { ballotsOf, isRequester, maySee, requirePersonInControl, type Voter } from '../approval/vote.ts'
import { honestyOf } from '../backend/honest.ts'
import { Problem } from '../errors/problem.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { type ApprovalParts, changeApproval } from './approval-change.ts'
import { createDelegationAnswers } from './approval-delegations.ts'
import { parseWait } from './approval-question.ts'
import { describeApproval, summarizeApproval } from './approval-view.ts'
import { castVote } from './approval-vote.ts'
import { type ApprovalSettings, findVisible, identifyVoter, votingWorld } from './approval-voter.ts'
import { createWaits } from './approval-wait.ts'

/** Requests that are older are in no list. */
const listedMs = 24 * 3_600_000

/** The answers of `/api/approvals`. What a caller may not see does not exist for them. */
export function createApprovalAnswers(settings: ApprovalSettings) {
  const parts = { ...settings, waits: createWaits(settings.ports.now) }
  return {
    approvals: async (inbound: Inbound): Promise<Answer> =>
      answerJson(200, { approvals: await listApprovals(await identifyVoter(inbound, parts), parts) }),
    approval: async (inbound: Inbound): Promise<Answer> => {
      const voter = await identifyVoter(inbound, parts)
      const until = parts.ports.now() + parseWait(inbound.query) * 1000
      return answer(await awaitDecision(voter, { id: inbound.operation, until }, parts), parts)
    },
    decideApproval: async (inbound: Inbound) => answer(await castVote(inbound, parts), parts),
    cancelApproval: (inbound: Inbound) => cancel(inbound, parts),
    revokeApproval: (inbound: Inbound) => revoke(inbound, parts),
    ...createDelegationAnswers(settings),
  }
}

function answer(approval: Approval, { ports }: ApprovalParts): Answer {
  const backends = honestyOf([approval.request.subject.backend], ports.configured)
  return answerJson(200, { ...describeApproval(approval, ports.now()), backends })
}

async function listApprovals(voter: Voter, parts: ApprovalParts) {
  const world = votingWorld(parts)
  const all = await parts.ports.approvals.list(voter.principal.tid, world.now - listedMs)
  return all.filter((one) => maySee(voter, one, world)).map((one) => summarizeApproval(one, world.now))
}

/** At once where it is decided, else when it is or the time is up. */
function awaitDecision(voter: Voter, { id, until }: { id: string; until: number }, parts: ApprovalParts) {
  const { tid, oid, actor } = voter.principal
  const look = () => findVisible(voter, id, parts)
  if (until <= parts.ports.now()) return look()
  return parts.waits.wait({ name: [tid, oid, actor, id].join('|'), id, until, look })
}

async function cancel(inbound: Inbound, parts: ApprovalParts): Promise<Answer> {
  const voter = await identifyVoter(inbound, parts)
  const approval = await findVisible(voter, inbound.operation, parts)
  if (!isRequester(voter.principal, approval, parts.approvers)) {
    throw new Problem('policy_denied', 'Only the requester takes a request back.', { reasons: ['not_the_requester'] })
  }
  const next = ({ progress }: Approval) => ({ progress: cancelRequest(progress, parts.ports.now()) })
  return answer(await changeApproval({ step: 'cancel', voter, approval, next }, parts), parts)
}

async function revoke(inbound: Inbound, parts: ApprovalParts): Promise<Answer> {
  const voter = await identifyVoter(inbound, parts)
  requirePersonInControl(voter.principal, parts.approvers)
  const approval = await findVisible(voter, inbound.operation, parts)
  if (ballotsOf(voter, approval, votingWorld(parts)).length === 0) {
    throw new Problem('policy_denied', 'Only an approver takes an approval back.', { reasons: ['not_an_approver'] })
  }
  const next = ({ progress }: Approval) => ({ progress: revokeApproval(progress, parts.ports.now()) })
  return answer(await changeApproval({ step: 'revoke', voter, approval, next }, parts), parts)
}
