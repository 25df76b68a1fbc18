import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { TimeLimits } from '../../shared/config/time-limits.ts'
import type { Answer, Inbound } from '../../shared/pipeline/ports.ts'

/** What the process of the gateways is told to do. */
export type Order =
  | { readonly op: 'open'; readonly gateway: number; readonly env: Record<string, string>; readonly limits: TimeLimits }
  | { readonly op: 'call'; readonly gateway: number; readonly inbound: Inbound }
  | { readonly op: 'skip'; readonly gateway: number; readonly ms: number }
  | { readonly op: 'close'; readonly gateway: number }

export interface Told {
  readonly id: number
  readonly order: Order
}

type Said = { ready: true } | { stray: string } | { id: number; value: unknown } | { id: number; error: string }

/** A process full of gateways. */
export interface Gateways {
  readonly open: (env: Record<string, string>, limits: TimeLimits) => Promise<Gateway>
  /** Rejections that nobody handled there: a deployment's process would have ended. */
  readonly strays: readonly string[]
  readonly stop: () => Promise<void>
}

export interface Gateway {
  readonly call: (inbound: Inbound) => Promise<Answer>
  /** Lets its clock jump ahead. */
  readonly skip: (ms: number) => Promise<void>
  readonly close: () => Promise<void>
}

interface Waiting {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

const script = fileURLToPath(new URL('./fault-gateway.ts', import.meta.url))

/** Starts the process; `env` is its whole environment. */
export async function startGateways(env: NodeJS.ProcessEnv): Promise<Gateways> {
  const execArgv = [
    '--import',
    import.meta.resolve('tsx'),
    ...(process.env.PROF ? ['--cpu-prof', '--cpu-prof-dir=/tmp/ft/prof'] : []),
  ]
  const child = fork(script, {
    env,
    execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const waiting = new Map<number, Waiting>()
  const strays: string[] = []
  const ready = new Promise<void>((resolve, reject) => {
    child.on('exit', (code) => reject(new Error(`the gateways ended: ${code}`)))
    child.on('message', (said: Said) => {
      if ('ready' in said) resolve()
      else if ('stray' in said) strays.push(said.stray)
      else settle(waiting, said)
    })
  })
  await ready
  const ask = makeAsk(child, waiting)
  let gateways = 0
  return {
    strays,
    open: async (settings, limits) => {
      gateways += 1
      const gateway = gateways
      await ask({ op: 'open', gateway, env: settings, limits })
      return {
        call: (inbound) => ask({ op: 'call', gateway, inbound }) as Promise<Answer>,
        skip: async (ms) => void (await ask({ op: 'skip', gateway, ms })),
        close: async () => void (await ask({ op: 'close', gateway })),
      }
    },
    stop: async () => {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

function makeAsk(child: ChildProcess, waiting: Map<number, Waiting>) {
  let ids = 0
  return (order: Order): Promise<unknown> =>
    new Promise((resolve, reject) => {
      ids += 1
      waiting.set(ids, { resolve, reject })
      child.send({ id: ids, order })
    })
}

function settle(waiting: Map<number, Waiting>, said: Exclude<Said, { ready: true } | { stray: string }>): void {
  const one = waiting.get(said.id)
  waiting.delete(said.id)
  if ('error' in said) one?.reject(new Error(said.error))
  else one?.resolve(said.value)
}
