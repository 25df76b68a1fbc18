import { isIP } from 'node:net'
import type { Connection, ConnectionOptions, FieldPacket } from 'mysql2'
import type { Json, ResultColumn } from '../pipeline/ports.ts'
import type { DatabaseSession } from './database-executor.ts'
import { tooLargeMessage } from './database-failure.ts'
import { decodeCell } from './mysql-values.ts'

/** Where and as whom to connect; the token is the password, in clear within TLS. */
export interface MysqlSessionOptions {
  readonly host: string
  readonly port: number
  readonly database: string
  /** PEM; without it the process's own trust store counts. */
  readonly ca?: string
  readonly user: string
  readonly token: string
  readonly programName: string
  readonly connectTimeoutMs: number
}

/** One statement by the binary protocol. */
export interface MysqlStatement {
  readonly text: string
  readonly values: readonly (string | number | boolean | null)[]
  readonly limit: number
  readonly maxBytes: number
  /** The server finishes beyond the limit; the rows are counted, not kept. */
  readonly fetchAll: boolean
}

/** What one statement gave; `changed` counts rows where it gave no columns. */
export interface MysqlResult {
  readonly columns: readonly ResultColumn[] | null
  readonly rows: readonly (readonly Json[])[]
  readonly truncated: boolean
  readonly bytes: number
  readonly changed: number
}

/** One connection of one person. */
export interface MysqlSession extends DatabaseSession {
  /** Runs one statement of ours; gives its rows. */
  readonly script: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly run: (statement: MysqlStatement) => Promise<MysqlResult>
}

/** Opens a connection: TLS with a verified certificate and host name before the token is sent, always. */
export async function openMysqlSession(options: MysqlSessionOptions, signal: AbortSignal): Promise<MysqlSession> {
  const { createConnection } = await import('mysql2')
  signal.throwIfAborted()
  // Without a name the driver would hold the certificate against `localhost`.
  if (isIP(options.host) !== 0) throw new Error('a server is known by its name')
  const connection = createConnection(configure(options))
  const stop = () => connection.destroy()
  signal.addEventListener('abort', stop)
  try {
    await new Promise<void>((resolve, reject) => {
      connection.once('error', reject)
      connection.connect((error) => (error === null ? resolve() : reject(error)))
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true })
    })
  } catch (error) {
    connection.on('error', () => undefined)
    connection.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return makeSession(connection, options)
}

function configure(options: MysqlSessionOptions): ConnectionOptions {
  const clear = Buffer.from(`${options.token}\0`)
  return {
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    // The driver offers TLS only where `ssl` is there, and then takes no server without.
    ssl: {
      rejectUnauthorized: true,
      verifyIdentity: true,
      minVersion: 'TLSv1.2',
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    // No password: whatever else a server asks for, it gets nothing.
    authPlugins: { mysql_clear_password: () => () => clear },
    connectAttributes: { program_name: options.programName },
    connectTimeout: options.connectTimeoutMs,
    charset: 'utf8mb4_general_ci',
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    jsonStrings: true,
    rowsAsArray: true,
    multipleStatements: false,
    // The driver makes no code at run time.
    disableEval: true,
    flags: ['-LOCAL_FILES', '-MULTI_STATEMENTS'],
  } as ConnectionOptions
}

/** The part of the driver's connection that its types leave out. */
interface Inner {
  readonly stream: {
    prependListener(event: 'data' | 'close', listener: (chunk: Uint8Array) => void): unknown
    off(event: 'data' | 'close', listener: (chunk: Uint8Array) => void): unknown
  }
  reset(done: (error: Error | null) => void): void
}

function makeSession(connection: Connection, options: MysqlSessionOptions): MysqlSession {
  let ended = false
  const end = () => {
    ended = true
  }
  connection.on('error', end)
  connection.on('end', end)
  const cut = () => {
    ended = true
    connection.destroy()
  }
  return {
    script: (text) => query(connection, text),
    run: (statement) => runStatement(connection, statement, cut),
    ids: () => ({ thread: String(connection.threadId) }),
    alive: () => !ended,
    reset: () => reset(connection, options.database),
    cancel: () => killQuery(connection.threadId, options),
    kill: cut,
  }
}

/** A reset leaves the database that was chosen last. */
async function reset(connection: Connection, database: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const inner = connection as unknown as Inner
    inner.reset((error) => (error === null || error === undefined ? resolve() : reject(error)))
  })
  await query(connection, `USE \`${database.replaceAll('`', '``')}\``)
}

/** The server listens to nothing while it works: it is asked on a second connection of the same person. */
async function killQuery(thread: number | null, options: MysqlSessionOptions): Promise<void> {
  const patience = AbortSignal.timeout(2000)
  const session = await openMysqlSession(options, patience).catch(() => null)
  if (session === null) return
  await session.script(`KILL QUERY ${Number(thread)}`).catch(() => undefined)
  session.kill()
}

function query(connection: Connection, text: string): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return new Promise((resolve, reject) => {
    connection.query({ sql: text, rowsAsArray: false }, (error, rows) =>
      error === null ? resolve(Array.isArray(rows) ? (rows as Record<string, unknown>[]) : []) : reject(error),
    )
  })
}

interface Reading {
  fields: readonly FieldPacket[] | null
  readonly rows: Json[][]
  seen: number
  bytes: number
  changed: number
}

function runStatement(connection: Connection, statement: MysqlStatement, cut: () => void): Promise<MysqlResult> {
  const reading: Reading = { fields: null, rows: [], seen: 0, bytes: 0, changed: 0 }
  const { stream } = connection as unknown as Inner
  let fail: (error: Error) => void = () => undefined
  const count = (chunk: Uint8Array) => {
    reading.bytes += chunk.byteLength
    if (reading.bytes <= statement.maxBytes) return
    fail(new Error(tooLargeMessage))
    cut()
  }
  // The driver tells nobody of a connection that is lost while rows come in.
  const lose = () => fail(new Error('connection lost'))
  stream.prependListener('data', count)
  stream.prependListener('close', lose)
  return new Promise<MysqlResult>((resolve, reject) => {
    fail = reject
    const command = connection.execute({ sql: statement.text, values: [...statement.values], rowsAsArray: true })
    const finish = () => resolve(toResult(reading, statement))
    command.on('error', reject)
    command.on('fields', (fields: readonly FieldPacket[] | undefined) => {
      reading.fields ??= fields ?? null
    })
    command.on('result', (row: unknown) => {
      if (!take(row, reading, statement)) return
      // Nobody reads the rest, and the server stops when it finds nobody there.
      finish()
      cut()
    })
    command.on('end', finish)
  }).finally(() => {
    stream.off('data', count)
    stream.off('close', lose)
  })
}

/** Whether there were rows enough. */
function take(row: unknown, reading: Reading, { limit, fetchAll }: MysqlStatement): boolean {
  if (!Array.isArray(row)) {
    reading.changed = Number((row as { readonly affectedRows?: unknown }).affectedRows ?? 0)
    return false
  }
  reading.seen += 1
  const { fields } = reading
  if (reading.seen <= limit) reading.rows.push(row.map((cell, at) => decodeCell(cell, fields?.[at]?.columnType ?? 0)))
  return !fetchAll && reading.seen > limit
}

function toResult({ fields, rows, seen, bytes, changed }: Reading, { limit }: MysqlStatement): MysqlResult {
  const columns = fields?.map(nameSource) ?? null
  return { columns, rows, truncated: seen > limit, bytes, changed }
}

/** The protocol names the stored column behind each, as far as it is one. */
function nameSource(field: FieldPacket): ResultColumn {
  const { schema, orgTable, orgName } = field as { schema?: string; orgTable?: string; orgName?: string }
  const known = [schema, orgTable, orgName].every((part) => part !== undefined && part !== '')
  return { name: field.name, source: known ? `${schema}.${orgTable}.${orgName}`.toLowerCase() : null }
}
