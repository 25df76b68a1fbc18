import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Announce, Child } from '../stack/child.ts'
import { openCacheFolder } from '../stack/scratch.ts'
import { findAccount } from './account.ts'
import { stageBinaries } from './binaries.ts'
import { copyCluster, makeCluster, makePrivateFolder } from './cluster.ts'
import type { DatabasePerson } from './people.ts'
import { databaseName, startServer } from './server.ts'

/** `run` is the run folder of the stack; `keep` a folder that outlives it, if the data shall. */
export interface DatabaseOptions {
  readonly run: string
  readonly keep?: string | undefined
  readonly people: readonly DatabasePerson[]
  readonly announce?: Announce | undefined
}

/** A running PostgreSQL: reachable only through the socket folder. `log` is the statement log. */
export interface Database {
  readonly pid: number
  readonly sockets: string
  readonly database: string
  readonly log: string
  stop(): Promise<void>
}

/**
 * Starts the embedded PostgreSQL with its data. It always works on a copy in the run folder, since its account may
 * not reach the project's folder; with `keep` the copy goes back at a clean stop.
 */
export async function startDatabase(options: DatabaseOptions): Promise<Database> {
  const cache = openCacheFolder()
  const [binaries, account] = await Promise.all([stageBinaries(cache), findAccount()])
  const room = await makePrivateFolder(join(options.run, 'postgres'), account)
  const data = join(room, 'data')
  const kept = options.keep === undefined ? null : join(options.keep, 'postgres')
  if (kept !== null && existsSync(kept)) await copyCluster(kept, data)
  else await makeCluster(data, { ...options, cache, binaries, account })
  const server = await startServer({ ...options, binaries, account, data, sockets: room })
  const stop = () => stopDatabase(server, { data, kept })
  return { pid: server.pid, sockets: room, database: databaseName, log: join(data, 'log', 'postgresql.log'), stop }
}

async function stopDatabase(server: Child, place: { data: string; kept: string | null }): Promise<void> {
  await server.stop()
  if (place.kept === null) return
  const aside = `${place.kept}.new`
  await rm(aside, { recursive: true, force: true })
  await mkdir(join(place.kept, '..'), { recursive: true, mode: 0o700 })
  await copyCluster(place.data, aside)
  await rm(place.kept, { recursive: true, force: true })
  await rename(aside, place.kept)
}
