import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { type Announce, type Child, startChild } from '../stack/child.ts'
import type { Account } from './account.ts'
import type { Binaries } from './binaries.ts'

/** The role that owns everything. Only this process can connect as it, through the private socket. */
export const ownerRole = 'countersign_owner'
export const databaseName = 'countersign'

export interface ServerOptions {
  readonly binaries: Binaries
  readonly account: Account
  /** The cluster's folder and the private folder for the socket, both owned by the account, mode 0700. */
  readonly data: string
  readonly sockets: string
  readonly announce?: Announce | undefined
}

/**
 * Starts PostgreSQL on a Unix socket in a private folder; it has no TCP port. Resolves when it accepts connections.
 * Statements are logged with role and application name, as Azure's log would have them.
 */
export async function startServer(options: ServerOptions): Promise<Child> {
  const { binaries, account, data, sockets } = options
  const child = startChild({
    command: binaries.postgres,
    args: ['-D', data, ...settings(sockets).flatMap((setting) => ['-c', setting])],
    signal: 'SIGINT', // fast shutdown; SIGTERM would wait for every client to leave
    graceMs: 4000,
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    log: `${data}/../server.log`,
    announce: options.announce,
    ...(account.separate ? { uid: account.uid, gid: account.gid } : {}),
  })
  await untilReady(child, sockets)
  return child
}

/** Runs `use` with a connection of the owner, and closes it. */
export async function asOwner<T>(sockets: string, database: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ host: sockets, user: ownerRole, database, connectionTimeoutMillis: 5000 })
  client.on('error', () => undefined) // the server may go first; the query in flight reports it
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

function settings(sockets: string): string[] {
  return [
    'listen_addresses=',
    `unix_socket_directories=${sockets}`,
    'unix_socket_permissions=0700',
    'max_connections=200',
    'shared_buffers=32MB',
    'fsync=off',
    'full_page_writes=off',
    'synchronous_commit=off',
    'max_wal_size=64MB',
    'logging_collector=on',
    'log_directory=log',
    'log_filename=postgresql.log',
    'log_file_mode=0600',
    'log_statement=all',
    'log_line_prefix=%m [%p] user=%u db=%d app=%a ',
    'log_timezone=UTC',
    'timezone=UTC',
  ]
}

async function untilReady(child: Child, sockets: string): Promise<void> {
  let gone: number | string | undefined
  child.exited.then((code) => {
    gone = code
  })
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(15)) {
    if (gone !== undefined) throw new Error(`PostgreSQL ended at its start (${gone})`)
    if (await accepts(sockets)) return
  }
  await child.stop()
  throw new Error('PostgreSQL was not ready within 15 s')
}

function accepts(sockets: string): Promise<boolean> {
  return asOwner(sockets, 'postgres', async () => true).catch(() => false)
}
