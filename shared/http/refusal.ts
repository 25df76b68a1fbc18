import { Problem } from '../errors/problem.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerProblem, type Identification } from '../pipeline/respond.ts'
import { continueTrace } from '../pipeline/trace.ts'
import { type Log, nameFailure } from '../telemetry/log.ts'

/** Answers a failure that no row of the book speaks of. */
export type Refusal = (error: unknown, inbound: Inbound) => Answer

interface Parts {
  readonly identification: Identification
  readonly log: Log
  readonly newId: () => string
  /** So many random bytes as hex. */
  readonly randomHex: (bytes: number) => string
}

/**
 * Refusals outside the line are not in the book: a token that failed, a vault or a table that is away. Their one trace
 * is the log, so answer and log line share an id. An address that is being slowed down is logged no further.
 */
export function createRefusal({ identification, log, newId, randomHex }: Parts): Refusal {
  return (error, inbound) => {
    const { traceId, traceparent } = continueTrace(inbound.headers.traceparent, randomHex)
    const instance = newId()
    const known = error instanceof Problem
    const problem = known ? error : new Problem('internal', 'Something went wrong here.')
    const { code, status, reason } = problem
    const why = known ? { reason } : { error: nameFailure(error) }
    if (reason !== 'failed_tokens') log(known ? 'refused' : 'unexpected', { instance, traceId, code, status, ...why })
    return answerProblem(problem, identification, { instance, traceparent })
  }
}
