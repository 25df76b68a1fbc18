import { join } from 'node:path'
import { provideApp } from './app-build.ts'
import { runForeground } from './foreground.ts'
import { readPort } from './free-port.ts'
import { localFolder } from './local-folder.ts'
import type { Stack } from './stack.ts'

/** A command that runs a stack: its name for npm, its arguments, and what it does beside while the stack runs. */
export interface StackCommand {
  readonly name: string
  readonly args: readonly string[]
  /** Called when requests will succeed; what it returns is called before the stack stops. */
  readonly beside?: (stack: Stack, app: string) => () => void
  /** Lines that are printed last. */
  readonly hints?: readonly string[]
}

/** Builds and starts everything, says when it is ready, and runs until told to stop; the exit code. */
export async function runStack({ name, args, beside, hints = [] }: StackCommand): Promise<number> {
  const wrong = args.filter((arg) => arg !== '--keep')
  if (wrong.length > 0) return complain(`unknown argument ${wrong.join(' ')}\nusage: npm ${name} [-- --keep]`)
  const port = readPort(process.env.PORT)
  if (port === null)
    return complain(
      `PORT=${process.env.PORT} is no port: give 0 to 65535 (0 takes any free one; 7071 where it is not set)`,
    )
  const app = join(localFolder(), 'app')
  const options = { port, keep: args.includes('--keep'), app, prepare: () => provideApp(app) }
  return runForeground(options, (stack) => {
    process.stdout.write(greet(stack, hints))
    return beside?.(stack, app)
  })
}

function greet({ file, loss }: Stack, hints: readonly string[]): string {
  const lines = [
    ...(loss === null ? [] : [`The last run did not stop cleanly. May be lost: ${loss.mayBeLost.join('; ')}.`]),
    `Countersign is ready on ${file.gateway}`,
    '',
    'Try, in another terminal:',
    '  npm run demo',
    '  TOKEN=$(npm run --silent token -- alice)',
    `  curl -s ${file.gateway}/api/operations -H "Authorization: Bearer $TOKEN"`,
    '',
    ...hints,
    'Ctrl-C stops everything.',
  ]
  return `${lines.join('\n')}\n`
}

function complain(message: string): number {
  process.stderr.write(`${message}\n`)
  return 64
}
