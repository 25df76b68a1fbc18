import { type Document, MongoClient, type MongoClientOptions } from 'mongodb'

/** Where a cluster is. Without a port its servers are found by its SRV record. */
export interface MongoPlace {
  readonly host: string
  readonly port?: number
  /** PEM of the authority to trust instead of the process's own trust store. */
  readonly ca?: string
}

/** One client of one person. */
export interface MongoSession {
  /** Runs one command. */
  readonly run: (database: string, command: Document) => Promise<Document>
  /** Runs a command that gives documents, and reads so many of them. */
  readonly read: (database: string, command: Document, most: number) => Promise<readonly Document[]>
  readonly alive: () => boolean
  readonly close: () => Promise<void>
}

export interface SessionOptions {
  readonly token: string
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Connects and signs in; rejects as the driver does. One command at a time, so that a proof is of its connection. */
export async function openSession(
  place: MongoPlace,
  { token, timeoutMs, signal }: SessionOptions,
): Promise<MongoSession> {
  const client = new MongoClient(addressOf(place), clientOptions(place, { token, timeoutMs }))
  let open = true
  client.on('topologyClosed', () => {
    open = false
  })
  client.on('connectionPoolCleared', () => {
    open = false
  })
  const close = async () => {
    open = false
    await client.close(true).catch(() => undefined)
  }
  const abort = () => void close()
  signal.addEventListener('abort', abort, { once: true })
  try {
    signal.throwIfAborted()
    await client.connect()
  } catch (error) {
    await close()
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
  return {
    run: (database, command) => client.db(database).command(command),
    read: async (database, command, most) => {
      const cursor = client.db(database).runCursorCommand(command)
      cursor.setBatchSize(Math.min(most, 1000))
      const found: Document[] = []
      try {
        for await (const document of cursor) if (found.push(document) >= most) break
      } finally {
        await cursor.close().catch(() => undefined)
      }
      return found
    },
    alive: () => open,
    close,
  }
}

function addressOf({ host, port }: MongoPlace): string {
  return port === undefined ? `mongodb+srv://${host}/` : `mongodb://${host}:${port}/`
}

/** Nothing is tried again, nothing is compressed, and no environment of the machine gives a credential. */
function clientOptions({ host, port, ca }: MongoPlace, { token, timeoutMs }: Omit<SessionOptions, 'signal'>) {
  const parent = host.slice(host.indexOf('.') + 1)
  const options: MongoClientOptions = {
    appName: 'Countersign',
    authMechanism: 'MONGODB-OIDC',
    authMechanismProperties: {
      OIDC_CALLBACK: async () => ({ accessToken: token }),
      // Names from an SRV record are siblings of the configured one; a name with a port is meant alone.
      ALLOWED_HOSTS: port === undefined ? [host, `*.${parent}`] : [host],
    },
    tls: true,
    ...(ca === undefined ? {} : { ca }),
    ...(port === undefined ? {} : { directConnection: true }),
    retryReads: false,
    retryWrites: false,
    maxPoolSize: 1,
    minPoolSize: 0,
    connectTimeoutMS: timeoutMs,
    serverSelectionTimeoutMS: timeoutMs,
    waitQueueTimeoutMS: timeoutMs,
    serverMonitoringMode: 'poll',
    monitorCommands: false,
  }
  return options
}
