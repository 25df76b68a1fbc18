import { setTimeout as sleep } from 'node:timers/promises'
import * as z from 'zod'
import type { QueryAudit } from './source-databricks.ts'
import type { TokenSource } from './store.ts'

export interface DatabricksSqlOptions {
  readonly baseUrl: string
  readonly warehouse: string
  readonly credential: TokenSource
  readonly timeout?: number
}

/** Azure Databricks' own application, the same in every tenant and cloud. */
const scope = '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default'
const path = '/api/2.0/sql/statements'
const cells = () => z.array(z.array(z.string().nullable()))
const chunkShape = () => z.object({ data_array: cells().default([]), next_chunk_index: z.int().nullish() })
const replyShape = () =>
  z.object({
    statement_id: z.string().regex(/^[\w-]{8,64}$/),
    status: z.object({ state: z.string() }),
    manifest: z.object({ truncated: z.boolean().default(false) }).nullish(),
    result: chunkShape().nullish(),
  })

/**
 * The Statement Execution API (docs.databricks.com/api/workspace/statementexecution) as the verifier's identity, which
 * needs SELECT on `system.access` and the use of one warehouse, and must have no other right.
 */
export function createDatabricksSql(options: DatabricksSqlOptions): QueryAudit {
  const { warehouse, timeout = 200_000 } = options
  return async (statement, values) => {
    const signal = AbortSignal.timeout(timeout)
    const ask = connect(options, signal)
    const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: 'TIMESTAMP' }))
    const fixed = { warehouse_id: warehouse, disposition: 'INLINE', format: 'JSON_ARRAY', on_wait_timeout: 'CONTINUE' }
    const body = { ...fixed, statement, parameters, wait_timeout: '50s' }
    let reply = replyShape().parse(await ask('POST', path, body))
    while (reply.status.state === 'PENDING' || reply.status.state === 'RUNNING') {
      await sleep(1000, undefined, { signal })
      reply = replyShape().parse(await ask('GET', `${path}/${reply.statement_id}`))
    }
    if (reply.status.state !== 'SUCCEEDED' || reply.manifest?.truncated) throw new Error('the audit query failed')
    return gather(ask, reply)
  }
}

type Ask = (method: string, path: string, body?: unknown) => Promise<unknown>

async function gather(ask: Ask, reply: z.infer<ReturnType<typeof replyShape>>) {
  let chunk = reply.result ?? { data_array: [] }
  const rows = [...chunk.data_array]
  while (typeof chunk.next_chunk_index === 'number') {
    const next = `${path}/${reply.statement_id}/result/chunks/${chunk.next_chunk_index}`
    chunk = chunkShape().parse(await ask('GET', next))
    for (const row of chunk.data_array) rows.push(row)
  }
  return rows
}

function connect({ baseUrl, credential }: DatabricksSqlOptions, signal: AbortSignal): Ask {
  return async (method, at, body) => {
    const token = await credential.getToken(scope)
    const response = await fetch(`${baseUrl.replace(/\/$/, '')}${at}`, {
      method,
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'error',
      signal,
    })
    if (response.ok) return response.json()
    await response.body?.cancel()
    throw new Error(`the workspace answered ${response.status}`)
  }
}
