import type { Effect } from '../backend/effect.ts'
import type { Problem, ProblemCode, ProblemMembers } from '../errors/problem.ts'
import { type FailureFacts, type Fate, failWith, fateOfLostAnswer } from './failure.ts'

/** Where a call stood when it failed: before its statement was sent, after, or while its transaction was ended. */
export type Phase = 'before' | 'statement' | 'end'

/** A failure at a database with what is needed to judge it. */
export interface DatabaseFailure {
  readonly error: unknown
  readonly phase: Phase
  readonly effect: Effect
  readonly aborted: boolean
  readonly facts: FailureFacts
}

/** What an error of a server means. `ended`: the session is over, so that nobody hears how the statement ended. */
export interface ServerVerdict {
  readonly code: ProblemCode
  readonly status?: number
  /** Seconds after which it is worth trying again. */
  readonly wait?: number
  readonly ended?: true
}

/** An error that a server sent: its number, and short words for log and tests that have the number in them. */
export interface ServerError {
  readonly number: number
  readonly why: string
  readonly verdict: ServerVerdict
}

/** Fails a statement whose answer is larger than the cap. */
export const tooLargeMessage = 'answer too large'

/** Fails a statement that gives more than one result. */
export const severalMessage = 'several results'

/** The Problem of a failure: never the server's words, only its number. */
export function problemOfDatabase(failure: DatabaseFailure, server: ServerError | null): Problem {
  const { aborted, facts } = failure
  if (aborted) return failWith({ code: 'backend_timeout', fate: fateOfLoss(failure), why: 'deadline', facts })
  return server === null ? problemOfConnection(failure) : problemOfServer(failure, server)
}

function problemOfServer(failure: DatabaseFailure, { number, why, verdict }: ServerError): Problem {
  const { code, status, wait, ended } = verdict
  const known = { ...failure.facts, backendIds: { ...failure.facts.backendIds, error: String(number) } }
  const fate = failure.phase === 'before' ? 'not_called' : ended ? fateOfLoss(failure) : 'called'
  const members: ProblemMembers = {
    ...(status === undefined ? {} : { status }),
    ...(wait === undefined ? {} : { retryAfter: wait, next: { action: 'wait', after: wait } }),
  }
  const detail =
    code === 'backend_rejected' ? { detail: `The database refused the statement with error ${number}.` } : {}
  return failWith({ code, fate, why, ...detail, members, facts: known })
}

function problemOfConnection(failure: DatabaseFailure): Problem {
  const { error, facts, phase } = failure
  const own = error instanceof Error && [tooLargeMessage, severalMessage].includes(error.message)
  const fate = fateOfLoss(failure)
  if (own) return failWith({ code: 'backend_failed', fate, why: error.message.replaceAll(' ', '_'), facts })
  const why = phase === 'before' ? 'unreachable' : 'connection_lost'
  return failWith({ code: 'backend_failed', fate, why, facts })
}

function fateOfLoss({ phase, effect }: DatabaseFailure): Fate {
  return phase === 'before' ? 'not_called' : fateOfLostAnswer(effect)
}
