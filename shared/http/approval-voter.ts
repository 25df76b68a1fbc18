import type { Approval } from '../approval/approval.ts'
import { type ApproverRules, isApprover, isInControl, maySee, type Voter, type VotingWorld } from '../approval/vote.ts'
import { Problem } from '../errors/problem.ts'
import type { ChallengeSettings } from '../identity/challenge.ts'
import { groupsOf } from '../pipeline/judge.ts'
import type { Ports } from '../pipeline/line.ts'
import type { Inbound } from '../pipeline/ports.ts'

/** What the routes of approvals answer from. */
export interface ApprovalSettings {
  readonly ports: Pick<
    Ports,
    | 'verifyAny'
    | 'approvals'
    | 'approvalDesk'
    | 'onApproval'
    | 'groupsOf'
    | 'configured'
    | 'suspensions'
    | 'audit'
    | 'now'
    | 'newId'
    | 'randomHex'
    | 'deadlineMs'
    | 'log'
  >
  readonly approvers: ApproverRules
  readonly challenge: ChallengeSettings
}

const approvalForm = /^apr_[0-9a-f]{32}(-\d{1,6})?$/

/** Who asks: a person, at the console with groups and lent votes where they hold the role. An application alone is refused. */
export async function identifyVoter(inbound: Inbound, { ports, approvers }: ApprovalSettings): Promise<Voter> {
  const { principal, assertion } = await ports.verifyAny(inbound)
  if (principal.kind === 'app') throw new Problem('human_required', 'An application alone has no approvals.')
  if (!isApprover(principal, approvers) || !isInControl(principal, approvers)) {
    return { principal, groups: [], delegations: [] }
  }
  const [groups, all] = await Promise.all([
    groupsOf({ principal, assertion, decisionId: ports.newId() }, ports),
    ports.approvalDesk.delegations.list(principal.tid),
  ])
  return { principal, groups, delegations: all.filter(({ to }) => to === principal.oid) }
}

/** What eligibility depends on now. */
export function votingWorld({ ports, approvers }: ApprovalSettings): VotingWorld {
  return { rules: approvers, now: ports.now() }
}

/** What a caller may not see does not exist for them: Problem `operation_unknown`, as for an id that was never given. */
export async function findVisible(voter: Voter, id: string, settings: ApprovalSettings): Promise<Approval> {
  const { approvals } = settings.ports
  const approval = approvalForm.test(id) ? await approvals.find(voter.principal.tid, id) : null
  if (approval !== null && maySee(voter, approval, votingWorld(settings))) return approval
  throw new Problem('operation_unknown', 'There is no such approval for you.')
}
