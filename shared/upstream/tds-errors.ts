import type { Problem } from '../errors/problem.ts'
import { type DatabaseFailure, problemOfDatabase, type ServerError, type ServerVerdict } from './database-failure.ts'

const rejected = (status: number): ServerVerdict => ({ code: 'backend_rejected', status })
const busy = (wait: number): ServerVerdict => ({ code: 'backend_failed', wait })

/**
 * Error numbers (Database Engine errors; transient errors of Azure SQL Database; 42108 and 42109 of a paused dedicated
 * pool). What is not here is judged by its severity.
 */
const verdicts: readonly (readonly [numbers: readonly number[], verdict: ServerVerdict])[] = [
  // Nobody of this name may sign in, whether the server lacks the person or did not take the token: it does not say.
  [[18456, 18452, 18470, 18486, 4060, 916], rejected(403)],
  [[229, 230, 262, 297, 300, 371, 378, 1088, 2571, 5011, 6104, 15151, 15247, 15562, 33024], rejected(403)],
  [[208, 2812, 3701, 4902, 911], rejected(404)],
  [[547, 2601, 2627, 3960, 3961, 2714, 1913], rejected(409)],
  [[1205, 1222], busy(1)],
  [[40501, 40197, 40540, 40143, 40166, 49918, 49919, 49920, 10928, 10929, 40613, 42109], busy(10)],
  [[42108, 42119], busy(60)],
  // The deadline of the server itself.
  [[-2, 3617], { code: 'backend_timeout' }],
]

/** Severities (Database Engine error severities): from 17 on it is the server's trouble, from 20 on the session ends. */
function verdictOf({ number, severity }: TdsError): ServerVerdict {
  const known = verdicts.find(([numbers]) => numbers.includes(number))?.[1]
  const ended = severity >= 20 ? { ended: true as const } : {}
  if (known !== undefined) return { ...known, ...ended }
  return severity <= 16 ? rejected(400) : { code: 'backend_failed', ...ended }
}

/** An error token of the server. */
export interface TdsError {
  readonly number: number
  readonly severity: number
}

/** The first error that the server sent, in what the driver threw. */
export function errorOf(thrown: unknown): TdsError | null {
  const first: unknown = thrown instanceof AggregateError ? thrown.errors[0] : thrown
  if (typeof first !== 'object' || first === null) return null
  const { number, class: severity } = first as { readonly number?: unknown; readonly class?: unknown }
  return typeof number === 'number' && typeof severity === 'number' ? { number, severity } : null
}

/** Translates a failure into the Problem that the caller sees. */
export function problemOfTds(failure: DatabaseFailure): Problem {
  const error = errorOf(failure.error)
  return problemOfDatabase(failure, error === null ? null : describe(error))
}

function describe(error: TdsError): ServerError {
  return { number: error.number, why: `tds_${error.number}`, verdict: verdictOf(error) }
}
