import type { Effect } from '../backend/effect.ts'
import type { Problem } from '../errors/problem.ts'
import { type FailureFacts, failWith, fateOfLostAnswer } from './failure.ts'

/** An answer that is no success, as far as it matters. `claims` is the JSON of a claims challenge, if there was one. */
export interface Refused {
  readonly status: number
  readonly retryAfter: string | null
  readonly claims: string | undefined
  readonly effect: Effect
  /** Epoch milliseconds. */
  readonly now: number
  readonly facts: FailureFacts
}

const keptStatuses: readonly number[] = [400, 403, 404, 409, 410, 412, 422]
const longestWait = 3600
/** Seconds, where a backend says that it is too busy but not for how long. */
const usualWait = 5

/** Translates a status that is not 2xx into the Problem that the caller sees; never carries the backend's words. */
export function problemOfStatus(refused: Refused): Problem {
  const { status, facts } = refused
  const why = `status_${status}`
  if (status === 401) return tokenRefused(refused)
  if (status === 429) return throttled(refused)
  if (status >= 400 && status < 500) {
    const members = { status: keptStatuses.includes(status) ? status : 422 }
    return failWith({ code: 'backend_rejected', fate: 'called', why, members, facts, ...explain(facts) })
  }
  // A redirect after a change may mean that the change was made.
  const redirected = status >= 300 && status < 400
  const fate = fateOfLostAnswer(refused.effect)
  const members = status === 503 ? waitMembers(refused) : {}
  return failWith({ code: 'backend_failed', fate, why: redirected || status === 0 ? 'redirect' : why, members, facts })
}

/** What Azure Storage calls the reasons that a caller can do something about; no other word of a backend is repeated. */
const knownReasons: readonly string[] = [
  'AuthorizationFailure',
  'AuthorizationPermissionMismatch',
  'BlobAlreadyExists',
  'BlobArchived',
  'BlobImmutableDueToPolicy',
  'BlobNotFound',
  'ConditionNotMet',
  'ContainerBeingDeleted',
  'ContainerNotFound',
  'InvalidQueryParameterValue',
  'InvalidRange',
  'LeaseIdMissing',
  'SnapshotsPresent',
  'TargetConditionNotMet',
  'UnauthorizedBlobOverwrite',
]

function explain({ backendIds }: FailureFacts): { readonly detail?: string } {
  const reason = backendIds['x-ms-error-code']
  if (reason === undefined || !knownReasons.includes(reason)) return {}
  return { detail: `The backend refused this call for this person, or these inputs (${reason}).` }
}

/** Seconds from a Retry-After value (seconds or an HTTP date), between 1 and 3600; null where there is none. */
export function waitOf(value: string | null, now: number): number | null {
  if (value === null || value.length > 64) return null
  const seconds = /^\d+$/.test(value.trim()) ? Number(value) : (Date.parse(value) - now) / 1000
  return Number.isFinite(seconds) ? Math.min(longestWait, Math.max(1, Math.ceil(seconds))) : null
}

function tokenRefused({ claims, facts }: Refused): Problem {
  const members = claims === undefined ? {} : { claims: Buffer.from(claims, 'utf8').toString('base64') }
  const why = claims === undefined ? 'token' : 'claims_challenge'
  return failWith({ code: 'backend_rejected_token', fate: 'not_called', why, members, facts })
}

function throttled(refused: Refused): Problem {
  const members = { status: 429, ...waitMembers({ ...refused, retryAfter: refused.retryAfter ?? String(usualWait) }) }
  return failWith({ code: 'backend_rejected', fate: 'not_called', why: 'throttled', members, facts: refused.facts })
}

function waitMembers({ retryAfter, now }: Refused) {
  const seconds = waitOf(retryAfter, now)
  return seconds === null ? {} : { retryAfter: seconds, next: { action: 'wait', after: seconds } as const }
}
