import * as z from 'zod'
import type { LogRow, QueryLogs } from './source-table.ts'
import type { TokenSource } from './store.ts'

export interface LogAnalyticsOptions {
  /** Base address; the public cloud's unless given. */
  readonly url?: string
  /** Scope to ask the credential for; the public cloud's unless given. */
  readonly scope?: string
  readonly workspace: string
  readonly credential: TokenSource
  /** Milliseconds for one query; the service itself gives up after ten minutes. */
  readonly timeout?: number
}

const publicUrl = 'https://api.loganalytics.io'
const answerShape = () =>
  z.object({
    tables: z
      .array(z.object({ columns: z.array(z.object({ name: z.string() })), rows: z.array(z.array(z.unknown())) }))
      .min(1),
    error: z.unknown().optional(),
  })

/**
 * The query API of Log Analytics (learn.microsoft.com/azure/azure-monitor/logs/api/overview), as the verifier's identity.
 * An answer that is cut short comes with an `error` next to its rows, and is refused whole.
 */
export function createLogAnalytics(options: LogAnalyticsOptions): QueryLogs {
  const base = options.url ?? publicUrl
  const url = `${base.replace(/\/$/, '')}/v1/workspaces/${options.workspace}/query`
  return async (query) => {
    const token = await options.credential.getToken(options.scope ?? `${publicUrl}/.default`)
    const response = await fetch(url, {
      method: 'POST',
      headers: { authorization: `Bearer ${token?.token ?? ''}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      redirect: 'error',
      signal: AbortSignal.timeout(options.timeout ?? 200_000),
    })
    if (!response.ok) {
      await response.body?.cancel()
      throw new Error(`the workspace answered ${response.status}`)
    }
    return readAnswer(await response.json())
  }
}

function readAnswer(answer: unknown): readonly LogRow[] {
  const { tables, error } = answerShape().parse(answer)
  const [table] = tables
  if (error !== undefined || table === undefined) throw new Error('the workspace answered in part')
  return table.rows.map((row) => Object.fromEntries(table.columns.map(({ name }, at) => [name, row[at]])))
}
