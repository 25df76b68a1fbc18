import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'

/** A process of the embedded stack. `stop` resolves when it is gone. */
export interface Child {
  readonly pid: number
  readonly process: ChildProcess
  /** Resolves with the exit code (or the signal's name) once the process is gone. */
  readonly exited: Promise<number | string>
  stop(): Promise<void>
}

/** `signal` asks the process to end; after `graceMs` it is killed. `log` is a file that takes both outputs. */
export interface ChildOptions {
  readonly command: string
  readonly args: readonly string[]
  readonly signal: NodeJS.Signals
  readonly graceMs?: number
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly gid?: number
  readonly log?: string
  /** Keeps the child's standard input open for as long as this process lives, so that it can notice its death. */
  readonly lifeline?: boolean
  readonly announce?: Announce | undefined
}

/** Told of every process at its very start, so that none is forgotten if this one is killed. */
export type Announce = (pid: number, signal: NodeJS.Signals) => void

/**
 * Starts a process in its own process group, so that Ctrl-C in a terminal reaches only the stack, which then stops its
 * parts in order. Output goes to the log file; without one, standard output is piped.
 */
export function startChild(options: ChildOptions): Child {
  const log = options.log === undefined ? null : openSync(options.log, 'a', 0o600)
  const child = spawn(options.command, [...options.args], spawnOptions(options, log))
  if (log !== null) closeSync(log)
  const exited = exitOf(child)
  if (child.pid !== undefined) options.announce?.(child.pid, options.signal)
  return { pid: child.pid ?? -1, process: child, exited, stop: () => stopChild(child, exited, options) }
}

function spawnOptions(options: ChildOptions, log: number | null): SpawnOptions {
  const { uid, gid, cwd } = options
  return {
    detached: true,
    env: options.env ?? process.env,
    stdio: [options.lifeline ? 'pipe' : 'ignore', log ?? 'pipe', log ?? 'inherit'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
  }
}

async function exitOf(child: ChildProcess): Promise<number | string> {
  const failed = once(child, 'error').then(([error]) => String((error as NodeJS.ErrnoException).code))
  const gone = once(child, 'exit').then(([code, signal]) => (code ?? signal) as number | string)
  gone.catch(() => undefined)
  failed.catch(() => undefined)
  return Promise.race([gone.catch(() => failed), failed])
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>, options: ChildOptions): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  child.kill(options.signal)
  const timer = setTimeout(() => child.kill('SIGKILL'), options.graceMs ?? 5000)
  await exited
  clearTimeout(timer)
}
