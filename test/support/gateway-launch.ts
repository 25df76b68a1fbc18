import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readRunningStack, type StackFile } from '../../infra/local/stack/local-folder.ts'
import { clientEnvironment } from '../../infra/local/stack/settings.ts'

const launcher = fileURLToPath(new URL('../../infra/local/launch.ts', import.meta.url))
const dumper = fileURLToPath(new URL('./gateway-dump.ts', import.meta.url))

/** A stack of its own folder, as `npm start` starts it, in processes of its own. */
export interface Launched {
  readonly file: StackFile
  /** All that the stack and its gateway have written to standard output and standard error. */
  readonly output: () => string
  /** A command of the launcher against this stack. */
  readonly command: (...args: string[]) => Promise<Finished>
  /** A script of the tests, with the stack's authority; resolves with what it printed. */
  readonly script: (path: string, ...args: string[]) => Promise<Finished>
  /** Every entity of every table, one JSON line each, with binary properties as the text that they hold. */
  readonly dump: () => Promise<string>
  readonly stop: () => Promise<void>
}

export interface Finished {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

const readyWithinMs = 60_000

/** Starts a stack and resolves when its gateway serves. */
export async function launchStack(): Promise<Launched> {
  const home = mkdtempSync(join(tmpdir(), 'countersign-gateway-'))
  const env = { ...process.env, PORT: '0', COUNTERSIGN_LOCAL_DIR: home }
  const child = spawnScript([launcher, 'start'], env)
  const lines: string[] = []
  child.stdout?.on('data', (chunk) => lines.push(String(chunk)))
  child.stderr?.on('data', (chunk) => lines.push(String(chunk)))
  const output = () => lines.join('')
  const file = await untilRunning(child, { home, output })
  return {
    file,
    output,
    ...stackCommands(home, file),
    stop: async () => {
      await stopChild(child)
      rmSync(home, { recursive: true, force: true })
    },
  }
}

/** The launcher's commands, and scripts of ours, against the stack of that folder. */
export function stackCommands(home: string, file: StackFile) {
  const env = { ...process.env, COUNTERSIGN_LOCAL_DIR: home }
  const script = (path: string, ...args: string[]): Promise<Finished> =>
    finish(spawnScript([path, ...args], { ...env, ...clientEnvironment(file) }))
  return {
    command: (...args: string[]): Promise<Finished> => finish(spawnScript([launcher, ...args], env)),
    script,
    dump: async (): Promise<string> => (await script(dumper)).stdout,
  }
}

function spawnScript(args: readonly string[], env: NodeJS.ProcessEnv): ChildProcess {
  // Standard input stays open: the stack ends with the process that started it.
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...args], { env, stdio: 'pipe' })
}

async function untilRunning(
  child: ChildProcess,
  { home, output }: { home: string; output: () => string },
): Promise<StackFile> {
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await sleep(50)) {
    const file = readRunningStack(home)
    if (file !== null) return file
    if (child.exitCode !== null) break
  }
  await stopChild(child)
  throw new Error(`the stack did not start:\n${output()}`)
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

async function finish(child: ChildProcess): Promise<Finished> {
  let stdout = ''
  let stderr = ''
  child.stdout?.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr?.on('data', (chunk) => {
    stderr += chunk
  })
  const [code] = await once(child, 'close')
  return { code: code as number | null, stdout, stderr }
}
