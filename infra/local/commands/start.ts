import { copyFileSync, existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { runForeground } from '../stack/foreground.ts'
import { readPort } from '../stack/free-port.ts'
import { localFolder, projectRoot } from '../stack/local-folder.ts'
import type { Stack } from '../stack/stack.ts'

const usage = 'usage: npm start [-- --keep]'

/** `npm start`: builds and starts everything, says when it is ready, and runs until told to stop. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--keep')) return complain(usage)
  const port = readPort(process.env.PORT)
  if (port === null) return complain('PORT is not a port: give 0 to 65535 (0 takes any free one)')
  const app = join(localFolder(), 'app')
  return runForeground({ port, keep: args.includes('--keep'), app, prepare: () => buildApp(app) }, greet)
}

/** Builds what would be deployed into a folder of this stack's own: a second stack must not pull it from under it. */
async function buildApp(app: string): Promise<void> {
  const script = new URL('../../build/build.ts', import.meta.url)
  if (!existsSync(script)) throw new Error('there is no build to run: infra/build/build.ts is missing')
  const { build } = (await import(script.href)) as { build: (folder: string) => Promise<unknown> }
  mkdirSync(app, { recursive: true, mode: 0o700 })
  for (const name of ['package.json', 'host.json']) copyIfThere(join(projectRoot, name), join(app, name))
  await build(join(app, 'dist'))
}

function copyIfThere(from: string, to: string): void {
  if (existsSync(from)) copyFileSync(from, to)
}

function greet({ file, loss }: Stack): void {
  const lines = [
    ...(loss === null ? [] : [`The last run did not stop cleanly. May be lost: ${loss.mayBeLost.join('; ')}.`]),
    `Countersign is ready on ${file.gateway}`,
    '',
    'Try, in another terminal:',
    '  npm run demo',
    '  TOKEN=$(npm run --silent token -- alice)',
    `  curl -s ${file.gateway}/api/operations -H "Authorization: Bearer $TOKEN"`,
    '',
    'Ctrl-C stops everything.',
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function complain(message: string): number {
  process.stderr.write(`${message}\n`)
  return 64
}
