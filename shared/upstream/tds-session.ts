import type { TLSSocket } from 'node:tls'
import type { Connection, ConnectionConfiguration, Request } from 'tedious'
import type { Json } from '../pipeline/ports.ts'
import type { DatabaseSession } from './database-executor.ts'
import { severalMessage, tooLargeMessage } from './database-failure.ts'
import { type ReadValue, readExactly } from './tds-exact.ts'
import { guardLogin, guardReading, listenForErrors, settle } from './tds-guard.ts'
import { type BoundValue, decodeCell, scaleOf } from './tds-values.ts'

/** Where and as whom to connect; the token is all that says who. */
export interface TdsSessionOptions {
  readonly host: string
  readonly port: number
  readonly database: string
  /** PEM; without it the process's own trust store counts. */
  readonly ca?: string
  readonly token: string
  readonly programName: string
  readonly connectTimeoutMs: number
  readonly maxBytes: number
  /** Whether the server may send us on to this host. */
  readonly allowsHost: (host: string) => boolean
}

/** One statement: by sp_executesql with its values, or as a batch. */
export interface TdsStatement {
  readonly text: string
  readonly values: readonly BoundValue[]
  readonly batch: boolean
  readonly limit: number
  readonly maxBytes: number
  /** The server finishes beyond the limit (a change has to run whole); the rows are counted, not kept. */
  readonly fetchAll: boolean
}

/** What one statement gave; `changed` counts rows where it gave no columns. */
export interface TdsResult {
  readonly columns: readonly string[] | null
  readonly rows: readonly (readonly Json[])[]
  readonly truncated: boolean
  readonly bytes: number
  readonly changed: number
}

/** One connection of one person. */
export interface TdsSession extends DatabaseSession {
  /** Runs a batch of ours; gives the rows of its last result. */
  readonly script: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly run: (statement: TdsStatement) => Promise<TdsResult>
  readonly note: (id: string) => void
}

/** What is counted on the wire while a statement runs. */
interface Meter {
  bytes: number
  most: number
}

type Driver = typeof import('tedious')
let driver: Promise<Driver> | undefined

/** The driver, loaded at first use, reading decimals and money exactly. */
function loadDriver(): Promise<Driver> {
  driver ??= Promise.all([import('tedious'), import('tedious/lib/value-parser.js')]).then(([tedious, values]) => {
    const reader = values.default as unknown as { readValue: ReadValue }
    reader.readValue = readExactly(reader.readValue)
    return tedious.default as unknown as Driver
  })
  return driver
}

/** Opens a connection: TLS with a verified certificate and host name before the token is sent, always. */
export async function openTdsSession(options: TdsSessionOptions, signal: AbortSignal): Promise<TdsSession> {
  const tedious = await loadDriver()
  signal.throwIfAborted()
  const connection = new tedious.Connection(configure(options))
  guardLogin(connection, options.allowsHost)
  guardReading(connection)
  const meter: Meter = { bytes: 0, most: Number.POSITIVE_INFINITY }
  connection.on('secure', (clear) => countBytes(clear as unknown as TLSSocket, meter, connection))
  const stop = () => connection.close()
  signal.addEventListener('abort', stop)
  try {
    const errors = listenForErrors(connection)
    await settle<void>((done) => connection.connect((error) => done(errors() ?? error)))
  } catch (error) {
    connection.close()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return makeSession(connection, tedious, meter)
}

function configure(options: TdsSessionOptions): ConnectionConfiguration {
  return {
    server: options.host,
    authentication: { type: 'azure-active-directory-access-token', options: { token: options.token } },
    options: {
      port: options.port,
      database: options.database,
      appName: options.programName,
      workstationId: 'countersign',
      encrypt: true,
      trustServerCertificate: false,
      cryptoCredentialsDetails: { minVersion: 'TLSv1.2', ...(options.ca === undefined ? {} : { ca: options.ca }) },
      connectTimeout: options.connectTimeoutMs,
      // The call's own deadline asks the server to stop.
      requestTimeout: 0,
      cancelTimeout: 2000,
      maxRetriesOnTransientErrors: 0,
      fallbackToDefaultDb: false,
      abortTransactionOnError: true,
      lowerCaseGuids: true,
      useUTC: true,
      // One value beyond the cap is cut by the server itself; what came of it then fails the call by its size.
      textsize: options.maxBytes + 1,
    },
  }
}

function countBytes(clear: TLSSocket, meter: Meter, connection: Connection): void {
  clear.on('data', (chunk: Uint8Array) => {
    meter.bytes += chunk.byteLength
    if (meter.bytes > meter.most) connection.close()
  })
}

function makeSession(connection: Connection, tedious: Driver, meter: Meter): TdsSession {
  let ended = false
  let id = ''
  let stopping = Promise.resolve()
  const end = () => {
    ended = true
  }
  connection.on('error', end)
  connection.on('end', end)
  const begin = (most: number) => {
    meter.bytes = 0
    meter.most = most
  }
  return {
    script: (text) => runScript(connection, tedious, text),
    run: (statement) => {
      begin(statement.maxBytes)
      return runStatement({ connection, tedious, meter }, statement).finally(() => begin(Number.POSITIVE_INFINITY))
    },
    note: (session) => {
      id = session
    },
    ids: () => (id === '' ? {} : { session: id }),
    alive: () => !ended,
    reset: () => settle<void>((done) => connection.reset((error) => done(error ?? undefined))),
    cancel: () => {
      stopping = cancelRequest(connection)
      return stopping
    },
    // A connection that is cut at once would take the wish to stop with it.
    kill: () => void stopping.then(() => connection.close()),
  }
}

/** Resolves when the server has acknowledged, or after two seconds. */
function cancelRequest(connection: Connection): Promise<void> {
  const request = (connection as unknown as { readonly request?: Request }).request
  if (request === undefined || !connection.cancel()) return Promise.resolve()
  return new Promise((resolve) => {
    setTimeout(resolve, 2000).unref()
    request.once('requestCompleted', () => resolve())
  })
}

function runScript(connection: Connection, { Request: New }: Driver, text: string) {
  let rows: Record<string, unknown>[] = []
  return settle<readonly Readonly<Record<string, unknown>>[]>((done) => {
    const request = new New(text, (error) => done(error ?? undefined, rows))
    request.on('columnMetadata', () => {
      rows = []
    })
    request.on('row', (cells: readonly Cell[]) => {
      rows.push(Object.fromEntries(cells.map(({ metadata, value }) => [metadata.colName, value])))
    })
    connection.execSqlBatch(request)
  })
}

interface Cell {
  readonly value: unknown
  readonly metadata: ColumnMetadata
}

interface ColumnMetadata {
  readonly colName: string
  readonly type: { readonly name: string }
  readonly scale?: number
  readonly dataLength?: number
}

type Parts = { readonly connection: Connection; readonly tedious: Driver; readonly meter: Meter }

interface Reading {
  columns: string[] | null
  readonly rows: Json[][]
  seen: number
  fault: Error | null
}

async function runStatement({ connection, tedious, meter }: Parts, statement: TdsStatement): Promise<TdsResult> {
  const reading: Reading = { columns: null, rows: [], seen: 0, fault: null }
  const changed = await settle<number>((done) => {
    const request = new tedious.Request(statement.text, (error, count) =>
      done(outcomeOf(error, { reading, meter, statement }), count ?? 0),
    )
    listen(request, { reading, statement, cancel: () => connection.cancel() })
    for (const { name, type, value } of statement.values) request.addParameter(name, tedious.TYPES[type], value)
    if (statement.batch) connection.execSqlBatch(request)
    else connection.execSql(request)
  })
  const { columns, rows, seen } = reading
  return { columns, rows, truncated: seen > statement.limit, bytes: meter.bytes, changed }
}

interface Listening {
  readonly reading: Reading
  readonly statement: TdsStatement
  readonly cancel: () => void
}

function listen(request: Request, { reading, statement, cancel }: Listening): void {
  request.on('columnMetadata', (columns: unknown) => {
    if (reading.columns !== null) {
      reading.fault = new Error(severalMessage)
      cancel()
      return
    }
    reading.columns = (columns as readonly ColumnMetadata[]).map(({ colName }) => colName)
  })
  request.on('row', (cells: readonly Cell[]) => {
    reading.seen += 1
    if (reading.seen <= statement.limit) reading.rows.push(cells.map(decode))
    // One row more than wanted tells whether there are more.
    else if (!statement.fetchAll) cancel()
  })
}

function decode({ value, metadata: { type, scale, dataLength } }: Cell): Json {
  return decodeCell(value, { name: type.name, scale: scaleOf(type.name, scale, dataLength) })
}

/** A statement that we stopped because there were rows enough, has gone well. */
function outcomeOf(
  error: Error | null | undefined,
  { reading, meter, statement }: { reading: Reading; meter: Meter; statement: TdsStatement },
): Error | undefined {
  if (meter.bytes > meter.most) return new Error(tooLargeMessage)
  if (reading.fault !== null) return reading.fault
  const enough = !statement.fetchAll && reading.seen > statement.limit
  const stopped = (error as { readonly code?: unknown } | null | undefined)?.code === 'ECANCEL'
  return error == null || (enough && stopped) ? undefined : error
}
