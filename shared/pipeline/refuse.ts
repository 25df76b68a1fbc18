import type { Problem } from '../errors/problem.ts'
import type { Refused, Verified } from './stages.ts'

/** Ends the line for this call; what was known stays, so that the refusal is recorded with it. */
export function refuse(stage: Verified, problem: Problem): Refused {
  return { ...stage, problem }
}
