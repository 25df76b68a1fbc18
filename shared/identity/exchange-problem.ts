import { Problem } from '../errors/problem.ts'
import { type ChallengeSettings, refusalProblem } from './challenge.ts'
import { cloudFacts } from './cloud.ts'
import type { ExchangeRefusal } from './exchange-refusal.ts'
import type { Principal } from './principal.ts'
import { demandClaims, type StepUpParts } from './step-up.ts'

/** The exchange that was refused. `retryAfter` in seconds. */
export interface RefusedExchange {
  readonly principal: Principal
  readonly scope: string
  readonly refusal: ExchangeRefusal
  readonly retryAfter: number
}

export interface ExchangeProblemParts extends StepUpParts {
  /** Where Entra sends the browser after consent; a redirect URI of our registration. Its first one where absent. */
  readonly consentRedirectUrl?: string
}

function consentUrl(tid: string, scope: string, parts: ExchangeProblemParts): string {
  const { cloud, clientId } = parts.settings
  const query = new URLSearchParams({ client_id: clientId, response_type: 'code', scope, prompt: 'consent' })
  if (parts.consentRedirectUrl) query.set('redirect_uri', parts.consentRedirectUrl)
  return `${cloudFacts(cloud).authority}/${tid}/oauth2/v2.0/authorize?${query}`
}

function consentProblem({ principal, scope, refusal }: RefusedExchange, parts: ExchangeProblemParts): Problem {
  const url = consentUrl(principal.tid, scope, parts)
  return new Problem('consent_required', 'The person or an administrator has to consent to this backend first.', {
    consentUrl: url,
    next: { action: 'consent', url },
    reason: refusal.reason,
  })
}

function waitProblem({ refusal, retryAfter }: RefusedExchange): Problem {
  return new Problem('exchange_unavailable', 'The token for the backend cannot be had now. Try again later.', {
    retryAfter,
    next: { action: 'wait', after: retryAfter },
    reason: refusal.reason,
  })
}

const stops: Partial<Record<ExchangeRefusal['code'], string>> = {
  access_denied: 'The sign-in rules of the tenant forbid this to this person.',
  app_only_not_allowed: 'Backends are called as a person; an application alone cannot.',
  identity_configuration: 'This deployment is not set up to call that backend. An operator has to look at it.',
}

function stopProblem({ refusal }: RefusedExchange, settings: ChallengeSettings): Problem {
  const detail = stops[refusal.code]
  if (detail === undefined) return refusalProblem(refusal, settings, { next: { action: 'sign_in' } })
  return new Problem(refusal.code, detail, { reason: refusal.reason, next: { action: 'stop' } })
}

/** The Problem that a refused exchange becomes; holds no word of the token service's. */
export function exchangeProblem(refused: RefusedExchange, parts: ExchangeProblemParts): Problem {
  const { principal, refusal } = refused
  if (refusal.claims !== undefined) {
    return demandClaims({ principal, claims: refusal.claims, reason: refusal.reason }, parts)
  }
  if (refusal.code === 'consent_required') return consentProblem(refused, parts)
  return refusal.code === 'exchange_unavailable' ? waitProblem(refused) : stopProblem(refused, parts.settings)
}
