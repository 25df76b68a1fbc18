/**
 * A local Functions host: drives the unmodified `@azure/functions` library in this process, in the way of Azure's
 * worker, behind a front half of our own. Differs from Azure in: no blob, event or durable triggers, no timer state
 * over restarts, no singleton lock, no `functionTimeout`, no home page at `/`, host keys by option only, and larger
 * header limits on the way to the library. Where Azure would leave a request hanging, it answers 500 and reports it.
 */
import { randomUUID } from 'node:crypto'
import { type Administration, createAdministration, type HostStatus } from './admin.ts'
import { type App, createApp } from './app.ts'
import { type Disposition, disposeFunctions, type ListedFunction } from './disposition.ts'
import { loadEntry, resolveEntry } from './entry.ts'
import { type Front, openFront } from './front.ts'
import { type HostJson, readHostJson } from './host-json.ts'
import { createInFlight, type InFlight } from './in-flight.ts'
import type { HostKeys } from './keys.ts'
import { type Dispatch, type LoadedApp, loadApp } from './library.ts'
import { createLog } from './log.ts'
import { createAnswer } from './requests.ts'
import { applySettings, type Settings } from './settings.ts'
import { stopHost } from './stop.ts'
import type { Timers } from './timers.ts'
import { startTriggers } from './triggers.ts'

export interface HostOptions {
  /** The folder with host.json and package.json. */
  readonly appRoot: string
  /** 0 (the default) takes any free port. */
  readonly port?: number
  /** 127.0.0.1 by default. */
  readonly hostname?: string
  /** `forward` by default: two hops, as on Azure. */
  readonly dispatch?: Dispatch
  /** App settings, put over the environment until the host stops. */
  readonly env?: Settings
  /** Takes the log, a line at a time; standard error by default. */
  readonly log?: (line: string) => void
  /** Entry files or globs instead of package.json's `main`. */
  readonly entry?: readonly string[]
  /** Loads the app in this process instead of entry files, so that sources can be run as they are. */
  readonly load?: () => Promise<unknown>
  readonly keys?: HostKeys
}

export interface RunningHost {
  readonly url: string
  readonly port: number
  readonly functions: readonly ListedFunction[]
  /** What is wrong with the app or would fail on Azure; grows while the host runs. */
  readonly problems: string[]
  /** Runs a timer function now; rejects with what it throws. */
  runTimer(name: string): Promise<void>
  /** Drains for at most 10 s, ends the app and closes everything; further calls wait for the first. */
  stop(): Promise<void>
}

interface Site {
  readonly app: App
  readonly hostJson: HostJson
  readonly settings: Settings
  readonly inFlight: InFlight
  readonly loaded: LoadedApp
  readonly disposition: Disposition
  readonly stopping: AbortController
}

function createStatus(stopping: AbortSignal): () => HostStatus {
  const id = randomUUID()
  return () => ({
    id,
    state: stopping.aborted ? 'Stopping' : 'Running',
    version: '4.1042.100',
    processUptime: Math.round(process.uptime() * 1000),
  })
}

async function prepare(options: HostOptions): Promise<Site> {
  const settings: Settings = { ...process.env }
  const hostJson = await readHostJson(options.appRoot, settings)
  const files = options.load === undefined ? await resolveEntry(options.appRoot, options.entry) : []
  const line = options.log ?? ((text: string) => void process.stderr.write(`${text}\n`))
  const app = createApp(options.appRoot, createLog(hostJson.logLevels, line))
  const loaded = await loadApp(app, options.load ?? (() => loadEntry(files)), options.dispatch ?? 'forward')
  const disposition = disposeFunctions(app, hostJson, settings)
  return { app, hostJson, settings, inFlight: createInFlight(), loaded, disposition, stopping: new AbortController() }
}

function openPublicSide(site: Site, options: HostOptions & Pick<Administration, 'start'>): Promise<Front> {
  const stopping = site.stopping.signal
  const answer = createAnswer({
    app: site.app,
    routes: site.disposition.routes,
    keys: options.keys ?? {},
    inFlight: site.inFlight,
    stopping,
    run: site.loaded.run,
    administer: createAdministration({
      status: createStatus(stopping),
      keys: options.keys ?? {},
      start: options.start,
    }),
  })
  return openFront({ hostname: options.hostname ?? '127.0.0.1', port: options.port ?? 0, answer })
}

async function openFor(site: Site, options: HostOptions): Promise<{ front: Front; timers: Timers }> {
  try {
    let timers: Timers | undefined
    const start = (name: string) => timers?.start(name) ?? false
    const front = await openPublicSide(site, { ...options, start })
    timers = await startTriggers({ ...site, stopping: site.stopping.signal }, site.disposition)
    return { front, timers }
  } catch (error) {
    site.loaded.close()
    throw error
  }
}

async function run(options: HostOptions, restore: () => void): Promise<RunningHost> {
  const site = await prepare(options)
  const { front, timers } = await openFor(site, options)
  let stopped: Promise<void> | undefined
  return {
    url: front.url,
    port: front.port,
    functions: site.disposition.listed,
    problems: site.app.log.problems,
    runTimer: (name) => timers.run(name),
    stop: () => (stopped ??= stopHost({ ...site, front, timers }).finally(restore)),
  }
}

/**
 * Starts an app and resolves when it takes requests. Rejects, naming the file, when host.json or an entry file is
 * missing, does not fit or throws; a process can host one app only.
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const restore = applySettings(options.env ?? {})
  try {
    return await run(options, restore)
  } catch (error) {
    restore()
    throw error
  }
}
