import { type ChildProcess, spawn } from 'node:child_process'
import { argumentsFor } from './script.ts'

/** What the guard does when this process dies without having stopped its parts. */
export interface Guard {
  readonly pid: number
  /** From now on, end this process too; those named last are ended first. */
  watch(pid: number, signal: NodeJS.Signals): void
  /** From now on, remove this file or folder too. */
  sweep(path: string): void
  /** All has been stopped in order: nothing is left to do. */
  dismiss(): Promise<void>
}

/** One line to the guard. */
export type GuardOrder =
  | { readonly watch: number; readonly signal: NodeJS.Signals }
  | { readonly sweep: string }
  | { readonly dismiss: true }

/**
 * Starts a small process that outlives a killed stack: it notices by the end of its standard input, ends what is left
 * and sweeps up. Without it PostgreSQL and Azurite would go on after `kill -9`.
 */
export function startGuard(): Guard {
  const script = argumentsFor({ bundled: 'guard-process.mjs', source: 'stack/guard-process.ts' })
  const child = spawn(process.execPath, script, {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const tell = (order: GuardOrder): void => void send(child, order)
  child.stdin?.on('error', () => undefined) // the guard has gone: the stack itself still stops in order
  return {
    pid: child.pid ?? -1,
    watch: (pid, signal) => tell({ watch: pid, signal }),
    sweep: (path) => tell({ sweep: path }),
    dismiss: () => {
      tell({ dismiss: true })
      child.stdin?.end()
      return gone
    },
  }
}

function send(child: ChildProcess, order: GuardOrder): void {
  child.stdin?.write(`${JSON.stringify(order)}\n`)
}
