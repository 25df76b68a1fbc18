import type { FunctionMetadata, InvocationResponse, TypedData } from './contract.ts'
import type { QueueSettings } from './host-json.ts'
import { sendText } from './queue-store.ts'
import { expandSettings, readConnection, type Settings } from './settings.ts'

/** What sending a function's queue outputs needs. */
export interface OutputSite {
  readonly metadata: FunctionMetadata
  readonly settings: Settings
  readonly queues: QueueSettings
}

function toTexts(data: TypedData): readonly string[] {
  if (data.json !== undefined) {
    const value: unknown = JSON.parse(data.json)
    const items: readonly unknown[] = Array.isArray(value) ? value : [value]
    return items.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
  }
  if (data.bytes !== undefined) return [Buffer.from(data.bytes).toString('utf8')]
  return [data.string ?? String(data.int ?? data.double)]
}

function collect(response: InvocationResponse): readonly (readonly [string, TypedData])[] {
  const named = (response.outputData ?? []).map(({ name, data }) => [name, data] as const)
  const returned = response.returnValue
  return returned === null || returned === undefined ? named : [...named, ['$return', returned] as const]
}

/** Sends what a function put into its queue output bindings; an array gives one message for each item. */
export async function sendOutputs(site: OutputSite, response: InvocationResponse): Promise<void> {
  for (const [name, data] of collect(response)) {
    const binding = site.metadata.bindings[name]
    if (binding?.type.toLowerCase() !== 'queue') continue
    const connection = readConnection(binding.connection, site.settings)
    const queue = expandSettings(binding.queueName ?? '', site.settings)
    for (const text of toTexts(data)) await sendText({ connection, name: queue, text, settings: site.queues })
  }
}
