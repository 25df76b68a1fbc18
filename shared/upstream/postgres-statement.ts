import type { Problem } from '../errors/problem.ts'
import type { Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import type { PortalResult } from './postgres-portal.ts'
import { decodeCell, encodeParameter } from './postgres-values.ts'

/** The one statement of a call, ready for the extended protocol. */
export interface PreparedStatement {
  readonly text: string
  readonly values: readonly (string | null)[]
  readonly readOnly: boolean
}

/**
 * The statement that a call sends: for an agent's own, exactly the text that was judged; values come from inputs as
 * parameters. Throws Problem `internal` where nothing was judged, `input_invalid` where a value cannot be a parameter.
 */
export function prepareStatement({ invocation, understood }: UpstreamCall): PreparedStatement {
  const template = invocation.operation.call
  if (template.technology !== 'postgres') throw refuse('technology')
  const { statement, readOnly } = template
  if (statement.from === 'declaration') {
    const values = statement.values.map((name) => encodeParameter(invocation.inputs[name] ?? null))
    return { text: statement.text, values, readOnly }
  }
  const judged = understood.statement?.text
  if (judged === undefined || understood.statement?.refused !== undefined) throw refuse('nothing_judged')
  // The protocol ends a text at a zero byte: what follows would be read as other messages' fields.
  if (judged.includes('\0')) throw refuse('zero_byte')
  const values = invocation.inputs[statement.values] ?? []
  const list: readonly Json[] = Array.isArray(values) ? values : [values as Json]
  return { text: `${statement.prefix ?? ''}${judged}`, values: list.map(encodeParameter), readOnly }
}

/** What opens the call's transaction, in one round trip: guard, limits, output formats, and the question who we are. */
export function writePreamble(call: { readonly readOnly: boolean; readonly timeoutMs: number; readonly name: string }) {
  return [
    call.readOnly ? 'BEGIN READ ONLY' : 'BEGIN',
    `SET LOCAL application_name = '${call.name}'`,
    `SET LOCAL statement_timeout = ${Math.max(1, Math.floor(call.timeoutMs))}`,
    'SET LOCAL datestyle = ISO',
    "SET LOCAL client_encoding = 'UTF8'",
    'SELECT session_user::pg_catalog.text AS session, current_user::pg_catalog.text AS current',
  ].join('; ')
}

/** `countersign-<decisionId>`, at most 63 bytes of letters that need no quoting. */
export function applicationName(decisionId: string): string {
  return `countersign-${decisionId.replace(/[^A-Za-z0-9_-]/g, '')}`.slice(0, 63)
}

/** The result as the answer's table; a statement without result columns tells how many rows it changed. */
export function toTable({ fields, rows, count }: PortalResult): Pick<UpstreamAnswer, 'data' | 'rows'> {
  const columns = fields.map(({ name }) => name)
  const cells = rows.map((row) => row.map((text, index) => decodeCell(text, fields[index]?.type ?? 0)))
  const changed = columns.length === 0 ? { rowCount: count ?? 0 } : {}
  return { data: { columns, rows: cells, ...changed }, rows: columns.length === 0 ? (count ?? 0) : rows.length }
}

function refuse(why: string): Problem {
  return failWith({ code: 'internal', fate: 'not_called', why })
}
