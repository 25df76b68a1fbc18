import type { Backend } from '../../../shared/backend/define.ts'
import type { Effect } from '../../../shared/backend/effect.ts'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import type { Json, UpstreamCall } from '../../../shared/pipeline/ports.ts'
import type { Statement } from '../../../shared/sql/statement.ts'
import { createDatabricksExecutor, type DatabricksOptions } from '../../../shared/upstream/databricks.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { type CallParts, judged, makeCall, oid } from './calls.ts'

export const base = 'https://adb-1.2.azuredatabricks.net'
export const id = '01f0-aaaa-bbbb'
export const statementsPath = '/api/2.0/sql/statements'

export interface Asked {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

/** One answer of the scripted workspace; `hang` waits for the caller to give up. */
export type Reply = Response | 'hang' | 'reset'

export type Script = (asked: Asked, turn: number) => Reply | undefined

export const json = (data: unknown, status = 200, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(data), { status, headers: { 'content-type': 'application/json', ...headers } })

export const state = (name: string, more: object = {}, status: object = {}) =>
  json({ statement_id: id, status: { state: name, ...status }, ...more })

type Cells = readonly (readonly (string | null)[])[]

export const column = (name: string, type_name = 'STRING') => ({ name, type_name, type_text: type_name, position: 0 })

/** A finished statement with one chunk. */
export const success = (columns: readonly object[], rows: Cells, more: { manifest?: object; result?: object } = {}) =>
  state('SUCCEEDED', {
    manifest: {
      format: 'JSON_ARRAY',
      schema: { column_count: columns.length, columns },
      total_row_count: rows.length,
      truncated: false,
      ...more.manifest,
    },
    result: { chunk_index: 0, row_offset: 0, row_count: rows.length, data_array: rows, ...more.result },
  })

/**
 * A workspace that answers by `script`; what the script leaves open is answered as a sound workspace would: the person
 * of the call for `Me`, an empty object for a cancelling.
 */
export function makeWorkspace(script: Script, options: Partial<DatabricksOptions> = {}) {
  const seen: Asked[] = []
  const fetchIt = async (address: string, init: RequestInit): Promise<Response> => {
    const url = new URL(address)
    const asked = {
      method: init.method ?? 'GET',
      url,
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
    }
    seen.push(asked)
    const turn = seen.filter((one) => one.method === asked.method && one.url.pathname === url.pathname).length
    const reply = script(asked, turn) ?? usual(asked)
    if (reply === 'reset') throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } })
    return reply === 'hang' ? untilAborted(init.signal) : reply
  }
  const executor = createDatabricksExecutor({
    fetch: fetchIt as unknown as typeof fetch,
    settingsFor: () => ({ baseUrl: base, warehouses: ['w-1', 'w-2'], catalog: 'main', schema: 'sales' }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    handleKey: async () => new Uint8Array(32),
    graceMs: 200,
    ...options,
  })
  const paths = () => seen.map(({ method, url }) => `${method} ${url.pathname}`)
  return { executor, seen, paths }
}

function usual({ url }: Asked): Reply {
  if (url.pathname.endsWith('/Me')) return json({ id: '77', userName: 'alice', externalId: oid.toUpperCase() })
  if (url.pathname.endsWith('/cancel')) return json({})
  return json({ error_code: 'NOT_SCRIPTED', message: 'not scripted' }, 404)
}

function untilAborted(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () => reject(new DOMException('aborted', 'AbortError'))
    if (signal?.aborted) fail()
    signal?.addEventListener('abort', fail)
  })
}

export const declared = (await loadFunctions()).find(({ name }) => name === 'databricks-sql') as Backend

/** A call of one declared operation, its statement judged as it says. */
export function callOf(
  operationName: string,
  inputs: Readonly<Record<string, Json>>,
  more: Partial<CallParts> & { judgement?: Partial<Statement> } = {},
): UpstreamCall {
  const operation = declared.operations[operationName]
  if (operation === undefined) throw new Error(`${operationName} is not declared`)
  const parsed = operation.inputs().parse(inputs) as Record<string, Json>
  const { judgement, ...parts } = more
  const effect: Effect = parts.effect ?? operation.effect
  const text = typeof inputs.statement === 'string' ? inputs.statement : undefined
  const statement = text === undefined ? {} : { statement: judged(text, { effect, ...judgement }) }
  return makeCall({ operation, backend: declared, inputs: parsed, effect, ...statement, ...parts })
}

export const query = (text = 'SELECT a, b FROM main.sales.t', more: Parameters<typeof callOf>[2] = {}) =>
  callOf('executeStatement', { statement: text }, more)

export const change = (more: Parameters<typeof callOf>[2] = {}) =>
  callOf('executeWriteStatement', { statement: 'UPDATE main.sales.t SET a = 1' }, more)

/** `POST statements` answers the first, each poll the next of the others; the last stands. */
export function sequence(first: () => Reply, ...later: readonly (() => Reply)[]): Script {
  return ({ method, url }, turn) => {
    if (method === 'POST' && url.pathname === statementsPath) return first()
    if (method === 'GET' && url.pathname === `${statementsPath}/${id}`)
      return later[Math.min(turn, later.length) - 1]?.()
    return undefined
  }
}
