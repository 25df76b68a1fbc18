/**
 * The one way in for every npm script: `tsx infra/local/launch.ts <command> [arguments]`. Commands that talk to a running
 * stack are run in a second process, since Node reads extra certificate authorities only at its start.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { namesDeployment } from '../operate/names.ts'
import { openBundle } from './stack/bundle.ts'
import { localFolder, readRunningStack } from './stack/local-folder.ts'

/** `stack` commands run one, `client` commands talk to the one that runs. */
const commands: Readonly<Record<string, { readonly file: string; readonly kind: 'stack' | 'client' | 'other' }>> = {
  start: { file: 'start', kind: 'stack' },
  dev: { file: 'dev', kind: 'stack' },
  demo: { file: 'demo', kind: 'client' },
  token: { file: 'token', kind: 'other' },
  'audit:verify': { file: 'audit-verify', kind: 'client' },
  'audit:night': { file: 'audit-night', kind: 'client' },
  'audit:export': { file: 'audit-export', kind: 'client' },
  'audit:sample': { file: 'audit-sample', kind: 'client' },
  'audit:erase': { file: 'audit-erase', kind: 'client' },
  'audit:hold': { file: 'audit-hold', kind: 'client' },
  'audit:failover': { file: 'audit-failover', kind: 'client' },
  'audit:rotate': { file: 'audit-rotate', kind: 'client' },
  policy: { file: 'policy', kind: 'client' },
  classify: { file: 'classify', kind: 'other' },
  'sql:understand': { file: 'sql-understand', kind: 'other' },
  bench: { file: 'bench', kind: 'other' },
  doctor: { file: 'doctor', kind: 'client' },
  'identity:request': { file: 'identity-request', kind: 'other' },
  'backend:new': { file: 'backend-new', kind: 'other' },
}

async function launch([name, ...args]: readonly string[]): Promise<number> {
  const command = name !== undefined && Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command === undefined) return complain(`unknown command; there are: ${Object.keys(commands).join(', ')}`, 64)
  const script = new URL(`./commands/${command.file}.ts`, import.meta.url)
  if (!existsSync(script)) return complain(`the command ${name} is not part of this version`, 69)
  const stack = command.kind === 'client' && !isInside() ? readRunningStack(localFolder()) : null
  if (stack !== null) return runAgain(stack, process.argv.slice(2))
  const bundle = command.kind === 'stack' ? await openBundle() : null
  const module = bundle === null ? script : pathToFileURL(join(bundle, `${command.file}.mjs`))
  const { run } = (await import(module.href)) as { run: (args: readonly string[]) => Promise<number> }
  return run(args)
}

/** Started again already, or acting on a deployment in Azure, which needs nothing of a stack that may run beside. */
function isInside(): boolean {
  return process.env.COUNTERSIGN_STACK_PROXY !== undefined || namesDeployment(process.env)
}

async function runAgain(stack: { ca: string; proxy: string }, args: readonly string[]): Promise<number> {
  const { clientEnvironment } = await import('./stack/settings.ts')
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

/** Where nothing else was said: 1, and the sentence of the error, since a place in our code helps nobody who operates. */
async function report(error: unknown): Promise<number> {
  const { describeFailure } = await import('./failure.ts')
  return complain(describeFailure(process.argv[2] ?? 'countersign', error), 1)
}

process.exitCode = await launch(process.argv.slice(2)).catch(report)
