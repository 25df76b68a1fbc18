import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { readLosses } from '../../infra/local/stack/kept-state.ts'
import { readJson, type StackFile, writePrivate } from '../../infra/local/stack/local-folder.ts'
import { startOf } from '../../infra/local/stack/process-identity.ts'

const runner = fileURLToPath(new URL('./stack-runner.ts', import.meta.url))
const tsx = import.meta.resolve('tsx')
const folders: string[] = []
const running: ChildProcess[] = []

interface Run {
  readonly process: ChildProcess
  readonly file: StackFile
  readonly loss: { readonly mayBeLost: readonly string[] } | null
  readonly ended: Promise<number | null>
}

function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'countersign home '))
  folders.push(home)
  return home
}

interface Way {
  readonly args?: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly prefix?: readonly string[]
}

function spawnRunner(home: string, { args = [], env = {}, prefix = [] }: Way = {}): ChildProcess {
  const [command = '', ...rest] = [...prefix, process.execPath, '--import', tsx, runner, ...args]
  const child = spawn(command, rest, {
    env: { ...process.env, PORT: '0', COUNTERSIGN_LOCAL_DIR: home, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.push(child)
  return child
}

async function startRunner(home: string, way: Way = {}): Promise<Run> {
  const child = spawnRunner(home, way)
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  let complaint = ''
  child.stderr?.on('data', (chunk) => {
    complaint += chunk
  })
  const line = once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line')
  const first = await Promise.race([line, ended.then(() => Promise.reject(new Error(complaint)))])
  const { ready, loss } = JSON.parse(String(first[0])) as { ready: StackFile; loss: Run['loss'] }
  return { process: child, file: ready, loss, ended }
}

async function failedStart(home: string, env: NodeJS.ProcessEnv = {}): Promise<{ code: number; message: string }> {
  const child = spawnRunner(home, { env })
  let message = ''
  child.stderr?.on('data', (chunk) => {
    message += chunk
  })
  const [code] = await once(child, 'exit')
  return { code, message }
}

const isGone = (pid: number) => startOf(pid) === null

async function leftOver(file: StackFile, withinMs = 0): Promise<string[]> {
  const parts = Object.entries(file.pids)
  const left = () => parts.filter(([, pid]) => !isGone(pid)).map(([name]) => name)
  for (const deadline = Date.now() + withinMs; Date.now() < deadline && left().length > 0; ) await sleep(50)
  return left()
}

/** Run folders of one stack; others may be running beside it. */
function runFolders(stack: number): string[] {
  const all = readdirSync(tmpdir()).filter((name) => name.startsWith('countersign-run-'))
  return all.filter((name) => readJson<{ pid: number }>(join(tmpdir(), name, 'owner.json'))?.pid === stack)
}

afterEach(async () => {
  for (const child of running.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

describe('a stack', () => {
  it('says where everything is, runs once in a folder, and leaves nothing at Ctrl-C', async () => {
    const home = makeHome()
    writePrivate(join(home, 'stack.json'), { gateway: 'http://localhost:1', pids: { stack: 4_194_305 } })
    const { process: child, file, ended } = await startRunner(home)
    expect(runFolders(file.pids.stack)).toHaveLength(1)
    const path = join(home, 'stack.json')
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(file)
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(Object.keys(file)).toEqual([
      'gateway',
      'entra',
      'tenant',
      'clientId',
      'tables',
      'evidenceApp',
      'blobs',
      'evidence',
      'vault',
      'logs',
      'notices',
      'ca',
      'proxy',
      'backends',
      'settings',
      'pids',
    ])
    const settings = (await (await fetch(`${file.gateway}/settings`)).json()) as Record<string, string>
    expect(settings).toMatchObject({
      COUNTERSIGN_MODE: 'development',
      COUNTERSIGN_PUBLIC_URL: file.gateway,
      COUNTERSIGN_ENTRA_URL: file.entra,
      COUNTERSIGN_AUDIT_TABLES_URL: file.tables.url,
    })
    expect(settings).not.toHaveProperty('COUNTERSIGN_STACK_PROXY')
    const backends = JSON.parse(settings.COUNTERSIGN_BACKENDS ?? '') as Record<string, { port?: number }>
    expect(backends['azure-postgresql']?.port).toBe(file.backends['azure-postgresql'].port)
    const second = await failedStart(home)
    expect(second.code).toBe(1)
    expect(second.message).toContain('COUNTERSIGN_LOCAL_DIR')
    expect((await fetch(`${file.gateway}/health`)).status).toBe(200)

    child.kill('SIGINT')
    expect(await ended).toBe(0)
    expect(await leftOver(file)).toEqual([])
    expect(existsSync(path)).toBe(false)
    expect(runFolders(file.pids.stack)).toEqual([])
  })

  it('runs beside another, ends with its gateway, and leaves no process when it is killed without warning', {
    timeout: 60_000,
  }, async () => {
    const homes = [makeHome(), makeHome()] as const
    const [one, two] = await Promise.all([startRunner(homes[0]), startRunner(homes[1])])
    process.kill(one.file.pids.gateway, 'SIGKILL')
    expect(await one.ended).toBe(1)
    expect(await leftOver(one.file)).toEqual([])

    expect((await fetch(`${two.file.gateway}/health`)).status).toBe(200)
    two.process.kill('SIGKILL')
    expect(await leftOver(two.file, 15_000)).toEqual([])
    expect(existsSync(join(homes[1], 'stack.json'))).toBe(false)
  })

  it.skipIf(process.platform !== 'linux')('leaves no process when it is killed while it starts (/proc)', async () => {
    const child = spawnRunner(makeHome())
    const children = () => readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
    for (const deadline = Date.now() + 15_000; Date.now() < deadline && children().length < 2; ) await sleep(20)
    const known = children().map(Number)
    expect(known.length).toBeGreaterThan(1)
    child.kill('SIGKILL')
    for (const deadline = Date.now() + 15_000; Date.now() < deadline && !known.every(isGone); ) await sleep(50)
    expect(known.filter((pid) => !isGone(pid))).toEqual([])
  })

  it('names a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const { code, message } = await failedStart(makeHome(), { PORT: String(port) })
    server.close()
    expect(code).toBe(1)
    expect(message).toContain(`port ${port}`)
  })

  it('keeps its secrets, declares after an unclean stop what may be lost, and ends with the process that started it', {
    timeout: 60_000,
  }, async () => {
    const home = makeHome()
    const kept = (name: string) => join(home, 'kept', name)
    const first = await startRunner(home, { args: ['--keep'] })
    first.process.kill('SIGTERM')
    expect(await first.ended).toBe(0)
    // Where notices go is a port of this start, and the secret says it anew.
    const vaultKept = () =>
      JSON.parse(readFileSync(kept('vault.json'), 'utf8'), (name, value) => (/^notice-/.test(name) ? undefined : value))
    const vault = vaultKept()
    expect(statSync(kept('')).mode & 0o777).toBe(0o700)
    expect(statSync(kept('vault.json')).mode & 0o777).toBe(0o600)

    const second = await startRunner(home, { args: ['--keep'] })
    expect(second.loss).toBeNull()
    expect(vaultKept()).toEqual(vault)
    second.process.kill('SIGKILL')
    expect(await leftOver(second.file, 15_000)).toEqual([])

    const third = await startRunner(home, { args: ['--keep'], prefix: ['sh', '-c', '"$@"; exit 0', 'sh'] })
    expect(third.loss?.mayBeLost.length).toBeGreaterThan(0)
    expect(readLosses(kept(''), third.file.pids.stack)).toHaveLength(1)
    expect(third.file.pids.stack).not.toBe(third.process.pid)
    third.process.kill('SIGKILL')
    expect(await leftOver(third.file, 15_000)).toEqual([])
  })

  const isRoot = process.getuid?.() === 0
  const hasSetpriv = spawnSync('setpriv', ['--version']).status === 0
  it.skipIf(!isRoot || !hasSetpriv)('runs as an ordinary user (tested by root with setpriv)', async () => {
    const home = makeHome()
    const nobody = spawnSync('id', ['-u', 'nobody']).stdout.toString().trim()
    spawnSync('chown', [nobody, home])
    chmodSync(home, 0o700)
    const prefix = ['setpriv', `--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups']
    const { process: child, file, ended } = await startRunner(home, { prefix, env: { HOME: home } })
    expect(startOf(file.pids.postgres)).not.toBeNull()
    expect(statSync(`/proc/${file.pids.gateway}`).uid).toBe(Number(nobody))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
    expect(await leftOver(file)).toEqual([])
  })
})
