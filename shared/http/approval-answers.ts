import { createHash } from 'node:crypto'
import type { Approval } from '../approval/approval.ts'
import { replaceSurely } from '../approval/replace-surely.ts'
import { cancelRequest, decideRequest, isoTime, type Progress, revokeApproval, stateAt } from '../approval/states.ts'
import {
  type ApproverRules,
  approverRole,
  closedProblem,
  isEligible,
  isRequester,
  maySee,
  requireAnother,
  requireFreshStepUp,
  requirePersonInControl,
  type Voter,
} from '../approval/vote.ts'
import { parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { ChallengeSettings } from '../identity/challenge.ts'
import { groupsOf } from '../pipeline/judge.ts'
import type { Ports } from '../pipeline/line.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { parseVote, parseWait } from './approval-question.ts'
import { describeApproval, summarizeApproval } from './approval-view.ts'
import { createWaits, type Waits } from './approval-wait.ts'

/** What the routes of approvals answer from. */
export interface ApprovalSettings {
  readonly ports: Pick<
    Ports,
    'verifyAny' | 'approvals' | 'groupsOf' | 'audit' | 'now' | 'newId' | 'randomHex' | 'deadlineMs'
  >
  readonly approvers: ApproverRules
  readonly challenge: ChallengeSettings
}

interface ApprovalParts extends ApprovalSettings {
  readonly waits: Waits
}

/** Requests that are older are in no list. */
const listedMs = 24 * 3_600_000

/** The answers of `/api/approvals`. What a caller may not see does not exist for them. */
export function createApprovalAnswers(settings: ApprovalSettings) {
  const parts = { ...settings, waits: createWaits(settings.ports.now) }
  return {
    approvals: async (inbound: Inbound): Promise<Answer> =>
      answerJson(200, { approvals: await listApprovals(await identify(inbound, parts), parts) }),
    approval: async (inbound: Inbound): Promise<Answer> => {
      const voter = await identify(inbound, parts)
      const until = parts.ports.now() + parseWait(inbound.query) * 1000
      return answer(await awaitDecision(voter, { id: inbound.operation, until }, parts), parts)
    },
    decideApproval: (inbound: Inbound) => vote(inbound, parts),
    cancelApproval: (inbound: Inbound) => cancel(inbound, parts),
    revokeApproval: (inbound: Inbound) => revoke(inbound, parts),
  }
}

function answer(approval: Approval, { ports }: ApprovalParts): Answer {
  return answerJson(200, describeApproval(approval, ports.now()))
}

async function identify(inbound: Inbound, { ports }: ApprovalParts): Promise<Voter> {
  const { principal, assertion } = await ports.verifyAny(inbound)
  if (principal.kind === 'app') throw new Problem('human_required', 'An application alone has no approvals.')
  const decisionId = ports.newId()
  const counts = principal.roles.includes(approverRole)
  return { principal, groups: counts ? await groupsOf({ principal, assertion, decisionId }, ports) : [] }
}

async function listApprovals(voter: Voter, { ports, approvers }: ApprovalParts) {
  const now = ports.now()
  const all = await ports.approvals.list(voter.principal.tid, now - listedMs)
  return all.filter((one) => maySee(voter, one, approvers)).map((one) => summarizeApproval(one, now))
}

async function findVisible(voter: Voter, id: string, { ports, approvers }: ApprovalParts): Promise<Approval> {
  const known = /^apr_[0-9a-f]{32}(-\d{1,6})?$/.test(id)
  const approval = known ? await ports.approvals.find(voter.principal.tid, id) : null
  if (approval !== null && maySee(voter, approval, approvers)) return approval
  throw new Problem('operation_unknown', 'There is no such approval for you.')
}

/** At once where it is decided, else when it is or the time is up. */
function awaitDecision(voter: Voter, { id, until }: { id: string; until: number }, parts: ApprovalParts) {
  const { tid, oid, actor } = voter.principal
  const look = () => findVisible(voter, id, parts)
  if (until <= parts.ports.now()) return look()
  return parts.waits.wait({ name: [tid, oid, actor, id].join('|'), id, until, look })
}

async function vote(inbound: Inbound, parts: ApprovalParts): Promise<Answer> {
  const { ports, approvers, challenge } = parts
  const voter = await identify(inbound, parts)
  const { principal } = voter
  requirePersonInControl(principal, approvers)
  const given = parseVote(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const approval = await findVisible(voter, inbound.operation, parts)
  requireAnother(principal, approval)
  requireFreshStepUp(principal, challenge, ports.now())
  if (given.digest !== approval.request.digest) {
    throw new Problem('approval_mismatch', 'The vote is for something else than this request asks.')
  }
  const justification = { text: given.justification, salt: ports.randomHex(16) }
  const approve = given.decision === 'approve'
  const decided = decideRequest(approval.progress, { approve, voter: principal.oid, justification, now: ports.now() })
  const detail = {
    decision: given.decision,
    digest: given.digest,
    tokenId: principal.tokenId,
    ...(decided?.useBy ? { useBy: isoTime(decided.useBy) } : {}),
    justification: createHash('sha256').update(`${justification.salt}\0${justification.text}`).digest('hex'),
  }
  return change({ step: 'vote', voter, approval, next: decided, detail }, parts)
}

async function cancel(inbound: Inbound, parts: ApprovalParts): Promise<Answer> {
  const voter = await identify(inbound, parts)
  const approval = await findVisible(voter, inbound.operation, parts)
  if (!isRequester(voter.principal, approval, parts.approvers)) {
    throw new Problem('policy_denied', 'Only the requester takes a request back.', { reasons: ['not_the_requester'] })
  }
  const next = cancelRequest(approval.progress, parts.ports.now())
  return change({ step: 'cancel', voter, approval, next }, parts)
}

async function revoke(inbound: Inbound, parts: ApprovalParts): Promise<Answer> {
  const voter = await identify(inbound, parts)
  requirePersonInControl(voter.principal, parts.approvers)
  const approval = await findVisible(voter, inbound.operation, parts)
  if (!isEligible(voter, approval, parts.approvers)) {
    throw new Problem('policy_denied', 'Only an approver takes an approval back.', { reasons: ['not_an_approver'] })
  }
  const next = revokeApproval(approval.progress, parts.ports.now())
  return change({ step: 'revoke', voter, approval, next }, parts)
}

interface Change {
  readonly step: 'vote' | 'cancel' | 'revoke'
  readonly voter: Voter
  readonly approval: Approval
  /** Null where the state does not allow it. */
  readonly next: Progress | null
  readonly detail?: Readonly<Record<string, string>>
}

/** First into the book, then into the table: a change that counts is always on record. One that came too late is voided. */
async function change({ step, voter, approval, next, detail = {} }: Change, parts: ApprovalParts): Promise<Answer> {
  const { ports } = parts
  if (next === null) throw closedProblem(stateAt(approval.progress, ports.now()))
  const { id, subject } = approval.request
  const { oid, actor } = voter.principal
  const who = { id, tid: subject.tid, oid, azp: actor }
  await ports.audit.recordEvent({ kind: 'approval', detail: { step, ...who, ...detail } })
  const etag = await replaceSurely(ports.approvals, approval, next)
  parts.waits.wake(id)
  if (etag !== null) return answer({ ...approval, progress: next, etag }, parts)
  await ports.audit.recordEvent({ kind: 'approval', detail: { step: 'void', of: step, ...who } })
  const now = await ports.approvals.find(subject.tid, id)
  throw closedProblem(stateAt((now ?? approval).progress, ports.now()))
}
