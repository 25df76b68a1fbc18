import { randomUUID } from 'node:crypto'
import type { Cron } from 'croner'
import type { App, RegisteredFunction } from './app.ts'
import type { InFlight } from './in-flight.ts'
import { invoke } from './invocation.ts'
import { describeError } from './log.ts'
import { runWithRetry } from './retry.ts'
import { createClock } from './schedule.ts'
import type { Settings } from './settings.ts'
import { startTrace } from './trace.ts'

/** The running timer triggers. State is not kept over restarts, so that no run is ever past due. */
export interface Timers {
  /** Runs a timer function now, whatever its schedule; rejects with what it throws. */
  run(name: string): Promise<void>
  /** Starts one without waiting for it; false where there is none of this name. */
  start(name: string): boolean
  stop(): void
}

export interface TimerSite {
  readonly app: App
  readonly settings: Settings
  readonly inFlight: InFlight
  readonly stopping: AbortSignal
}

interface Timer {
  readonly fn: RegisteredFunction
  readonly clock: Cron
  last: string
}

const never = '0001-01-01T00:00:00+00:00'

function describeTimer(timer: Timer): string {
  const next = timer.clock.nextRun()?.toISOString() ?? never
  return JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: { Last: timer.last, Next: next, LastUpdated: timer.last },
    IsPastDue: false,
  })
}

async function runTimer(site: TimerSite, timer: Timer): Promise<void> {
  const { fn } = timer
  const input = { name: fn.triggerName, data: { json: describeTimer(timer) } }
  timer.last = new Date().toISOString()
  await runWithRetry(fn.metadata.retryOptions, site.stopping, async (retryContext) => {
    const request = {
      inputData: [input],
      triggerMetadata: {},
      traceContext: startTrace(),
      ...(retryContext === undefined ? {} : { retryContext }),
    }
    await invoke(site.app, { id: randomUUID(), fn, request })
  })
}

async function tick(site: TimerSite, timer: Timer): Promise<void> {
  const running = runTimer(site, timer)
  site.inFlight.track(running)
  await running.catch((error: unknown) =>
    site.app.log.write('error', `Function.${timer.fn.name}`, `failed: ${describeError(error)}`),
  )
}

function createTimer(site: TimerSite, fn: RegisteredFunction): readonly Timer[] {
  try {
    const clock = createClock(fn.trigger.schedule ?? '', site.settings, () => tick(site, timer))
    const timer: Timer = { fn, clock, last: never }
    return [timer]
  } catch (error) {
    site.app.log.problem(`the timer '${fn.name}' cannot be started: ${describeError(error)}`)
    return []
  }
}

/** Starts the clocks, and at once the functions that ask to be run on start-up. */
export function startTimers(site: TimerSite, functions: readonly RegisteredFunction[]): Timers {
  const timers = functions.flatMap((fn) => createTimer(site, fn))
  for (const timer of timers) timer.clock.resume()
  for (const timer of timers) if (timer.fn.trigger.runOnStartup === true) void tick(site, timer)
  const find = (name: string) => timers.find(({ fn }) => fn.name.toLowerCase() === name.toLowerCase())
  return {
    start(name) {
      const timer = find(name)
      if (timer !== undefined) void tick(site, timer)
      return timer !== undefined
    },
    async run(name) {
      const timer = find(name)
      if (timer === undefined) throw new Error(`no timer function is called '${name}'`)
      const running = runTimer(site, timer)
      site.inFlight.track(running)
      await running
    },
    stop() {
      for (const { clock } of timers) clock.stop()
    },
  }
}
