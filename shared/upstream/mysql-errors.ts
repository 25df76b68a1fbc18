import type { Problem } from '../errors/problem.ts'
import { type DatabaseFailure, problemOfDatabase, type ServerVerdict } from './database-failure.ts'

const rejected = (status: number): ServerVerdict => ({ code: 'backend_rejected', status })
const busy = (wait: number): ServerVerdict => ({ code: 'backend_failed', wait })

/** Error numbers (MySQL Server error message reference). What is not here is judged by its SQLSTATE. */
const verdicts: readonly (readonly [numbers: readonly number[], verdict: ServerVerdict])[] = [
  // Nobody of this name may sign in, whether the server lacks the person or did not take the token.
  [[1045, 1044, 1698, 3118, 9008], rejected(403)],
  [[1142, 1143, 1227, 1370, 1792, 1836, 1290], rejected(403)],
  [[1146, 1049, 1305, 1109], rejected(404)],
  [[1062, 1451, 1452, 3819, 4025, 1022, 1050], rejected(409)],
  [[1205, 1213], busy(1)],
  [[1040, 1203, 1226, 1129], busy(10)],
  [[1317, 3024, 1969], { code: 'backend_timeout' }],
  [[1053, 1079, 1080, 1152, 1158, 1159, 1160, 1161], { code: 'backend_failed', ended: true }],
]

/** An error that the server sent, as the driver throws it. */
interface MysqlError {
  readonly number: number
  readonly state: string
}

/** The server's error in what the driver threw; null where the trouble is on the way to it. */
export function errorOf(thrown: unknown): MysqlError | null {
  if (typeof thrown !== 'object' || thrown === null) return null
  const { errno, sqlState } = thrown as { readonly errno?: unknown; readonly sqlState?: unknown }
  // Socket errors have a number too, but no state.
  return typeof errno === 'number' && typeof sqlState === 'string' ? { number: errno, state: sqlState } : null
}

/** 08 is the connection, 22, 23, 42 and their like are the statement; HY000 may be anything. */
function verdictOf({ number, state }: MysqlError): ServerVerdict {
  const known = verdicts.find(([numbers]) => numbers.includes(number))?.[1]
  return known ?? (/^(?:0[1-7A-Z]|2|3|4)/.test(state) ? rejected(400) : { code: 'backend_failed' })
}

/** Translates a failure into the Problem that the caller sees. */
export function problemOfMysql(failure: DatabaseFailure): Problem {
  const error = errorOf(failure.error)
  if (error === null) return problemOfDatabase(failure, null)
  const { number } = error
  return problemOfDatabase(failure, { number, why: `mysql_${number}`, verdict: verdictOf(error) })
}
