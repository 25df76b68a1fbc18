import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { type Child, startChild } from '../stack/child.ts'
import { currentUid } from '../stack/scratch.ts'

/** A MariaDB on a Unix socket in a private folder; it has no TCP port. */
export interface MysqlServer {
  readonly socket: string
  stop(): Promise<void>
}

/**
 * Starts MariaDB in `folder` (0700), which has to be empty, and runs `setup` as its owner. Users that `setup` makes need
 * no password: only whoever may enter the folder reaches the socket.
 */
export async function startMysql(folder: string, setup: string): Promise<MysqlServer> {
  const data = join(folder, 'data')
  const socket = join(folder, 'my.sock')
  const own = currentUid() === 0 ? ['--user=root'] : []
  const install = ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db']
  await promisify(execFile)('mariadb-install-db', [...install, ...own])
  const script = join(folder, 'setup.sql')
  writeFileSync(script, setup, { mode: 0o600 })
  const child = startChild({
    command: 'mariadbd',
    args: ['--no-defaults', ...own, `--datadir=${data}`, `--socket=${socket}`, ...settings, `--init-file=${script}`],
    signal: 'SIGTERM',
    graceMs: 3000,
    log: join(folder, 'mariadb.log'),
  })
  await untilReady(child, socket)
  return { socket, stop: () => child.stop() }
}

const settings = [
  '--skip-networking',
  '--innodb-buffer-pool-size=16M',
  '--innodb-flush-log-at-trx-commit=0',
  '--max-allowed-packet=64M',
  '--character-set-server=utf8mb4',
  '--performance-schema=OFF',
]

async function untilReady(child: Child, socket: string): Promise<void> {
  let gone: number | string | undefined
  child.exited.then((code) => {
    gone = code
  })
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) {
    if (gone !== undefined) throw new Error(`MariaDB ended at its start (${gone})`)
    if (await accepts(socket)) return
  }
  await child.stop()
  throw new Error('MariaDB was not ready within 15 s')
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
