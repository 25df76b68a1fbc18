import type { App } from './app.ts'
import type { Disposition } from './disposition.ts'
import type { HostJson } from './host-json.ts'
import type { InFlight } from './in-flight.ts'
import type { Settings } from './settings.ts'
import { startTimers, type Timers } from './timers.ts'

/** What the triggers without HTTP need. */
export interface TriggerSite {
  readonly app: App
  readonly hostJson: HostJson
  readonly settings: Settings
  readonly inFlight: InFlight
  readonly stopping: AbortSignal
}

function usesQueues(app: App): boolean {
  const bindings = [...app.functions.values()].flatMap((fn) => Object.values(fn.metadata.bindings))
  return bindings.some(({ type }) => /^queue(trigger)?$/i.test(type))
}

async function startQueues(site: TriggerSite, disposition: Disposition): Promise<void> {
  const { pollQueues } = await import('./queues.ts')
  const { sendOutputs } = await import('./queue-outputs.ts')
  const { queues } = site.hostJson
  site.app.sendOutputs = (metadata, response) => sendOutputs({ metadata, settings: site.settings, queues }, response)
  site.inFlight.track(pollQueues({ ...site, queues }, disposition.queues))
}

/** Starts timers and queue polling; the storage SDK is loaded only for an app with queue bindings. */
export async function startTriggers(site: TriggerSite, disposition: Disposition): Promise<Timers> {
  if (site.hostJson.hasBundle && usesQueues(site.app)) await startQueues(site, disposition)
  return startTimers(site, disposition.timers)
}
