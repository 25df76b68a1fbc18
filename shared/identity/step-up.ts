import { Problem } from '../errors/problem.ts'
import { type ChallengeSettings, claimsChallenge } from './challenge.ts'
import type { ChallengeMemory } from './challenge-memory.ts'
import { authContextRequest, isAlreadyMet } from './claims-request.ts'
import type { Principal } from './principal.ts'

/** Claims to ask the caller for, as JSON text, and why (for the log). */
export interface ClaimsDemand {
  readonly principal: Principal
  readonly claims: string
  readonly reason: string
}

/** `memory` stops loops over claims that the token itself cannot show as met. */
export interface StepUpParts {
  readonly settings: ChallengeSettings
  readonly memory?: ChallengeMemory
}

function unsupported(reason: string): Problem {
  return new Problem(
    'step_up_unsupported',
    'More sign-in evidence is needed, and this caller cannot bring it. Use a client that announces the capability cp1, with a person behind it.',
    { reason, next: { action: 'stop' } },
  )
}

function notMet(): Problem {
  return new Problem(
    'access_denied',
    'The evidence asked for was brought and still does not satisfy the sign-in rules. Ask your administrator which rule applies.',
    { reason: 'claims_not_met', next: { action: 'stop' } },
  )
}

function isRepeat({ principal, claims }: ClaimsDemand, { memory }: StepUpParts): boolean {
  return isAlreadyMet(claims, principal) || (memory?.isRepeated(principal, claims) ?? false)
}

/**
 * The Problem that asks a caller for claims: `claims_challenge` (401) once; 403 `step_up_unsupported` where no person or
 * no capable client stands behind it; 403 `access_denied` for the same claims again.
 */
export function demandClaims(demand: ClaimsDemand, parts: StepUpParts): Problem {
  const { principal, reason } = demand
  if (principal.kind === 'app' || principal.kind === 'agent-user') return unsupported('no_person_to_ask')
  if (!principal.canAnswerChallenge) return unsupported('client_not_cp1')
  if (isRepeat(demand, parts)) return notMet()
  const claims = Buffer.from(demand.claims).toString('base64')
  return new Problem(
    'claims_challenge',
    'Get a new token for this API with the claims given here, then send the same request once more.',
    { claims, challenge: claimsChallenge(principal.tid, claims, parts.settings), next: { action: 'sign_in' }, reason },
  )
}

/** Null where the principal has met the authentication context, else the Problem that asks for it. */
export function demandContext(principal: Principal, context: string, parts: StepUpParts): Problem | null {
  if (principal.authContexts.includes(context)) return null
  return demandClaims({ principal, claims: authContextRequest(context), reason: 'auth_context_required' }, parts)
}
