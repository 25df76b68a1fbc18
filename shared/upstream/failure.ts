import type { IdentityProof } from '../audit/record.ts'
import type { Effect } from '../backend/effect.ts'
import { Problem, type ProblemCode, type ProblemMembers } from '../errors/problem.ts'

/** What is still worth recording of a call that failed. */
export interface FailureFacts {
  readonly backendIds: Readonly<Record<string, string>>
  readonly identity?: IdentityProof
}

/**
 * What became of a call that failed: `not_called` = the backend certainly did nothing, `unknown` = nobody can say,
 * `called` = it answered.
 */
export type Fate = 'not_called' | 'unknown' | 'called'

/** How an executor describes a failure. */
export interface Failure {
  readonly code: ProblemCode
  readonly fate: Fate
  /** Short snake_case words for log and tests. */
  readonly why: string
  /** Replaces the usual sentence; never anything that the backend wrote. */
  readonly detail?: string
  readonly members?: ProblemMembers
  readonly facts?: FailureFacts
}

const facts = new WeakMap<Problem, FailureFacts>()

const details: Partial<Record<ProblemCode, string>> = {
  backend_rejected: 'The backend refused this call for this person, or these inputs.',
  backend_rejected_token: 'The backend did not accept the token that was exchanged for it.',
  backend_failed: 'The backend could not be reached, failed, or answered in a way that cannot be passed on.',
  backend_timeout: 'The backend did not answer in time.',
  identity_mismatch: 'The backend saw somebody other than the caller; its answer is withheld.',
  identity_configuration: 'The backend cannot be called as this person with the present configuration.',
}

/** Makes the Problem of a failure: `reason` is `<fate>:<why>`, without prefix where the backend answered. */
export function failWith({ code, fate, why, detail, members, facts: known }: Failure): Problem {
  const reason = fate === 'called' ? why : `${fate}:${why}`
  const problem = new Problem(code, detail ?? details[code] ?? 'The call could not be made.', { ...members, reason })
  if (known !== undefined) facts.set(problem, known)
  return problem
}

/** Adds the identity proof to what is known of a failure, unless that has one; gives the error back to be thrown. */
export function noteIdentity(error: unknown, identity: IdentityProof): unknown {
  if (error instanceof Problem) facts.set(error, { backendIds: {}, identity, ...facts.get(error) })
  return error
}

/** What an executor still knew when it failed: the backend's ids and the identity proof, for the outcome row. */
export function factsOfFailure(problem: unknown): FailureFacts | null {
  return problem instanceof Problem ? (facts.get(problem) ?? null) : null
}

/** Fate of a call whose answer got lost after it was sent: a read did no harm, anything else may have acted. */
export function fateOfLostAnswer(effect: Effect): Fate {
  return effect === 'read' ? 'called' : 'unknown'
}
