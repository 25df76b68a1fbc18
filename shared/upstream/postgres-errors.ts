import type { Effect } from '../backend/effect.ts'
import type { Problem, ProblemCode } from '../errors/problem.ts'
import { type FailureFacts, type Fate, failWith, fateOfLostAnswer } from './failure.ts'
import { tooLargeMessage } from './postgres-portal.ts'

/** Where a call stood when it failed: before its statement was sent, after, or while its transaction was committed. */
export type Phase = 'before' | 'statement' | 'commit'

/** A failure at the database with what is needed to judge it. */
export interface DatabaseFailure {
  readonly error: unknown
  readonly phase: Phase
  readonly effect: Effect
  readonly aborted: boolean
  readonly facts: FailureFacts
}

interface Verdict {
  readonly code: ProblemCode
  readonly status?: number
}

/** SQLSTATE, longest prefix first (PostgreSQL documentation, appendix A). */
const verdicts: readonly (readonly [prefix: string, verdict: Verdict])[] = [
  ['42501', { code: 'backend_rejected', status: 403 }],
  // A statement that wants other parameters than it was given.
  ['08P01', { code: 'backend_rejected', status: 400 }],
  ['25006', { code: 'backend_rejected', status: 403 }],
  ['57014', { code: 'backend_timeout' }],
  ['28', { code: 'backend_rejected_token' }],
  ['23', { code: 'backend_rejected', status: 409 }],
  ['0A', { code: 'backend_rejected', status: 400 }],
  ['21', { code: 'backend_rejected', status: 400 }],
  ['22', { code: 'backend_rejected', status: 400 }],
  ['25', { code: 'backend_rejected', status: 400 }],
  ['42', { code: 'backend_rejected', status: 400 }],
  ['44', { code: 'backend_rejected', status: 409 }],
  ['54', { code: 'backend_rejected', status: 400 }],
  ['P0', { code: 'backend_rejected', status: 422 }],
]

/** States in which the server ends the session, so that nobody hears how the statement ended. */
const sessionEnded = /^(?:57P0|08(?!P01))/

/** Translates a failure into the Problem that the caller sees: SQLSTATE and position, never the server's words. */
export function problemOfDatabase(failure: DatabaseFailure): Problem {
  const { error, aborted, facts, phase } = failure
  const state = stateOf(error)
  if (aborted) return failWith({ code: 'backend_timeout', fate: fateOfLoss(failure), why: 'deadline', facts })
  if (state === null) return problemOfConnection(failure)
  const known = { ...facts, backendIds: { ...facts.backendIds, sqlstate: state } }
  const verdict = verdicts.find(([prefix]) => state.startsWith(prefix))?.[1] ?? { code: 'backend_failed' as const }
  const rejected = verdict.code === 'backend_rejected'
  return failWith({
    code: phase === 'before' && rejected ? 'backend_failed' : verdict.code,
    fate: fateOfState(state, failure),
    why: `sqlstate_${state}`,
    ...(rejected ? { detail: describe(state, error) } : {}),
    ...(rejected && phase !== 'before' && verdict.status !== undefined ? { members: { status: verdict.status } } : {}),
    facts: known,
  })
}

function problemOfConnection(failure: DatabaseFailure): Problem {
  const { error, facts, phase } = failure
  const tooLarge = error instanceof Error && error.message === tooLargeMessage
  // Cut off by ourselves before the commit: the server rolls back.
  if (tooLarge) return failWith({ code: 'backend_failed', fate: 'called', why: 'too_large', facts })
  const why = phase === 'before' ? 'unreachable' : 'connection_lost'
  return failWith({ code: 'backend_failed', fate: fateOfLoss(failure), why, facts })
}

function fateOfState(state: string, failure: DatabaseFailure): Fate {
  if (failure.phase === 'before') return 'not_called'
  return sessionEnded.test(state) ? fateOfLoss(failure) : 'called'
}

function fateOfLoss({ phase, effect }: DatabaseFailure): Fate {
  return phase === 'before' ? 'not_called' : fateOfLostAnswer(effect)
}

function stateOf(error: unknown): string | null {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  const severity = typeof error === 'object' && error !== null && 'severity' in error
  return severity && typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : null
}

function describe(state: string, error: unknown): string {
  const position = (error as { position?: unknown }).position
  const at = typeof position === 'string' && /^\d{1,9}$/.test(position) ? ` at character ${position}` : ''
  return `The database refused the statement with SQLSTATE ${state}${at}.`
}
