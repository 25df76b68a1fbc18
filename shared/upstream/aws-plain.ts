import type { UpstreamCall } from '../pipeline/ports.ts'
import { refuseInput } from './warehouse-request.ts'

/** Statements that these engines read as the gate does; the rest is refused, whatever it would do. */
const firstWords = /^(?:select|with|values|insert|update|delete|merge)\b/i

/**
 * There is no reader for these engines' own dialects, so that texts are judged by the nearest one, Databricks'. What the
 * two read differently is refused: a backslash (an escape there, a character here), double quotes (a text there, a name
 * here) and backticks. What is left of comments and names has been settled by the gate, which sends its own text.
 * Throws Problem `input_invalid`.
 */
export function assertPlain(call: UpstreamCall, text: string): void {
  if (/[\\"`]/.test(text)) throw refuseInput(call, 'statement', 'holds a backslash, a double quote or a backtick')
  if (!firstWords.test(text)) throw refuseInput(call, 'statement', 'is no query, INSERT, UPDATE, DELETE or MERGE')
}
