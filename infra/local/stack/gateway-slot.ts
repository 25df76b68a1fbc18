import type { Child } from './child.ts'
import { type GatewayOptions, startGateway } from './gateway.ts'

/** The place of the gateway in a stack: its process may be replaced by another one on the same port. */
export interface GatewaySlot {
  pid(): number
  /** Where its host listens. */
  url(): string
  /** Resolves with the exit code or signal when a gateway ends by itself. */
  readonly ended: Promise<number | string>
  /** Ends the running gateway and starts one from another folder; rejects, with none running, where that fails. */
  replace(app: string): Promise<void>
  stop(): Promise<void>
}

/** Starts the first gateway and resolves when it serves. */
export async function openGatewaySlot(options: GatewayOptions): Promise<GatewaySlot> {
  let current: (Child & { readonly url: string }) | null = null
  let end: (code: number | string) => void = () => undefined
  let pending: Promise<void> = Promise.resolve()
  let isClosed = false
  const ended = new Promise<number | string>((resolve) => {
    end = resolve
  })
  const leave = async (): Promise<void> => {
    const last = current
    current = null
    await last?.stop()
  }
  const enter = async (app: string): Promise<void> => {
    const child = await startGateway({ ...options, app })
    current = child
    void child.exited.then((code) => current === child && end(code))
  }
  const replace = async (app: string): Promise<void> => {
    if (isClosed) return
    await leave()
    await enter(app)
  }
  await enter(options.app)
  return {
    pid: () => current?.pid ?? -1,
    url: () => current?.url ?? '',
    ended,
    replace: (app) => {
      pending = pending.catch(() => undefined).then(() => replace(app))
      return pending
    },
    stop: async () => {
      isClosed = true
      await pending.catch(() => undefined)
      await leave()
    },
  }
}
