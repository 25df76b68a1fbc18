import { existsSync } from 'node:fs'
import { readPort } from '../stack/free-port.ts'
import { watchParent } from '../stack/lifeline.ts'
import { projectRoot } from '../stack/local-folder.ts'
import { type Stack, startStack } from '../stack/stack.ts'

const usage = 'usage: npm start [-- --keep]\n'

/** `npm start`: builds and starts everything, says when it is ready, and runs until told to stop. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg !== '--keep')) {
    process.stderr.write(usage)
    return 64
  }
  const asked = waitForEnd()
  try {
    const stack = await startStack({ port: readPort(process.env.PORT), keep: args.includes('--keep'), prepare: build })
    greet(stack)
    return await runUntilEnd(stack, asked)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}

async function runUntilEnd(stack: Stack, asked: Promise<string>): Promise<number> {
  const failed = stack.gatewayEnded.then((code) => `the gateway ended (${code})`)
  const reason = await Promise.race([asked, failed])
  await stack.stop()
  const unexpected = reason.startsWith('the gateway')
  if (unexpected) process.stderr.write(`${reason}; everything else was stopped\n`)
  return unexpected ? 1 : 0
}

/** Resolves at Ctrl-C, at a request to end, and when the process that started us is gone. */
function waitForEnd(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => resolve(signal))
    watchParent(() => resolve('parent'))
  })
}

async function build(): Promise<void> {
  const script = new URL('../../build/build.ts', import.meta.url)
  if (!existsSync(script)) throw new Error(`there is no build to run: ${script.pathname} is missing in ${projectRoot}`)
  const { build: buildAll } = (await import(script.href)) as { build: () => Promise<unknown> }
  await buildAll()
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
