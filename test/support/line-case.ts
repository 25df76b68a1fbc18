import { Problem, type ProblemCode } from '../../shared/errors/problem.ts'
import type { Inbound } from '../../shared/pipeline/ports.ts'
import { type Faults, secrets, type WorldOptions } from './line-world.ts'

/** The ports that calls use, by how far they come. */
export const whole = ['verify', 'decide', 'permitted', 'exchange', 'call', 'outcome']
export const refusedEarly = ['verify', 'refused', 'outcome']
export const refusedByPolicy = ['verify', 'decide', 'refused', 'outcome']

/** A fault that throws. */
export const fail = (error: unknown) => () => {
  throw error
}
/** A fault that throws this Problem. */
export const problem = (code: ProblemCode) => fail(new Problem(code, 'It is so.'))
/** A fault that throws what nobody expects. */
export const surprise = fail(new Error(`surprise with ${secrets.data}`))
/** One way through the line, and what has to be seen of it. */
export interface LineCase {
  readonly name: string
  readonly inbound?: Inbound
  readonly options?: WorldOptions
  readonly faults?: Faults
  readonly used: readonly string[]
  readonly status: number
  readonly code: string
  /** What the intent row says, and what the outcome row says; null where there is no such row. */
  readonly verdict: 'permit' | 'deny' | 'pending' | null
  readonly fate: readonly ['not-called' | 'called' | 'unknown', string] | null
}
