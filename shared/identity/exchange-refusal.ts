import { readClaimsRequest } from './claims-request.ts'
import type { Refusal } from './refusal.ts'
import type { StsAnswer } from './sts-answer.ts'

/** What a refused exchange means. `purge`: every token held for that person is to be forgotten. */
export interface ExchangeRefusal extends Refusal {
  readonly purge?: true
  /** JSON text of the claims to ask the caller for. */
  readonly claims?: string
}

type Rule = (answer: StsAnswer) => ExchangeRefusal | null

function has(answer: StsAnswer, ...numbers: readonly number[]): boolean {
  return numbers.some((number) => answer.numbers.includes(number))
}

function refusal(code: Refusal['code'], reason: string): ExchangeRefusal {
  return { code, reason }
}

/** 50196: the service saw us loop. Both it and `temporarily_unavailable` are throttling in the dress of a 400. */
const unavailable: Rule = (answer) => {
  const failed = answer.status === 0 || answer.status === 429 || answer.status >= 500
  const throttled = answer.error === 'temporarily_unavailable' || has(answer, 50196)
  return failed || throttled ? refusal('exchange_unavailable', 'identity_provider_unavailable') : null
}

/** An answer that is neither a token nor an OAuth error. */
const empty: Rule = ({ error }) => (error === '' ? refusal('exchange_unavailable', 'empty_token') : null)

/** `message_only`: Entra says that no dialogue will help, whatever claims stand beside it. */
const blocked: Rule = ({ suberror }) =>
  suberror === 'message_only' ? refusal('access_denied', 'conditional_access_block') : null

const consent: Rule = ({ error, suberror }) =>
  error === 'consent_required' || suberror === 'consent_required'
    ? refusal('consent_required', 'consent_required')
    : null

const claims: Rule = (answer) => {
  if (answer.claims === '') return null
  const request = readClaimsRequest(answer.claims)
  if (request === undefined) return refusal('access_denied', 'claims_not_understood')
  return { code: 'claims_challenge', reason: 'sts_claims', claims: request }
}

const configurationErrors = new Set([
  'invalid_client',
  'invalid_scope',
  'invalid_resource',
  'invalid_request',
  'invalid_target',
  'unsupported_grant_type',
])

/** Numbers decide only what the words left open; texts decide nothing. */
const byNumber: readonly (readonly [numbers: readonly number[], refusal: ExchangeRefusal])[] = [
  [[65001, 65004], refusal('consent_required', 'consent_required')],
  [[7000114], refusal('app_only_not_allowed', 'app_only_obo')],
  [[50020, 90072, 50034], refusal('access_denied', 'user_not_in_tenant')],
  [[53000, 53001, 53002, 53003, 53004, 530032], refusal('access_denied', 'conditional_access_block')],
  [[50105], refusal('access_denied', 'not_assigned')],
  [
    [500131, 500011, 700016, 700211, 700212, 700213, 7000215, 7000222],
    refusal('identity_configuration', 'identity_configuration'),
  ],
  [[50057], { code: 'token_invalid', reason: 'user_disabled', purge: true }],
  [[50173], { code: 'token_invalid', reason: 'grant_revoked', purge: true }],
  [[500133], { code: 'token_invalid', reason: 'assertion_expired', purge: true }],
  [[50013], { code: 'token_invalid', reason: 'assertion_invalid', purge: true }],
]

const numbered: Rule = (answer) => byNumber.find(([numbers]) => has(answer, ...numbers))?.[1] ?? null

const configuration: Rule = ({ error }) =>
  configurationErrors.has(error) || error === 'unauthorized_client'
    ? refusal('identity_configuration', 'identity_configuration')
    : null

/** Anything else is about this assertion: a new one may help once. */
const rejected: Rule = () => ({ code: 'token_invalid', reason: 'assertion_rejected', purge: true })

/** Words first (error, suberror, claims), then numbers: Microsoft may change both numbers and texts. */
const rules: readonly Rule[] = [unavailable, empty, blocked, consent, claims, numbered, configuration, rejected]

/** What the token service's answer means for the caller ("OAuth 2.0 On-Behalf-Of", "Error codes"). */
export function readExchangeRefusal(answer: StsAnswer): ExchangeRefusal {
  for (const rule of rules) {
    const found = rule(answer)
    if (found !== null) return found
  }
  return refusal('exchange_unavailable', 'empty_token')
}
