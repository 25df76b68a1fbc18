import { Client, type FieldDef } from 'pg'
import { asOwner } from '../postgres/server.ts'
import type { Translated } from './dialect.ts'
import type { ServerFault } from './tokens.ts'

/** Where the embedded PostgreSQL is. */
export interface EnginePlace {
  readonly sockets: string
  readonly database: string
}

/** What PostgreSQL gave, in its text format; `count` is of the rows that a change touched. */
export interface EngineResult {
  readonly command: string
  readonly fields: readonly FieldDef[]
  readonly rows: readonly (readonly (string | null)[])[]
  readonly count: number
}

/** One session of one person: a connection as the person's own role. */
export interface Engine {
  readonly run: (statement: Translated) => Promise<EngineResult>
  readonly cancel: () => Promise<void>
  readonly close: () => void
}

/** Connects as the person's own role: rights and row filters are the database's. Rejects where there is no such role. */
export async function openEngine(place: EnginePlace, login: string, program: string): Promise<Engine> {
  const client = new Client({
    host: place.sockets,
    user: login,
    database: place.database,
    connectionTimeoutMillis: 5000,
    application_name: program.slice(0, 63),
  })
  client.on('error', () => undefined)
  await client.connect()
  const { processID } = client as unknown as { readonly processID: number }
  return {
    run: async ({ text, values }) => {
      const result = await client.query<(string | null)[]>({
        text,
        values: [...values],
        rowMode: 'array',
        types: { getTypeParser: () => (value: string) => value },
      })
      return { command: result.command, fields: result.fields, rows: result.rows, count: result.rowCount ?? 0 }
    },
    cancel: () => cancel(place, processID),
    // Whoever has gone waits for nothing.
    close: () => {
      void cancel(place, processID).catch(() => undefined)
      void client.end().catch(() => undefined)
    },
  }
}

async function cancel(place: EnginePlace, processID: number): Promise<void> {
  await asOwner(place.sockets, place.database, (owner) => owner.query('SELECT pg_cancel_backend($1)', [processID]))
}

/** Numbers and severities of Database Engine errors, by PostgreSQL's SQLSTATE. */
const faults: Readonly<Record<string, readonly [number: number, severity: number]>> = {
  '42P01': [208, 16],
  '42501': [229, 14],
  '42703': [207, 16],
  '42601': [102, 15],
  '23505': [2627, 14],
  '23503': [547, 16],
  '23514': [547, 16],
  '22P02': [245, 16],
  '22012': [8134, 16],
  '40P01': [1205, 13],
  undeclared: [137, 15],
}

/** What the server would have said. The words are of no use to anybody and tell nothing. */
export function faultOf(error: unknown): ServerFault {
  const code = String((error as { readonly code?: unknown } | null)?.code ?? '')
  const [number, severity] = faults[code] ?? [50000, 16]
  return { number, severity, message: `The statement failed (${code}).` }
}
