import type { FixedStatement } from '../backend/databricks-call.ts'
import type { CallTemplate, DatabricksPart } from '../backend/define.ts'
import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { judgedText } from './judged-text.ts'

export type DatabricksTemplate = Extract<CallTemplate, { technology: 'databricks' }>

/** Where a deployment has a workspace, and which of its warehouses may be used: the first unless another is asked for. */
export interface DatabricksSettings {
  readonly baseUrl: string
  readonly warehouses: readonly string[]
  /** Where names without catalog or schema are looked up. */
  readonly catalog?: string | undefined
  readonly schema?: string | undefined
}

/** One request to the workspace's REST API; the path is ours, the query goes into the URL encoded. */
export interface WorkspaceRequest {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Json
}

export const statementsPath = '/api/2.0/sql/statements'
export const warehousesPath = '/api/2.0/sql/warehouses'

/** The call's template, or Problem `internal` where the declaration is another technology's. */
export function templateOf({ invocation }: UpstreamCall): DatabricksTemplate {
  const template = invocation.operation.call
  if (template.technology !== 'databricks') throw failWith({ code: 'internal', fate: 'not_called', why: 'technology' })
  return template
}

/** The input that plays a part in the call; undefined where the template has none for it or the caller gave none. */
export function inputOf(call: UpstreamCall, part: DatabricksPart): Json | undefined {
  const name = templateOf(call).inputs[part]
  return name === undefined ? undefined : call.invocation.inputs[name]
}

/** Problem `input_invalid` for the input that plays a part. */
export function refuseInput(call: UpstreamCall, part: DatabricksPart, detail: string): Problem {
  const pointer = `/${templateOf(call).inputs[part] ?? part}`
  return new Problem('input_invalid', 'An input cannot be used here.', {
    faults: [{ pointer, detail }],
    next: { action: 'change_input' },
    reason: `not_called:${part}`,
  })
}

/** The declaration's own statement, which nobody has to judge, or the judged one. */
function textOf(call: UpstreamCall): string {
  return templateOf(call).fixed?.text ?? judgedText(call)
}

/** The warehouse that the call asks for among those of the deployment. */
export function warehouseOf(call: UpstreamCall, { warehouses }: DatabricksSettings): string {
  const asked = inputOf(call, 'warehouse')
  const found = asked === undefined ? warehouses[0] : warehouses.find((one) => one === asked)
  if (found === undefined) throw refuseInput(call, 'warehouse', 'is none of the warehouses of this deployment')
  return found
}

/** Seconds that the workspace itself waits before it answers a submission; the API takes 0, or 5 to 50. */
const readWait = 5

/** What a submission says besides the call. */
export interface SubmitParts {
  readonly settings: DatabricksSettings
  readonly maxBytes: number
}

/**
 * The body of a submission. A change is answered at once with its id, so that it can be cancelled and asked after from
 * then on; a read may be waited for, which saves a request. The result stays inline: links that carry their own access
 * are never asked for.
 */
export function submission(call: UpstreamCall, { settings, maxBytes }: SubmitParts): WorkspaceRequest {
  const { catalog, schema } = settings
  const body = {
    statement: textOf(call),
    warehouse_id: warehouseOf(call, settings),
    ...(catalog === undefined ? {} : { catalog }),
    ...(schema === undefined ? {} : { schema }),
    parameters: parametersOf(call),
    wait_timeout: mayWait(call) ? `${readWait}s` : '0s',
    on_wait_timeout: 'CONTINUE',
    disposition: 'INLINE',
    format: 'JSON_ARRAY',
    // One row more than wanted tells whether there are more.
    row_limit: call.rowLimit + 1,
    byte_limit: maxBytes,
    query_tags: [
      { key: 'countersign_decision', value: call.intent.decisionId },
      { key: 'countersign_trace', value: call.traceparent.split('-')[1] ?? '' },
    ],
  }
  return { method: 'POST', path: statementsPath, body }
}

/** A caller who wants a handle sooner than that is not kept waiting either. */
function mayWait(call: UpstreamCall): boolean {
  const wait = inputOf(call, 'wait')
  return call.understood.effect === 'read' && (typeof wait !== 'number' || wait >= readWait)
}

/** Named values travel apart from the text, as strings with a type; NULL is a parameter without value. */
function parametersOf(call: UpstreamCall): Json {
  const { fixed } = templateOf(call)
  if (fixed !== undefined) return Object.entries(fixed.values).map(([name, value]) => fixedValue(call, name, value))
  const given = inputOf(call, 'parameters')
  if (!Array.isArray(given)) return []
  return (given as readonly Readonly<Record<string, Json>>[]).map(({ name = '', value = null, type = 'STRING' }) =>
    value === null ? { name, type } : { name, value: String(value), type },
  )
}

function fixedValue(call: UpstreamCall, name: string, { input, type }: FixedStatement['values'][string]): Json {
  const value = call.invocation.inputs[input]
  return value === undefined || value === null ? { name, type } : { name, value: String(value), type }
}
