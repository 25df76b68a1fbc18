import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Announce } from '../stack/child.ts'
import { assertOwned } from '../stack/scratch.ts'
import { type Account, currentUserName } from './account.ts'
import type { Binaries } from './binaries.ts'
import { type DatabasePerson, writePeople } from './people.ts'
import { asOwner, databaseName, ownerRole, startServer } from './server.ts'

const run = promisify(execFile)

export interface ClusterOptions {
  readonly cache: string
  readonly binaries: Binaries
  readonly account: Account
  readonly people: readonly DatabasePerson[]
  readonly announce?: Announce | undefined
}

/**
 * Makes `to` a fresh cluster with all data: a copy of a template that is built once per PostgreSQL version and seed
 * (the copy takes a tenth of the time). Templates lie where only this user can reach them.
 */
export async function makeCluster(to: string, options: ClusterOptions): Promise<void> {
  const seed = await readSeed(options.people)
  const key = createHash('sha256').update(`${options.binaries.version}\n${currentUserName()}\n${seed}`).digest('hex')
  const templates = join(options.cache, 'clusters')
  await mkdir(templates, { recursive: true, mode: 0o700 })
  assertOwned(templates)
  const template = join(templates, key.slice(0, 32))
  if (!existsSync(template)) await buildTemplate({ template, seed }, options)
  await copyCluster(template, to)
}

/** Copies a cluster's folder with owner and modes. `cp` because it is ten times quicker than Node here. */
export async function copyCluster(from: string, to: string): Promise<void> {
  await run('cp', ['-a', from, to])
}

/** A folder that only the database's account may enter. */
export async function makePrivateFolder(path: string, account: Account): Promise<string> {
  await mkdir(path, { mode: 0o700 })
  if (account.separate) await chown(path, account.uid, account.gid)
  return path
}

async function readSeed(people: readonly DatabasePerson[]): Promise<string> {
  const tables = await readFile(new URL('./seed.sql', import.meta.url), 'utf8')
  return `${tables}\n${writePeople(people)}\n${databaseRights()}`
}

function databaseRights(): string {
  return `
    ALTER DATABASE ${databaseName} SET statement_timeout = '30s';
    ALTER DATABASE ${databaseName} SET idle_in_transaction_session_timeout = '60s';
    REVOKE ALL ON DATABASE ${databaseName}, postgres, template1 FROM PUBLIC;
    GRANT CONNECT ON DATABASE ${databaseName} TO people;
    REVOKE ALL ON SCHEMA public FROM PUBLIC;
    ANALYZE;`
}

async function buildTemplate(job: { template: string; seed: string }, options: ClusterOptions): Promise<void> {
  // Built outside the templates' private folder, which the database's account cannot enter.
  const workshop = await mkdtemp(join(options.cache, 'build-'))
  try {
    const room = await makePrivateFolder(join(workshop, 'room'), options.account)
    await run('chmod', ['711', workshop])
    const data = join(room, 'data')
    await initialise(data, options)
    await fill({ data, sockets: room, seed: job.seed }, options)
    // Another start may have been quicker: its template is as good as ours.
    await rename(data, job.template).catch(() => undefined)
  } finally {
    await rm(workshop, { recursive: true, force: true })
  }
}

async function initialise(data: string, { binaries, account }: ClusterOptions): Promise<void> {
  const args = ['-D', data, '-U', ownerRole, '-A', 'reject', '--no-sync', '--no-instructions']
  await run(binaries.initdb, [...args, '--locale=C', '--encoding=UTF8', '--wal-segsize=1'], {
    cwd: '/',
    env: { LC_ALL: 'C', TZ: 'UTC' },
    ...(account.separate ? { uid: account.uid, gid: account.gid } : {}),
  })
  // The kernel says who is at the other end of the socket; our own user, and nobody else, may be any role.
  await writeFile(join(data, 'pg_hba.conf'), 'local all all peer map=front\n')
  await writeFile(join(data, 'pg_ident.conf'), `front "${currentUserName()}" all\n`)
}

async function fill(place: { data: string; sockets: string; seed: string }, options: ClusterOptions): Promise<void> {
  const server = await startServer({ ...options, data: place.data, sockets: place.sockets })
  try {
    await asOwner(place.sockets, 'postgres', (client) => client.query(`CREATE DATABASE ${databaseName}`))
    await asOwner(place.sockets, databaseName, (client) => client.query(place.seed))
  } finally {
    await server.stop()
  }
}
