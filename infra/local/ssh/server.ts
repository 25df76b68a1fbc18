/**
 * A real OpenSSH server in a mount namespace of its own, in which the system's accounts are those that are given: people
 * sign in with certificates of one authority. It differs from a machine on Azure in that these accounts are in
 * `/etc/passwd` and not made by Microsoft's module, so that it takes root and `unshare`; and in the front before it, which
 * can cut connections.
 */
import { execFileSync } from 'node:child_process'
import { createHash, generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Child, startChild } from '../stack/child.ts'
import { blobOf } from './authority.ts'

export interface SshServerOptions {
  /** A folder of this server alone, which others may pass through. */
  readonly folder: string
  /** Sign-in names; each gets an account with a home under `folder` that nobody else may enter. */
  readonly people: readonly string[]
  /** Further names that are given the account of one of the people. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Line of the authority's public key. */
  readonly authority: string
}

export interface SshServer {
  readonly port: number
  /** SHA-256 of its key, as it is pinned. */
  readonly fingerprint: string
  readonly homeOf: (person: string) => string
  readonly log: () => string
  /** How many connections were opened to it. */
  readonly connections: () => number
  /** Cuts everything that is open now. */
  cut(): void
  stop(): Promise<void>
}

/** Whether this process may make such a namespace, and become other people in it. */
export function canRunSshd(): boolean {
  try {
    execFileSync('unshare', ['-m', '-p', '-f', 'true'], { stdio: 'ignore' })
    return process.getuid?.() === 0
  } catch {
    return false
  }
}

/** Starts the server; its front listens on a free port of 127.0.0.1. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const { folder } = options
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const write = (name: string, text: string, mode: number) => {
    writeFileSync(join(folder, name), text, { mode })
    return join(folder, name)
  }
  const hostKey = write('host_key', String(privateKey.export({ type: 'pkcs1', format: 'pem' })), 0o600)
  const homeOf = (person: string) => join(folder, String(options.people.indexOf(person)))
  const accounts = options.people.map((name, at) => makeAccount(name, homeOf(name), firstUid + at))
  const aliases = Object.entries(options.aliases ?? {}).map(([name, of]) =>
    describeAccount(name, homeOf(of), firstUid + options.people.indexOf(of)),
  )
  const system = readFileSync('/etc/passwd', 'utf8')
  const passwd = write('passwd', [system, ...accounts, ...aliases].join(''), 0o644)
  const trusted = write('authority.pub', `${options.authority}\n`, 0o644)
  const inner = await freePort()
  const config = write('sshd_config', settings({ hostKey, trusted, port: inner }), 0o600)
  const log = join(folder, 'sshd.log')
  const script = `mount --bind "$0" /etc/passwd && mount -t tmpfs tmpfs /run && mkdir -m 755 /run/sshd && exec /usr/sbin/sshd -D -e -f "$1"`
  // What still runs when the server ends, ends with it.
  const args = ['-m', '-p', '-f', '--kill-child', 'sh', '-c', script, passwd, config]
  const child = startChild({ command: 'unshare', args, signal: 'SIGTERM', graceMs: 3000, log })
  await untilReady(child, inner)
  const front = await startFront(inner)
  const fingerprint = createHash('sha256').update(blobOf(publicKey)).digest('base64').replace(/=+$/, '')
  return {
    ...front,
    fingerprint,
    homeOf,
    log: () => readFileSync(log, 'utf8'),
    stop: async () => {
      await front.stop()
      await child.stop()
    },
  }
}

/** Nobody's on a usual machine. */
const firstUid = 31_001

function makeAccount(name: string, home: string, uid: number): string {
  mkdirSync(home, { mode: 0o700 })
  chownSync(home, uid, uid)
  return describeAccount(name, home, uid)
}

function describeAccount(name: string, home: string, uid: number): string {
  return `${name}:x:${uid}:${uid}::${home}:/bin/sh\n`
}

function settings({ hostKey, trusted, port }: { hostKey: string; trusted: string; port: number }): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${hostKey}`,
    `TrustedUserCAKeys ${trusted}`,
    'AuthorizedKeysFile none',
    'AuthenticationMethods publickey',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'UsePAM no',
    'PidFile none',
    'PerSourceMaxStartups none',
    'MaxStartups 100',
    'PrintMotd no',
    '',
  ].join('\n')
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

async function untilReady(child: Child, port: number): Promise<void> {
  let gone: number | string | undefined
  child.exited.then((code) => {
    gone = code
  })
  for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(20)) {
    if (gone !== undefined) throw new Error(`sshd ended at its start (${gone})`)
    if (await greets(port)) return
  }
  await child.stop()
  throw new Error('sshd was not ready within 15 s')
}

function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function startFront(inner: number) {
  const open = new Set<Socket>()
  let count = 0
  const server = createServer((socket) => {
    count += 1
    const behind = connect(inner, '127.0.0.1')
    for (const [one, other] of [[socket, behind] as const, [behind, socket] as const]) {
      open.add(one)
      one.on('error', () => one.destroy())
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => {
    for (const socket of open) socket.destroy()
  }
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    cut()
    await closed
  }
  return { port: (server.address() as AddressInfo).port, connections: () => count, cut, stop }
}
