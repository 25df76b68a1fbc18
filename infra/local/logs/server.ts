/**
 * Stands in for the query API of a Log Analytics workspace (`POST /v1/workspaces/{id}/query`), fed from what the stack's
 * services really logged: PostgreSQL's own log, requests at the blob front, tokens that the Entra stand-in issued. It
 * differs in that entries are there at once, that it has no query language but understands the few queries of the
 * product line by line and refuses the rest, that conditions on resources hold for every entry, and that one workspace
 * is all.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TokenRules } from '../entra/bearer-check.ts'
import { listenHttps } from '../tls/https-server.ts'
import { makeReaderCheck } from './access-token.ts'
import { type LogQuery, parseQuery } from './query.ts'

/** One row of a table, by column. */
export type LogEntry = Readonly<Record<string, string | number>> & { readonly TimeGenerated: string }

/** Gives all rows of a table, the oldest first. */
export type LogFeed = () => readonly LogEntry[] | Promise<readonly LogEntry[]>

export interface LogsOptions extends TokenRules {
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly tables: Readonly<Record<string, LogFeed>>
}

/** A running workspace. */
export interface LogsWorkspace {
  readonly url: string
  stop(): Promise<void>
}

/** The id of the one workspace. */
export const workspaceId = '5a000000-0000-4000-8000-000000000001'

const maxBody = 65_536

/** Starts the workspace on a free port of 127.0.0.1 (https). */
export async function startLogs(options: LogsOptions): Promise<LogsWorkspace> {
  const mayRead = makeReaderCheck(options)
  return listenHttps(options.certificate, (request, response) => {
    answer(request, { mayRead, tables: options.tables }).then(
      ([status, body]) => send(response, status, body),
      () => send(response, 500, problem('InternalServerError')),
    )
  })
}

interface Room {
  readonly mayRead: (authorization: string | undefined) => Promise<boolean>
  readonly tables: LogsOptions['tables']
}

async function answer(request: IncomingMessage, { mayRead, tables }: Room): Promise<[number, unknown]> {
  const text = await readText(request)
  if (!(await mayRead(request.headers.authorization))) return [403, problem('InsufficientAccessError')]
  if (request.method !== 'POST' || request.url !== `/v1/workspaces/${workspaceId}/query`) {
    return [404, problem('PathNotFoundError')]
  }
  const query = parseQuery(readQuery(text))
  if (query === null || !Object.hasOwn(tables, query.table)) return [400, problem('BadArgumentError')]
  return [200, { tables: [select(query, (await tables[query.table]?.()) ?? [])] }]
}

function select(query: LogQuery, entries: readonly LogEntry[]) {
  if (query.ask === 'newest') {
    const newest = entries.reduce<string | null>((last, { TimeGenerated: at }) => (at > (last ?? '') ? at : last), null)
    return { name: 'PrimaryResult', columns: [{ name: 'Newest', type: 'datetime' }], rows: [[newest]] }
  }
  const found = entries
    .filter(({ TimeGenerated }) => Date.parse(TimeGenerated) > query.from && Date.parse(TimeGenerated) <= query.to)
    .filter(({ ResourceIdentity }) => query.among === null || query.among.includes(String(ResourceIdentity)))
    .sort((a, b) => a.TimeGenerated.localeCompare(b.TimeGenerated))
    .slice(0, query.take)
  const columns = query.columns.map((name) => ({ name, type: name === 'TimeGenerated' ? 'datetime' : 'string' }))
  return { name: 'PrimaryResult', columns, rows: found.map((entry) => query.columns.map((name) => entry[name] ?? '')) }
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) throw new RangeError('body too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function readQuery(text: string): string {
  try {
    const { query } = JSON.parse(text) as { query?: unknown }
    return typeof query === 'string' ? query : ''
  } catch {
    return ''
  }
}

function problem(code: string) {
  return { error: { code, message: 'The request could not be answered.' } }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
