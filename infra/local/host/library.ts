import { randomUUID } from 'node:crypto'
import { Agent } from 'node:http'
import type { App } from './app.ts'
import { createBuffered } from './buffered.ts'
import { createCore, provideCore } from './core-module.ts'
import type { Exchange } from './exchange.ts'
import { createForward } from './forward.ts'
import { openLibraryServer } from './library-server.ts'
import { createDirect, createStreaming } from './streaming.ts'

/** How streaming requests reach the library: over loopback as on Azure, or without a network hop. */
export type Dispatch = 'direct' | 'forward'

/** A loaded app, ready to answer. */
export interface LoadedApp {
  readonly run: (exchange: Exchange) => Promise<void>
  close(): void
}

const claimed = Symbol.for('countersign.local-host.claimed')

/** The library keeps its runtime for the life of the process, so that a process can host one app only. */
function claimProcess(): void {
  const shared = globalThis as { [claimed]?: string }
  if (shared[claimed] !== undefined) throw new Error('this process hosts an app already; start another process')
  shared[claimed] = randomUUID()
}

async function finishStartup(app: App, dispatch: Dispatch): Promise<LoadedApp> {
  const { model } = app
  if (model === undefined) throw new Error(`the app in ${app.root} registered no function`)
  await app.hooks.run('appStart', { hookData: app.hookData, appHookData: app.hookData, functionAppDirectory: app.root })
  const library = await openLibraryServer(model)
  app.started = true
  if (library === undefined) return { run: createBuffered(app), close: () => undefined }
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const deliver = dispatch === 'direct' ? createDirect(library) : createForward(library.port, agent)
  const close = (): void => {
    agent.destroy()
    library.close()
  }
  return { run: createStreaming(app, library, deliver), close }
}

/** Loads an app under a core module of our own, runs its appStart hooks and ends the library's start-up. */
export async function loadApp(app: App, load: () => Promise<unknown>, dispatch: Dispatch): Promise<LoadedApp> {
  claimProcess()
  const withdraw = provideCore(createCore(app))
  try {
    await load()
    const loaded = await finishStartup(app, dispatch)
    return {
      run: loaded.run,
      close() {
        loaded.close()
        withdraw()
      },
    }
  } catch (error) {
    withdraw()
    throw error
  }
}
