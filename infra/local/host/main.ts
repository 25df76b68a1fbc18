/**
 * Runs one Functions app: `tsx infra/local/host/main.ts --app DIR [--port N] [--dispatch forward|direct]`. Prints one
 * JSON line `{"event":"ready","url":…}` on standard output when it listens; the log goes to standard error. SIGTERM,
 * SIGINT or the loss of its parent stop it gracefully, with exit code 0; a failed start ends with 1.
 */
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { startHost } from './host.ts'
import type { Dispatch } from './library.ts'
import { describeError } from './log.ts'
import { installOutgoingProxy } from './outgoing-proxy.ts'
import { watchParent } from './parent.ts'

function readDispatch(text: string): Dispatch {
  if (text === 'forward' || text === 'direct') return text
  throw new Error(`--dispatch is 'forward' or 'direct', not '${text}'`)
}

function readPort(text: string): number {
  const port = Number(text)
  if (!/^\d+$/.test(text) || port > 65_535) throw new Error(`--port is a number up to 65535, not '${text}'`)
  return port
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      app: { type: 'string', default: '.' },
      port: { type: 'string', default: '0' },
      dispatch: { type: 'string', default: 'forward' },
    },
  })
  return { appRoot: resolve(values.app), port: readPort(values.port), dispatch: readDispatch(values.dispatch) }
}

async function main(): Promise<void> {
  const options = readArguments()
  installOutgoingProxy(process.env)
  const gone = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve())
    watchParent(resolve)
  })
  const master = process.env.HOST_MASTER_KEY
  delete process.env.HOST_MASTER_KEY
  const host = await startHost({ ...options, ...(master === undefined ? {} : { keys: { master } }) })
  process.stdout.write(`${JSON.stringify({ event: 'ready', url: host.url, functions: host.functions })}\n`)
  await gone
  await host.stop()
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`The host did not start: ${describeError(error)}\n`)
    process.exit(1)
  },
)
