import { Problem, type ProblemCode, type ProblemMembers } from '../errors/problem.ts'
import { type Cloud, cloudFacts } from './cloud.ts'
import type { Refusal } from './refusal.ts'

/** What our challenges say of this API. `resourceMetadata` is the URL of RFC 9728. */
export interface ChallengeSettings {
  readonly cloud: Cloud
  readonly clientId: string
  readonly resourceMetadata?: string
}

/** The delegated scope of agents, and the console's own. */
export const agentScope = 'access_as_user'
export const controlScope = 'control'

type Parameters = readonly (readonly [name: string, value: string])[]

function quoted(value: string): string {
  return `"${value.replaceAll(/["\\]/g, '\\$&')}"`
}

function bearer(settings: ChallengeSettings, parameters: Parameters): string {
  const metadata: Parameters = settings.resourceMetadata ? [['resource_metadata', settings.resourceMetadata]] : []
  const all = [...parameters, ...metadata].map(([name, value]) => `${name}=${quoted(value)}`)
  return all.length === 0 ? 'Bearer' : `Bearer ${all.join(', ')}`
}

/** Always the same words, whichever check failed. */
const refusalParameters: Partial<Record<ProblemCode, Parameters>> = {
  token_missing: [],
  authorization_malformed: [['error', 'invalid_request']],
  token_invalid: [
    ['error', 'invalid_token'],
    ['error_description', 'The access token is not valid for this resource'],
  ],
  scope_insufficient: [
    ['error', 'insufficient_scope'],
    ['scope', agentScope],
  ],
}

/** The WWW-Authenticate value for a code (RFC 6750 section 3), or undefined where none belongs. */
export function challengeFor(code: ProblemCode, settings: ChallengeSettings): string | undefined {
  const parameters = refusalParameters[code]
  return parameters && bearer(settings, parameters)
}

const details: Partial<Record<ProblemCode, string>> = {
  authorization_malformed: 'Send exactly one Authorization header with one bearer token, and no token anywhere else.',
  headers_too_large: 'The access token is longer than 12 KiB.',
  tenant_not_allowed: 'This deployment serves other tenants.',
  actor_not_allowed: 'This application is not on the list of agents.',
}

function hint(settings: ChallengeSettings): string {
  return `Send a version 2.0 access token for audience ${settings.clientId} with scope ${agentScope}.`
}

/** The Problem for a refused request or token: detail and challenge depend on the code alone, never on the reason. */
export function refusalProblem(refusal: Refusal, settings: ChallengeSettings, members: ProblemMembers = {}): Problem {
  const challenge = challengeFor(refusal.code, settings)
  return new Problem(refusal.code, details[refusal.code] ?? hint(settings), {
    ...members,
    ...(challenge === undefined ? {} : { challenge }),
    reason: refusal.reason,
  })
}

/**
 * WWW-Authenticate of a claims challenge (Microsoft: "Claims challenges"). `claims` is base64 of the JSON; the realm is
 * empty as MSAL's parsers expect it.
 */
export function claimsChallenge(tid: string, claims: string, settings: ChallengeSettings): string {
  return bearer(settings, [
    ['realm', ''],
    ['authorization_uri', `${cloudFacts(settings.cloud).authority}/${tid}/oauth2/v2.0/authorize`],
    ['error', 'insufficient_claims'],
    ['claims', claims],
  ])
}
