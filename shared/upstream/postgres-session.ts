import { Socket } from 'node:net'
import type { ConnectionOptions } from 'node:tls'
import type { Client } from 'pg'
import { cancelStatement } from './postgres-cancel.ts'
import { makePortal, type PortalRequest, type PortalResult } from './postgres-portal.ts'

/** Where and as whom to connect; the token is the password. */
export interface SessionOptions {
  readonly host: string
  readonly port: number
  readonly database: string
  /** PEM; without it the process's own trust store counts. */
  readonly ca?: string
  readonly user: string
  readonly token: string
  readonly applicationName: string
  readonly connectTimeoutMs: number
}

/** One connection of one person. `kill` cuts it at once, `cancel` first asks the server to stop what it is doing. */
export interface Session {
  readonly pid: number
  readonly run: (request: PortalRequest) => Promise<PortalResult>
  /** Runs several statements of ours as one text; gives the rows of the last. */
  readonly script: (text: string) => Promise<readonly Readonly<Record<string, unknown>>[]>
  readonly alive: () => boolean
  readonly cancel: () => Promise<void>
  readonly kill: () => void
}

/** Opens a connection: TLS with a verified certificate and host name, always. The driver is loaded at first use. */
export async function openSession(options: SessionOptions, signal: AbortSignal): Promise<Session> {
  const { Client: PgClient } = await import('pg')
  const tls: ConnectionOptions = {
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2',
    ...(options.ca === undefined ? {} : { ca: options.ca }),
  }
  const socket = new Socket()
  const client = new PgClient({
    host: options.host,
    port: options.port,
    database: options.database,
    user: options.user,
    password: options.token,
    application_name: options.applicationName,
    connectionTimeoutMillis: options.connectTimeoutMs,
    keepAlive: true,
    ssl: tls,
    stream: () => socket,
  })
  const stop = () => socket.destroy(new Error('aborted'))
  let ended = false
  client.on('error', () => {
    ended = true
  })
  client.on('end', () => {
    ended = true
  })
  signal.addEventListener('abort', stop)
  try {
    signal.throwIfAborted()
    await client.connect()
  } catch (error) {
    socket.destroy()
    throw error
  } finally {
    signal.removeEventListener('abort', stop)
  }
  return makeSession({ client, socket, tls, isEnded: () => ended }, options)
}

interface Parts {
  readonly client: Client
  readonly socket: Socket
  readonly tls: ConnectionOptions
  readonly isEnded: () => boolean
}

function makeSession({ client, socket, tls, isEnded }: Parts, { host, port }: SessionOptions): Session {
  const { processID: processId, secretKey } = client as unknown as { processID: number; secretKey: number }
  return {
    pid: processId,
    run: (request) => {
      const portal = makePortal(request)
      // The driver takes any object of this shape; its type names only `submit`.
      client.query(portal as unknown as Parameters<Client['query']>[0])
      return portal.done
    },
    script: async (text) => {
      const results = (await client.query(text)) as unknown as { rows: Record<string, unknown>[] }[] | { rows: [] }
      return (Array.isArray(results) ? results.at(-1)?.rows : results.rows) ?? []
    },
    alive: () => !isEnded() && !socket.destroyed,
    cancel: () => cancelStatement({ host, port, tls, processId, secretKey }),
    kill: () => void socket.destroy(),
  }
}
