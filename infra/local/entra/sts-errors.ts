/**
 * Entra's error bodies: numbers, OAuth errors and suberrors as Microsoft documents them; the wording is shortened.
 * https://learn.microsoft.com/entra/identity-platform/reference-error-codes
 */
import { randomUUID } from 'node:crypto'
import type { Reply } from './wire.ts'

interface Known {
  readonly error: string
  readonly text: string
  readonly suberror?: string
  readonly status?: number
}

const known: Readonly<Record<number, Known>> = {
  50013: { error: 'invalid_grant', text: 'Assertion failed signature validation.' },
  50020: {
    error: 'invalid_grant',
    text: 'User account does not exist in this tenant and cannot access the application.',
  },
  50057: { error: 'invalid_grant', text: 'The user account is disabled.' },
  50076: { error: 'interaction_required', suberror: 'basic_action', text: 'You must use multi-factor authentication.' },
  50079: {
    error: 'interaction_required',
    suberror: 'basic_action',
    text: 'You must enroll in multi-factor authentication.',
  },
  50173: {
    error: 'invalid_grant',
    suberror: 'bad_token',
    text: 'The provided grant has expired due to it being revoked.',
  },
  50196: {
    error: 'temporarily_unavailable',
    status: 429,
    text: 'The server terminated an operation: client request loop.',
  },
  53003: {
    error: 'interaction_required',
    suberror: 'message_only',
    text: 'Access has been blocked by Conditional Access.',
  },
  65001: { error: 'invalid_grant', suberror: 'consent_required', text: 'The user or administrator has not consented.' },
  70003: { error: 'unsupported_grant_type', text: 'The app requested an unsupported grant type.' },
  70011: { error: 'invalid_scope', text: 'The provided value for the input parameter scope is not valid.' },
  90002: { error: 'invalid_request', text: 'Tenant not found.' },
  90033: { error: 'temporarily_unavailable', status: 503, text: 'A transient error has occurred. Please try again.' },
  90072: {
    error: 'invalid_grant',
    text: 'The account does not exist in the tenant and needs to be added as an external user.',
  },
  500011: { error: 'invalid_resource', text: 'The resource principal was not found in the tenant.' },
  500131: {
    error: 'invalid_grant',
    text: 'Assertion audience does not match the client app presenting the assertion.',
  },
  500133: { error: 'invalid_grant', text: 'Assertion is not within its valid time range.' },
  700016: { error: 'unauthorized_client', text: 'Application was not found in the directory.' },
  700024: { error: 'invalid_client', status: 401, text: 'Client assertion is not within its valid time range.' },
  700027: { error: 'invalid_client', status: 401, text: 'The client assertion failed signature validation.' },
  700211: {
    error: 'invalid_client',
    status: 401,
    text: 'No matching federated identity record for the assertion issuer.',
  },
  700212: {
    error: 'invalid_client',
    status: 401,
    text: 'No matching federated identity record for the assertion audience.',
  },
  700213: {
    error: 'invalid_client',
    status: 401,
    text: 'No matching federated identity record for the assertion subject.',
  },
  900144: { error: 'invalid_request', text: 'The request body must contain a required parameter.' },
  7000114: { error: 'unauthorized_client', text: 'Application is not allowed to make application on-behalf-of calls.' },
  7000215: { error: 'invalid_client', status: 401, text: 'Invalid client secret provided.' },
  7000218: {
    error: 'invalid_client',
    status: 401,
    text: 'The request body must contain client_assertion or client_secret.',
  },
  9002313: { error: 'invalid_request', text: 'Invalid request. Request is malformed or invalid.' },
}

/** A refusal on its way out: the AADSTS number, and what Conditional Access wants, as JSON text. */
export interface Refusal {
  readonly refused: number
  readonly suberror?: string
  readonly claims?: string
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
}

export const isRefusal = (value: object): value is Refusal => 'refused' in value

/** Entra's answer to a refusal; unknown numbers come out as `invalid_grant`. `now` is epoch milliseconds. */
export function stsReply(refusal: Refusal, now: number, correlation: string = randomUUID()): Reply {
  const entry = known[refusal.refused] ?? { error: 'invalid_grant', text: 'The request was refused.' }
  const trace = randomUUID()
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`
  const suberror = refusal.suberror ?? entry.suberror
  const tail = `Trace ID: ${trace} Correlation ID: ${correlation} Timestamp: ${timestamp}`
  const body = {
    error: entry.error,
    error_description: `AADSTS${refusal.refused}: ${entry.text} ${tail}`,
    error_codes: [refusal.refused],
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
    error_uri: `https://login.microsoftonline.com/error?code=${refusal.refused}`,
    ...(suberror === undefined ? {} : { suberror }),
    ...(refusal.claims === undefined ? {} : { claims: refusal.claims }),
  }
  return {
    status: refusal.status ?? entry.status ?? 400,
    body,
    ...(refusal.headers ? { headers: refusal.headers } : {}),
  }
}
