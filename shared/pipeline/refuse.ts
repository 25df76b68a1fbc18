import { Problem } from '../errors/problem.ts'
import type { Refused, Verified } from './stages.ts'

/** Ends the line for this call; what was known stays, so that the refusal is recorded with it. */
export function refuse(stage: Verified, problem: Problem): Refused {
  return { ...stage, problem }
}

/** Ends the line with what was thrown; a surprise is `internal`, recorded like every refusal. */
export function refuseWith(stage: Verified, error: unknown): Refused {
  if (error instanceof Problem) return refuse(stage, error)
  return refuse(stage, new Problem('internal', 'The call failed here.', { cause: error }))
}
