import { setTimeout as wait } from 'node:timers/promises'
import type { App } from './app.ts'
import type { Front } from './front.ts'
import type { InFlight } from './in-flight.ts'
import type { LoadedApp } from './library.ts'
import { describeError } from './log.ts'
import type { Timers } from './timers.ts'

/** The parts of a host that a stop takes down. */
export interface StopSite {
  readonly app: App
  readonly inFlight: InFlight
  readonly loaded: LoadedApp
  readonly stopping: AbortController
  readonly front: Front
  readonly timers: Timers
}

/** Milliseconds for open work, and again for the app's own clean-up. */
const patience = 10_000

async function terminate(app: App): Promise<void> {
  const ended = new AbortController()
  const hooks = app.hooks.run('appTerminate', { hookData: app.hookData, appHookData: app.hookData })
  const limit = wait(patience, undefined, { signal: ended.signal }).then(() => {
    throw new Error('not done after 10 s')
  })
  try {
    await Promise.race([hooks, limit])
  } catch (error) {
    app.log.write('error', 'Host', `an appTerminate hook failed: ${describeError(error)}`)
  } finally {
    ended.abort()
    await limit.catch(() => undefined)
  }
}

/** Takes nothing new, lets running work and open answers end, runs the appTerminate hooks and closes everything. */
export async function stopHost(site: StopSite): Promise<void> {
  site.stopping.abort()
  site.timers.stop()
  site.front.refuse()
  const left = await site.inFlight.drain(patience)
  if (left > 0) site.app.log.write('warning', 'Host', `${left} invocations or answers were cut off by the stop`)
  await site.front.cut()
  await terminate(site.app)
  site.loaded.close()
}
