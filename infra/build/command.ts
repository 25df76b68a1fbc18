import { spawn } from 'node:child_process'

/** What a finished command left: its exit code (null where a signal ended it) and all that it wrote. */
export interface Ran {
  readonly code: number | null
  readonly output: string
}

export interface CommandOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Shows the output as it comes, instead of keeping it. */
  readonly show?: boolean
  readonly timeoutMs: number
}

/** Runs a command to its end, or kills it when its time is over. Never rejects: a command that is missing has no code. */
export function runCommand(command: string, args: readonly string[], options: CommandOptions): Promise<Ran> {
  const { cwd, env = process.env, show = false, timeoutMs } = options
  const child = spawn(command, [...args], {
    ...(cwd === undefined ? {} : { cwd }),
    env,
    stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  })
  const chunks: Buffer[] = []
  child.stdout?.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr?.on('data', (chunk: Buffer) => chunks.push(chunk))
  const output = () => Buffer.concat(chunks).toString('utf8')
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ code: null, output: `${output()}${error.message}\n` }))
    child.once('close', (code) => resolve({ code, output: output() }))
  })
}
