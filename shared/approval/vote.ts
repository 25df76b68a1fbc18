import { Problem } from '../errors/problem.ts'
import { type ChallengeSettings, controlScope } from '../identity/challenge.ts'
import type { Principal } from '../identity/principal.ts'
import { demandClaims } from '../identity/step-up.ts'
import type { Approval } from './approval.ts'
import { type Delegation, isInForce } from './delegations.ts'
import { type Circle, circlesOf, wouldCount } from './quorum.ts'
import { type ApprovalState, escalatesAt } from './states.ts'
import type { ApprovalNeed, Vote } from './terms.ts'

/** The app role of people who approve. It counts in the tokens of the home tenant only. */
export const approverRole = 'Countersign.Approver'
/** The authentication context of a vote. */
const voteContext = 'c1'
/** Seconds: a vote's token is younger. Entra back-dates `iat` by five minutes. */
const freshSeconds = 15 * 60

/** Who may approve here. `groups` has the object ids of the groups that rules name. */
export interface ApproverRules {
  readonly homeTenant: string
  readonly consoleClientId: string
  readonly groups: Readonly<Record<string, readonly string[]>>
}

/** A principal with the groups that the directory gives, and the votes that others lent them. */
export interface Voter {
  readonly principal: Principal
  readonly groups: readonly string[]
  readonly delegations: readonly Delegation[]
}

/**
 * A person at the console, with the `control` scope: no agent's token, no application, no agent's own account. Throws
 * Problem `human_required`, `guest_not_allowed` or `scope_insufficient`.
 */
export function requirePersonInControl(principal: Principal, rules: ApproverRules): void {
  const { kind, actor, scopes } = principal
  const person = kind === 'person' || kind === 'guest'
  if (!person || actor !== rules.consoleClientId) {
    throw new Problem('human_required', 'Only a person can do this, at the console and not through an agent.', {
      next: { action: 'stop' },
    })
  }
  if (kind === 'guest' || principal.guest) throw new Problem('guest_not_allowed', 'A guest approves nothing here.')
  if (!scopes.includes(controlScope)) {
    throw new Problem('scope_insufficient', `Sign in with the scope ${controlScope}.`, { next: { action: 'sign_in' } })
  }
}

/** A vote that a person could cast: their own, or one that was lent to them, and the circles it may count for. */
export type Ballot = Pick<Vote, 'inSteadOf' | 'circles'>

/**
 * The ballots that a person has for a request, their own first: the role in the home tenant, and membership of a group
 * that a rule names, or after half of the time of the one that it escalates to. A lent vote stands on the lender's groups
 * and the voter's own role; what the requester has lent is none. Empty for whoever has no say. `now` in epoch milliseconds.
 */
export function ballotsOf(voter: Voter, { request, progress }: Approval, world: VotingWorld): readonly Ballot[] {
  const { principal } = voter
  const { rules, now } = world
  if (!isApprover(principal, rules) || request.subject.tid !== rules.homeTenant) return []
  const isEscalated = now >= escalatesAt(request, progress)
  const circles = circlesOf(request.needs)
  const open = (groups: readonly string[]) =>
    circles.filter((circle) => admits({ circle, isEscalated }, groups, rules)).map(({ key }) => key)
  const lent = voter.delegations.filter(
    (one) => one.to === principal.oid && one.from !== request.subject.oid && isInForce(one, now),
  )
  const ballots: Ballot[] = [
    { inSteadOf: null, circles: open(voter.groups) },
    ...lent.map((one) => ({ inSteadOf: one.from, circles: open(one.groups) })),
  ]
  return ballots.filter((ballot) => ballot.circles.length > 0)
}

/** What eligibility depends on besides the person and the request. */
export interface VotingWorld {
  readonly rules: ApproverRules
  readonly now: number
}

/** A person of the home tenant, no guest, who holds the role. */
export function isApprover(principal: Principal, { homeTenant }: ApproverRules): boolean {
  const { tid, guest, kind, roles } = principal
  return tid === homeTenant && !guest && kind === 'person' && roles.includes(approverRole)
}

/** Of these groups (object ids) those that approve anything here. */
export function approvingGroups(groups: readonly string[], rules: ApproverRules): readonly string[] {
  const all = new Set(Object.values(rules.groups).flat())
  return groups.filter((id) => all.has(id))
}

function admits(
  { circle, isEscalated }: { readonly circle: Circle; readonly isEscalated: boolean },
  groups: readonly string[],
  rules: ApproverRules,
): boolean {
  const named = isEscalated && circle.escalate !== null ? [circle.group, circle.escalate] : [circle.group]
  return named.some((group) => membersOf(group, rules).some((id) => groups.includes(id)))
}

/**
 * The ballot to cast. A person has one vote, whatever groups they are in and whoever lent them one: neither of the two
 * whom a vote names may stand in another. A rejection takes the first ballot; an approval the first that takes the request
 * further. Throws Problem `policy_denied` with `already_voted` or `not_needed`.
 */
export function chooseBallot(ballots: readonly Ballot[], approval: Approval, vote: Omit<Vote, keyof Ballot>): Vote {
  const { needs } = approval.request
  const { votes } = approval.progress
  const named = new Set(votes.flatMap(({ voter, inSteadOf }) => (inSteadOf === null ? [voter] : [voter, inSteadOf])))
  const free = ballots.filter(({ inSteadOf }) => inSteadOf === null || !named.has(inSteadOf))
  if (named.has(vote.voter) || free.length === 0) {
    throw new Problem('policy_denied', 'This vote was cast already.', { reasons: ['already_voted'] })
  }
  const cast = free.map((ballot) => ({ ...vote, ...ballot }))
  const chosen = cast.find((one) => !one.approve || wouldCount(needs, votes, one))
  if (chosen !== undefined) return chosen
  throw new Problem('policy_denied', 'What is still missing is the vote of others.', { reasons: ['not_needed'] })
}

/** The requester: the same person, through the same agent or at the console. */
export function isRequester(principal: Principal, { request }: Approval, rules: ApproverRules): boolean {
  const { tid, oid, actor } = request.subject
  if (principal.kind === 'app' || principal.tid !== tid || principal.oid !== oid) return false
  return principal.actor === actor || isInControl(principal, rules)
}

/** Who may see a request: its requester, and at the console those who could decide it. */
export function maySee(voter: Voter, approval: Approval, world: VotingWorld): boolean {
  const { principal } = voter
  if (isRequester(principal, approval, world.rules)) return true
  return isInControl(principal, world.rules) && ballotsOf(voter, approval, world).length > 0
}

/** At the console, with the scope of people who decide. */
export function isInControl(principal: Principal, rules: ApproverRules): boolean {
  return principal.actor === rules.consoleClientId && principal.scopes.includes(controlScope)
}

/**
 * False where no vote could ever be cast: another tenant's requester, or a rule none of whose groups stands for anybody.
 * How many members a directory group has, and whether the requester is all of them, only the directory knows: it is not
 * asked, since that takes a right to read all groups, which neither the person nor the gateway has.
 */
export function couldBeApproved(tid: string, needs: readonly ApprovalNeed[], rules: ApproverRules): boolean {
  const stands = (group: string | undefined) => group !== undefined && membersOf(group, rules).length > 0
  return tid === rules.homeTenant && needs.every(({ group, escalate }) => stands(group) || stands(escalate))
}

function membersOf(group: string, rules: ApproverRules): readonly string[] {
  return Object.hasOwn(rules.groups, group) ? (rules.groups[group] ?? []) : []
}

/** Nobody decides on their own request, whoever they act through. Throws Problem `policy_denied`. */
export function requireAnother(principal: Principal, { request }: Approval): void {
  if (principal.tid !== request.subject.tid || principal.oid !== request.subject.oid) return
  throw new Problem('policy_denied', 'Nobody approves their own request.', { reasons: ['own_request'] })
}

/**
 * A strong sign-in just now: the context, in a token that is at most 15 minutes old. Throws Problem `claims_challenge`
 * that asks for both. `now` is epoch milliseconds.
 */
export function requireFreshStepUp(principal: Principal, settings: ChallengeSettings, now: number): void {
  const notBefore = Math.floor(now / 1000) - freshSeconds
  const met = principal.authContexts.includes(voteContext)
  if (met && principal.issuedAt > notBefore) return
  const asked = {
    acrs: { essential: true, value: voteContext },
    ...(met ? { nbf: { essential: true, value: String(notBefore + 1) } } : {}),
  }
  const claims = JSON.stringify({ access_token: asked })
  throw demandClaims({ principal, claims, reason: 'vote_needs_fresh_step_up' }, { settings })
}

const refusals: Readonly<Record<Exclude<ApprovalState, 'pending'>, () => Problem>> = {
  approved: () => new Problem('policy_denied', 'It was decided already.', { reasons: ['already_decided'] }),
  rejected: () => new Problem('approval_rejected', 'It was rejected already.'),
  cancelled: () => new Problem('approval_rejected', 'The requester took it back.'),
  revoked: () => new Problem('approval_rejected', 'The approval was taken back.'),
  claimed: () => new Problem('approval_used', 'It is in use, or was used.'),
  spent: () => new Problem('approval_used', 'It was used.'),
  expired: () => new Problem('approval_expired', 'Its time is over.'),
}

/** Why a request in this state can no longer be changed as asked. */
export function closedProblem(state: ApprovalState): Problem {
  return state === 'pending'
    ? new Problem('policy_denied', 'Nobody has decided it yet.', { reasons: ['not_decided'] })
    : refusals[state]()
}
