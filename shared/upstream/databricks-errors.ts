import type { Effect } from '../backend/effect.ts'
import { Problem, type ProblemCode } from '../errors/problem.ts'
import type { StatementReply } from './databricks-reply.ts'
import { type FailureFacts, factsOfFailure, failWith, fateOfLostAnswer } from './failure.ts'

interface Verdict {
  readonly code: ProblemCode
  readonly status?: number
}

const rejected = (status: number): Verdict => ({ code: 'backend_rejected', status })
const failed: Verdict = { code: 'backend_failed' }

/** `error_code` of a failed statement (ServiceErrorCode, and the codes that the API's errors share). */
const byErrorCode: Readonly<Record<string, Verdict>> = {
  ABORTED: rejected(409),
  ALREADY_EXISTS: rejected(409),
  BAD_REQUEST: rejected(400),
  CANCELLED: failed,
  DEADLINE_EXCEEDED: { code: 'backend_timeout' },
  INTERNAL_ERROR: failed,
  IO_ERROR: failed,
  NOT_FOUND: rejected(404),
  PERMISSION_DENIED: rejected(403),
  RESOURCE_EXHAUSTED: rejected(422),
  SERVICE_UNDER_MAINTENANCE: failed,
  TEMPORARILY_UNAVAILABLE: failed,
  UNAUTHENTICATED: rejected(403),
  UNKNOWN: failed,
  WORKSPACE_TEMPORARILY_UNAVAILABLE: failed,
}

/** SQLSTATE, longest prefix first; it says more than BAD_REQUEST, which stands for nearly everything. */
const bySqlState: readonly (readonly [prefix: string, verdict: Verdict])[] = [
  ['42501', rejected(403)],
  ['42P01', rejected(404)],
  ['22', rejected(400)],
  ['23', rejected(409)],
  ['42', rejected(400)],
]

/** The Problem of a statement that did not succeed: code and SQLSTATE, never the workspace's words. */
export function problemOfState(reply: StatementReply, effect: Effect, facts: FailureFacts): Problem {
  const { state } = reply.status
  if (state === 'FAILED') return problemOfFailure(reply, facts)
  // Closed means done, with its result gone; who cancelled it else, did so at a point that nobody tells.
  const fate = state === 'CLOSED' ? 'called' : fateOfLostAnswer(effect)
  return failWith({ code: 'backend_failed', fate, why: `state_${state.toLowerCase()}`, facts })
}

function problemOfFailure({ status }: StatementReply, facts: FailureFacts): Problem {
  const errorCode = Object.hasOwn(byErrorCode, status.error?.error_code ?? '') ? status.error?.error_code : undefined
  const sqlState = /^[0-9A-Z]{5}$/.test(status.sql_state ?? '') ? (status.sql_state ?? '') : ''
  const verdict = judge(errorCode, sqlState)
  const words = [errorCode, sqlState === '' ? undefined : `SQLSTATE ${sqlState}`].filter((one) => one !== undefined)
  const why = `statement_${(errorCode ?? 'failed').toLowerCase()}`
  if (verdict.code !== 'backend_rejected') return failWith({ code: verdict.code, fate: 'called', why, facts })
  return failWith({
    code: verdict.code,
    fate: 'called',
    why,
    detail: `The warehouse refused the statement (${words.join(', ') || 'no code'}).`,
    members: verdict.status === undefined ? {} : { status: verdict.status },
    facts,
  })
}

function judge(errorCode: string | undefined, sqlState: string): Verdict {
  const known = bySqlState.find(([prefix]) => sqlState.startsWith(prefix))?.[1]
  return known ?? byErrorCode[errorCode ?? ''] ?? failed
}

/** What became of a statement whose time was up: the state that was seen after the cancelling, null for none. */
export interface Overdue {
  readonly effect: Effect
  readonly state: string | null
  readonly facts: FailureFacts
}

const overdueDetails: Readonly<Record<string, string>> = {
  CANCELED: 'The statement took too long and was cancelled.',
  SUCCEEDED: 'The statement was carried out, but not in time for its answer.',
  FAILED: 'The statement took too long, and failed.',
}

/** The Problem of a statement that took too long: done, undone or unknown, as far as the workspace says. */
export function problemOfOverdue({ effect, state, facts }: Overdue): Problem {
  const certain = state === 'SUCCEEDED' || state === 'FAILED' || state === 'CLOSED'
  const detail = overdueDetails[state ?? ''] ?? 'The statement took too long; whether it still runs is not known.'
  const fate = certain ? 'called' : fateOfLostAnswer(effect)
  return failWith({
    code: 'backend_timeout',
    fate,
    why: `overdue_${(state ?? 'unknown').toLowerCase()}`,
    detail,
    facts,
  })
}

/**
 * A failure after a statement was submitted. Its fate is open where it may change something, and a refused token must
 * not look like a call that was never made, since that is made again.
 */
export function afterSubmission(error: unknown, effect: Effect, facts: FailureFacts): unknown {
  if (!(error instanceof Problem)) return error
  const known = {
    ...facts,
    ...factsOfFailure(error),
    backendIds: { ...factsOfFailure(error)?.backendIds, ...facts.backendIds },
  }
  const why = error.reason.replace(/^\w+:/, '')
  if (effect === 'read')
    return failWith({ code: error.code, fate: 'called', why, members: error.members, facts: known })
  return failWith({ code: 'backend_failed', fate: 'unknown', why, facts: known })
}
