import { Client, type FieldDef } from 'pg'
import { asOwner } from '../postgres/server.ts'
import type { Translated } from './dialect.ts'

/** Where the embedded PostgreSQL is. */
export interface EnginePlace {
  readonly sockets: string
  readonly database: string
}

/** One statement for one person; `schema` is where bare names are looked up, `limit` the most rows to give. */
export interface EngineJob {
  readonly login: string
  readonly statement: Translated
  readonly schema: string
  readonly limit: number | null
}

/** What PostgreSQL gave, in its text format; `count` is of the rows that a change touched. */
export interface EngineResult {
  readonly command: string
  readonly fields: readonly FieldDef[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly count: number
}

/** A statement under way. `cancel` asks the server to stop it, which may come too late. */
export interface EngineRun {
  readonly result: Promise<EngineResult>
  readonly cancel: () => Promise<void>
}

/** Runs a statement as the person's own role: rights, row filters and masks are the database's. */
export function runAsPerson(place: EnginePlace, job: EngineJob): EngineRun {
  const client = new Client({
    host: place.sockets,
    user: job.login,
    database: place.database,
    connectionTimeoutMillis: 5000,
    application_name: 'databricks-stand-in',
  })
  client.on('error', () => undefined)
  const connected = client.connect()
  const result = connected.then(() => query(client, job)).finally(() => client.end().catch(() => undefined))
  return { result, cancel: () => cancelOn(place, client, connected) }
}

async function query(client: Client, { statement, schema, limit }: EngineJob): Promise<EngineResult> {
  await client.query(`SET search_path TO "${schema.replaceAll('"', '""')}"`)
  await client.query("SET statement_timeout = '120s'")
  const text = statement.text.replace(/[\s;]+$/, '')
  const limited =
    limit !== null && /^\s*(?:select|with)\b/i.test(text) ? `SELECT * FROM (${text}) limited LIMIT ${limit}` : text
  const result = await client.query<(string | null)[]>({
    text: limited,
    values: [...statement.values],
    rowMode: 'array',
    types: { getTypeParser: () => (value: string) => value },
  })
  return { command: result.command, fields: result.fields, rows: result.rows, count: result.rowCount ?? 0 }
}

async function cancelOn(place: EnginePlace, client: Client, connected: Promise<unknown>): Promise<void> {
  await connected.catch(() => undefined)
  const { processID } = client as unknown as { processID: number | null }
  if (typeof processID !== 'number') return
  await asOwner(place.sockets, place.database, (owner) => owner.query('SELECT pg_cancel_backend($1)', [processID]))
}
