import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readRunningStack } from '../stack/local-folder.ts'

const launch = fileURLToPath(new URL('../launch.ts', import.meta.url))
const readyWithinMs = 90_000

/** Starts a stack for this demo alone, plays the demo against it in a second process, and stops it. */
export async function runWithOwnStack(): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-demo-'))
  const env = { ...process.env, PORT: '0', COUNTERSIGN_LOCAL_DIR: folder }
  const stack = start('start', env, ['pipe', 'ignore', 'inherit'])
  try {
    process.stdout.write('No stack is running: starting one for this demo …\n')
    await untilRunning(stack, folder)
    const demo = start('demo', env, 'inherit')
    const [code] = await once(demo, 'exit')
    return typeof code === 'number' ? code : 1
  } finally {
    await stop(stack)
    rmSync(folder, { recursive: true, force: true })
  }
}

function start(
  command: string,
  env: NodeJS.ProcessEnv,
  stdio: 'inherit' | ['pipe', 'ignore', 'inherit'],
): ChildProcess {
  return spawn(process.execPath, ['--import', import.meta.resolve('tsx'), launch, command], { env, stdio })
}

async function untilRunning(stack: ChildProcess, folder: string): Promise<void> {
  for (const deadline = Date.now() + readyWithinMs; Date.now() < deadline; await sleep(100)) {
    if (readRunningStack(folder) !== null) return
    if (stack.exitCode !== null) throw new Error('the stack did not start')
  }
  throw new Error(`the stack was not ready within ${readyWithinMs / 1000} s`)
}

async function stop(stack: ChildProcess): Promise<void> {
  if (stack.exitCode !== null) return
  stack.kill('SIGTERM')
  await once(stack, 'exit')
}
