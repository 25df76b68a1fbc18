/**
 * The one way in for every npm script: `tsx infra/local/launch.ts <command> [arguments]`. Commands that talk to a running
 * stack are run in a second process, since Node reads extra certificate authorities only at its start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { localFolder, readRunningStack } from './stack/local-folder.ts'
import { clientEnvironment } from './stack/settings.ts'

/** Every command, and whether it talks to a running stack. */
const commands: Readonly<Record<string, { readonly file: string; readonly client: boolean }>> = {
  start: { file: 'start', client: false },
  dev: { file: 'dev', client: false },
  demo: { file: 'demo', client: true },
  token: { file: 'token', client: false },
  'audit:verify': { file: 'audit-verify', client: true },
  policy: { file: 'policy', client: false },
  'sql:understand': { file: 'sql-understand', client: false },
}

async function launch([name, ...args]: readonly string[]): Promise<number> {
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return complain(`unknown command; there are: ${Object.keys(commands).join(', ')}`, 64)
  const script = new URL(`./commands/${command.file}.ts`, import.meta.url)
  if (!existsSync(script)) return complain(`the command ${name} is not part of this version`, 69)
  const stack = command.client && process.env.COUNTERSIGN_STACK_PROXY === undefined ? currentStack() : null
  if (stack !== null) return runAgain(stack, process.argv.slice(2))
  const { run } = (await import(script.href)) as { run: (args: readonly string[]) => Promise<number> }
  return run(args)
}

function currentStack(): { ca: string; proxy: string } | null {
  return readRunningStack(localFolder())
}

async function runAgain(stack: { ca: string; proxy: string }, args: readonly string[]): Promise<number> {
  const script = fileURLToPath(import.meta.url)
  const child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), script, ...args], {
    stdio: 'inherit',
    env: { ...process.env, ...clientEnvironment(stack) },
  })
  // Ctrl-C reaches the child by itself; a request to end is passed on.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  const [code] = await once(child, 'exit')
  return typeof code === 'number' ? code : 1
}

function complain(message: string, code: number): number {
  process.stderr.write(`${message}\n`)
  return code
}

process.exitCode = await launch(process.argv.slice(2))
