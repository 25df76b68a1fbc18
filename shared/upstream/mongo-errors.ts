import type { Effect } from '../backend/effect.ts'
import type { Problem } from '../errors/problem.ts'
import { type Failure, type FailureFacts, type Fate, failWith, fateOfLostAnswer } from './failure.ts'

/** A failure at the server with what is needed to judge it; `before`: the command was not sent yet. */
export interface MongoFailure {
  readonly error: unknown
  readonly before: boolean
  readonly effect: Effect
  readonly aborted: boolean
  readonly facts: FailureFacts
}

type Verdict = Pick<Failure, 'code' | 'members'>

const rejected = (status: number): Verdict => ({ code: 'backend_rejected', members: { status } })
const busy: Verdict = {
  code: 'backend_rejected',
  members: { status: 429, retryAfter: 5, next: { action: 'wait', after: 5 } },
}
const token: Verdict = { code: 'backend_rejected_token' }
const timeout: Verdict = { code: 'backend_timeout' }
const failed: Verdict = { code: 'backend_failed' }

/** Codes of the server (Error Codes, MongoDB manual; 16500 is Azure's own). */
const verdicts: ReadonlyMap<number, Verdict> = new Map([
  ...[2, 4, 9, 14, 15, 16, 20, 40, 52, 56, 59, 72, 115, 17287, 31249, 40324, 51091].map(
    (code) => [code, rejected(400)] as const,
  ),
  [13, rejected(403)],
  [26, rejected(404)],
  [121, rejected(422)],
  [112, rejected(409)],
  [11000, rejected(409)],
  [11001, rejected(409)],
  [18, token],
  [33, token],
  [391, token],
  [50, timeout],
  [262, timeout],
  [16500, busy],
])

/** Refusals that come before the command could do anything. */
const untouched: readonly number[] = [13, 18, 33, 391, 16500]

/** Translates a failure into the Problem that the caller sees: the code's number, never the server's words. */
export function problemOfMongo(failure: MongoFailure): Problem {
  const { error, aborted, before, effect, facts } = failure
  const lost: Fate = before ? 'not_called' : fateOfLostAnswer(effect)
  if (aborted) return failWith({ code: 'backend_timeout', fate: lost, why: 'deadline', facts })
  const code = codeOf(error)
  if (code === null) {
    const why = before ? 'unreachable' : 'connection_lost'
    return failWith({ code: 'backend_failed', fate: lost, why, facts })
  }
  return refusedByCode(code, lost, failure)
}

function refusedByCode(code: number, lost: Fate, { before, facts }: MongoFailure): Problem {
  const verdict = verdicts.get(code) ?? failed
  const isRejected = verdict.code === 'backend_rejected'
  return failWith({
    // Before the command there is nothing of the caller's that could be wrong.
    ...(before && isRejected ? failed : verdict),
    fate: before || untouched.includes(code) ? 'not_called' : fateOfCode(verdict, lost),
    why: `code_${code}`,
    ...(isRejected ? { detail: `The database refused the command with code ${code}.` } : {}),
    facts: { ...facts, backendIds: { ...facts.backendIds, code: String(code) } },
  })
}

/** Whoever ran out of time may have done a part. */
function fateOfCode({ code }: Verdict, lost: Fate): Fate {
  return code === 'backend_rejected' ? 'called' : lost
}

/** The number that the server gave; null where it is the connection that failed. */
function codeOf(error: unknown): number | null {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  return typeof code === 'number' && Number.isInteger(code) ? code : null
}
