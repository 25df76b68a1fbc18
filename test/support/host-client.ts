import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'

/** An answer read byte by byte, for requests that fetch would not send. */
export interface RawAnswer {
  readonly status: number
  readonly head: string
  readonly body: string
}

/** Sends request lines as they are, `connection: close` added, and reads until the end. */
export async function sendRaw(base: string, lines: readonly string[]): Promise<RawAnswer> {
  const { hostname, port } = new URL(base)
  const socket = connect({ host: hostname, port: Number(port) })
  socket.write([...lines, 'connection: close', '', ''].join('\r\n'))
  let text = ''
  for await (const chunk of socket) text += String(chunk)
  const [head = '', ...body] = text.split('\r\n\r\n')
  return { status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') }
}

/** A host that runs as a child process. */
export interface ChildHost {
  readonly url: string
  readonly child: ChildProcess
  readonly log: () => string
  /** Resolves to exit code and signal. */
  readonly ended: Promise<unknown[]>
}

export const fixtures = fileURLToPath(new URL('./host-fixtures/', import.meta.url))

const main = fileURLToPath(new URL('../../infra/local/host/main.ts', import.meta.url))

/** Starts the command line of the host; `ipc` gives it a channel and no pipe as standard input. */
export function spawnHost(args: readonly string[], options: { ipc?: boolean; env?: Record<string, string> } = {}) {
  const stdio = options.ipc ? (['ignore', 'pipe', 'pipe', 'ipc'] as const) : (['pipe', 'pipe', 'pipe'] as const)
  const env = { ...process.env, ...options.env }
  const child = spawn(process.execPath, ['--import', 'tsx', main, ...args], { stdio: [...stdio], env })
  const written = { out: '', log: '' }
  child.stdout?.on('data', (chunk) => {
    written.out += String(chunk)
  })
  child.stderr?.on('data', (chunk) => {
    written.log += String(chunk)
  })
  return { child, written, ended: once(child, 'exit') }
}

/** Starts a host as a child process and waits for its ready line. */
export async function startChildHost(
  args: readonly string[],
  options: { ipc?: boolean; env?: Record<string, string> } = {},
): Promise<ChildHost> {
  const { child, written, ended } = spawnHost(args, options)
  const deadline = Date.now() + 15_000
  while (!written.out.includes('\n')) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the host did not start: ${written.log}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  const ready = JSON.parse(written.out.split('\n')[0] ?? '') as { url: string }
  return { url: ready.url, child, log: () => written.log, ended }
}
