import { type Delegation, isInForce, longestDelegationMs } from '../approval/delegations.ts'
import { isoTime } from '../approval/states.ts'
import {
  type ApproverRules,
  approvingGroups,
  isApprover,
  requireFreshStepUp,
  requirePersonInControl,
  type Voter,
} from '../approval/vote.ts'
import { invalid, parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { requireUnsuspended } from '../suspension/suspensions.ts'
import { type GivenDelegation, parseDelegation, parseEnding } from './approval-question.ts'
import { type ApprovalSettings, identifyVoter } from './approval-voter.ts'

const operatorRole = 'Countersign.Operator'

/**
 * The answers of `/api/approvals/delegations`: an approver lends their vote for a while, sees what they lent or were lent,
 * and ends what they lent.
 */
export function createDelegationAnswers(settings: ApprovalSettings) {
  return {
    delegations: async (inbound: Inbound): Promise<Answer> => {
      const { principal } = await identifyAtConsole(inbound, settings)
      return answerJson(200, { delegations: await listOwn(principal, settings) })
    },
    delegate: (inbound: Inbound) => lend(inbound, settings),
    endDelegation: (inbound: Inbound) => end(inbound, settings),
  }
}

async function identifyAtConsole(inbound: Inbound, settings: ApprovalSettings): Promise<Voter> {
  const voter = await identifyVoter(inbound, settings)
  requirePersonInControl(voter.principal, settings.approvers)
  return voter
}

async function listOwn({ tid, oid }: Principal, { ports }: ApprovalSettings) {
  const now = ports.now()
  const all = await ports.approvalDesk.delegations.list(tid)
  const own = all.filter(({ from, to }) => from === oid || to === oid)
  return own.filter((one) => isInForce(one, now)).map(describe)
}

async function lend(inbound: Inbound, settings: ApprovalSettings): Promise<Answer> {
  const { ports, approvers, challenge } = settings
  const voter = await identifyAtConsole(inbound, settings)
  const groups = requireApprover(voter, approvers)
  const now = ports.now()
  requireFreshStepUp(voter.principal, challenge, now)
  const given = parseDelegation(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  const { tid, oid } = voter.principal
  requireSensible(given, oid, now)
  await requireUnsuspended(voter.principal, ports.suspensions)
  const made: Delegation = { tid, from: oid, ...given, groups, since: now, endedAt: null }
  await keep(made, { voter, step: 'give' }, settings)
  return answerJson(200, describe(made))
}

/** Only what one has oneself can be lent: groups that somebody else lends are not among one's own. */
function requireApprover({ principal, groups }: Voter, rules: ApproverRules): readonly string[] {
  const own = isApprover(principal, rules) ? approvingGroups(groups, rules) : []
  if (own.length > 0) return own
  throw new Problem('policy_denied', 'Only an approver lends their vote.', { reasons: ['not_an_approver'] })
}

function requireSensible({ to, until }: GivenDelegation, own: string, now: number): void {
  if (to === own) throw invalid([{ pointer: '/to', detail: 'is the same person' }])
  if (until > now && until <= now + longestDelegationMs) return
  throw invalid([{ pointer: '/until', detail: 'is not in the next 14 days' }])
}

/**
 * Ending needs no fresh sign-in: it only takes away. An operator ends anybody's, since nobody here can see when a lender is
 * no approver any more.
 */
async function end(inbound: Inbound, settings: ApprovalSettings): Promise<Answer> {
  const { ports, approvers } = settings
  const voter = await identifyAtConsole(inbound, settings)
  const { tid, oid, roles } = voter.principal
  const { to, from } = parseEnding(inbound.query)
  const isOperator = roles.includes(operatorRole) && tid === approvers.homeTenant
  const now = ports.now()
  const all = await ports.approvalDesk.delegations.list(tid)
  const lent = all.find((one) => one.from === (from ?? oid) && one.to === to && isInForce(one, now))
  if (lent === undefined || (lent.from !== oid && !isOperator))
    throw new Problem('operation_unknown', 'There is no such delegation of yours.')
  const ended = { ...lent, endedAt: now }
  await keep(ended, { voter, step: 'end' }, settings)
  return answerJson(200, describe(ended))
}

/** First into the book, then into the table; one that came too late is voided. */
async function keep(
  delegation: Delegation,
  { voter, step }: { readonly voter: Voter; readonly step: 'give' | 'end' },
  { ports }: ApprovalSettings,
): Promise<void> {
  const { oid, actor, tokenId } = voter.principal
  const { tid, to, until } = delegation
  const who = { tid, oid, azp: actor, from: delegation.from, to, until: isoTime(until), tokenId }
  await ports.audit.recordEvent({ kind: 'delegation', detail: { step, ...who } })
  if (await ports.approvalDesk.delegations.put(delegation)) return
  await ports.audit.recordEvent({ kind: 'delegation', detail: { step: 'void', of: step, ...who } })
  throw new Problem('policy_unavailable', 'Somebody changed this delegation just now.', { retryAfter: 1 })
}

function describe({ from, to, since, until, endedAt }: Delegation) {
  const ended = endedAt === null ? null : isoTime(endedAt)
  return { from, to, since: isoTime(since), until: isoTime(until), endedAt: ended }
}
