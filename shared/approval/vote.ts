import { Problem } from '../errors/problem.ts'
import { type ChallengeSettings, controlScope } from '../identity/challenge.ts'
import type { Principal } from '../identity/principal.ts'
import { demandClaims } from '../identity/step-up.ts'
import type { Approval } from './approval.ts'
import type { ApprovalState } from './states.ts'

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

/** A principal with the groups that the directory gives. */
export interface Voter {
  readonly principal: Principal
  readonly groups: readonly string[]
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

/** True where the person could decide this request, were it another's: the role and every group that its rules name. */
export function isEligible(voter: Voter, { request }: Approval, rules: ApproverRules): boolean {
  const { principal, groups } = voter
  const home = principal.tid === rules.homeTenant && request.subject.tid === rules.homeTenant
  if (!home || principal.guest || principal.kind !== 'person' || !principal.roles.includes(approverRole)) return false
  return request.needs.every(({ group }) => groups.some((id) => membersOf(group, rules).includes(id)))
}

/** The requester: the same person, through the same agent or at the console. */
export function isRequester(principal: Principal, { request }: Approval, rules: ApproverRules): boolean {
  const { tid, oid, actor } = request.subject
  if (principal.kind === 'app' || principal.tid !== tid || principal.oid !== oid) return false
  return principal.actor === actor || isInControl(principal, rules)
}

/** Who may see a request: its requester, and at the console those who could decide it. */
export function maySee(voter: Voter, approval: Approval, rules: ApproverRules): boolean {
  const { principal } = voter
  if (isRequester(principal, approval, rules)) return true
  return isInControl(principal, rules) && isEligible(voter, approval, rules)
}

function isInControl(principal: Principal, rules: ApproverRules): boolean {
  return principal.actor === rules.consoleClientId && principal.scopes.includes(controlScope)
}

/** False where no vote could ever be cast: another tenant's requester, or a group that has nobody. */
export function couldBeApproved(tid: string, needs: readonly { readonly group: string }[], rules: ApproverRules) {
  return tid === rules.homeTenant && needs.every(({ group }) => membersOf(group, rules).length > 0)
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
