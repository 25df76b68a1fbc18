/**
 * Starts the deployable package as Azure would: from a folder of its own without `node_modules` above it, with the
 * sample's settings, under a given Node. It must register every function and answer; no network is needed for that.
 */

import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { repository } from './check.ts'
import { runCommand } from './command.ts'
import { pack } from './package.ts'

const startMs = 30_000
/** Functions that every package has, whatever its backends, in each of its two apps. */
const expected = {
  gateway: ['health', 'openapi', 'operations', 'explain', 'fallback', 'azure-postgresql', 'rest-entra-api'],
  evidence: ['seal-rows', 'verify-chain', 'verify-segment', 'reconcile-calls', 'index-rows', 'keep-house'],
} as const
type AppName = keyof typeof expected

type Host = ChildProcessByStdio<Writable, Readable, Readable>

interface Ready {
  readonly url: string
  readonly functions: readonly { readonly name: string }[]
}

/** Loads every chunk of the bundle, the lazy ones too: one that asks for a package cannot be loaded here. */
const loadChunks = `
const { readdirSync } = require('node:fs')
const names = readdirSync('dist').filter((name) => /\\.js$/.test(name) && !/^(main|parser-entry|parser-polyglot-entry)\\./.test(name))
Promise.all(names.map((name) => import(process.cwd() + '/dist/' + name))).then(() => process.exit(names.length > 5 ? 0 : 2))
`

/** Makes the package and starts it once under each Node binary; rejects with the first fault. */
export async function smoke(nodes: readonly string[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'countersign package '))
  try {
    const app = await pack(join(folder, 'app'))
    for (const node of nodes) await startBoth(node, app)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function startBoth(node: string, app: string): Promise<void> {
  const loaded = await runCommand(node, ['-e', loadChunks], { cwd: app, env: {}, timeoutMs: startMs })
  if (loaded.code !== 0) throw new Error(`a chunk cannot be loaded under ${node}: ${loaded.output}`)
  for (const name of ['gateway', 'evidence'] as const) await startOnce(node, app, name)
}

async function startOnce(node: string, app: string, name: AppName): Promise<void> {
  const host = spawnHost(node, app, { ...(await sampleEnvironment()), COUNTERSIGN_APP: name })
  const late = setTimeout(() => host.kill('SIGKILL'), startMs)
  const log: string[] = []
  createInterface(host.stderr).on('line', (line) => log.push(line))
  try {
    await judge(await readReady(host), name)
    host.kill('SIGTERM')
    const [code] = await once(host, 'exit')
    if (code !== 0) throw new Error(`it ended with ${String(code)}`)
  } catch (error) {
    throw new Error(
      `the package's ${name} does not start under ${node}: ${String(error)}\n${log.slice(-20).join('\n')}`,
      {
        cause: error,
      },
    )
  } finally {
    clearTimeout(late)
    host.kill('SIGKILL')
  }
}

/** The environment holds nothing of this process but where commands are. */
async function sampleEnvironment(): Promise<NodeJS.ProcessEnv> {
  const { Values } = JSON.parse(await readFile(join(repository, 'local.settings.sample.json'), 'utf8'))
  return { PATH: process.env.PATH, HOME: process.env.HOME, ...Values }
}

function spawnHost(node: string, app: string, env: NodeJS.ProcessEnv): Host {
  const main = join(repository, 'infra/local/host/main.ts')
  const args = ['--import', import.meta.resolve('tsx'), main, '--app', app, '--dispatch', 'direct']
  return spawn(node, args, { cwd: app, env, stdio: ['pipe', 'pipe', 'pipe'] })
}

async function readReady(host: Host): Promise<Ready> {
  for await (const line of createInterface(host.stdout)) {
    if (line.startsWith('{"event":"ready"')) return JSON.parse(line)
  }
  throw new Error('it never was ready')
}

/** An app has all its functions and none of the other's: the evidence app has no public route. */
async function judge({ url, functions }: Ready, app: AppName): Promise<void> {
  const names = new Set(functions.map(({ name }) => name))
  const missing = expected[app].filter((name) => !names.has(name))
  const other = expected[app === 'gateway' ? 'evidence' : 'gateway']
  const foreign = other.filter((name) => names.has(name))
  if (foreign.length > 0) throw new Error(`these functions are not the ${app}'s: ${foreign.join(', ')}`)
  if (missing.length > 0)
    throw new Error(`these functions are missing: ${missing.join(', ')}; there are ${[...names].join(', ')}`)
  const document = await fetch(`${url}/openapi.json`)
  const status = app === 'gateway' ? 200 : 404
  if (document.status !== status) throw new Error(`/openapi.json of the ${app} answers ${document.status}`)
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const nodes = process.argv.slice(2)
  await smoke(nodes.length > 0 ? nodes : [process.execPath])
  process.stdout.write('the package starts\n')
}
