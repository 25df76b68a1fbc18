import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Announce, type Child, startChild } from './child.ts'
import { argumentsFor } from './script.ts'

export interface GatewayOptions {
  /** The evidence app answers no request: it serves when its host listens. */
  readonly isQuiet?: boolean
  /** Folder of the Functions app: its package.json's `main` is the entry. */
  readonly app: string
  readonly port: number
  readonly env: NodeJS.ProcessEnv
  readonly announce?: Announce | undefined
}

const deadlineMs = 30_000

/** Starts the Functions host with an app in it, and resolves when `/health` answers that it can serve. */
export async function startGateway(options: GatewayOptions): Promise<Child & { readonly url: string }> {
  const host = argumentsFor({ bundled: 'gateway.mjs', source: 'host/main.ts' })
  const child = startChild({
    command: process.execPath,
    args: [...host, '--app', options.app, '--port', String(options.port)],
    signal: 'SIGTERM',
    graceMs: 10_000,
    cwd: options.app,
    env: options.env,
    lifeline: true,
    announce: options.announce,
  })
  try {
    const ready = options.isQuiet ? readReadyEvent(child) : untilServing(child, options.port)
    return { ...child, url: await Promise.race([ready, failAtExit(child)]) }
  } catch (error) {
    await child.stop()
    throw error
  }
}

async function untilServing(child: Child, port: number): Promise<string> {
  const url = await readReadyEvent(child)
  for (const deadline = Date.now() + deadlineMs; Date.now() < deadline; await sleep(25)) {
    const answer = await fetch(`http://127.0.0.1:${port}/health`).catch(() => null)
    await answer?.body?.cancel()
    if (answer?.ok) return url
  }
  throw new Error(`the gateway did not become healthy within ${deadlineMs / 1000} s`)
}

/** The host says on its standard output, as one JSON line, that it listens; all its other lines are passed on. */
async function readReadyEvent(child: Child): Promise<string> {
  const { stdout } = child.process
  if (stdout === null) throw new Error('the host has no output to read')
  const lines = createInterface({ input: stdout })
  return new Promise<string>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('"event":"ready"')) resolve((JSON.parse(line) as { url: string }).url)
      else process.stderr.write(`${line}\n`)
    })
  })
}

async function failAtExit(child: Child): Promise<never> {
  throw new Error(`the app ended at its start (${await child.exited})`)
}
