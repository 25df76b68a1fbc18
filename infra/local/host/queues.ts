import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { App, RegisteredFunction } from './app.ts'
import type { InvocationRequest, RetryContext } from './contract.ts'
import type { QueueSettings } from './host-json.ts'
import { invoke } from './invocation.ts'
import { describeError } from './log.ts'
import { openQueue, type QueueMessage, type QueueStore, readText } from './queue-store.ts'
import { runWithRetry } from './retry.ts'
import { expandSettings, readConnection, type Settings } from './settings.ts'
import { startTrace } from './trace.ts'

/** What polling queues needs; `stopping` ends the polling, messages in hand are finished. */
export interface QueueSite {
  readonly app: App
  readonly settings: Settings
  readonly queues: QueueSettings
  readonly stopping: AbortSignal
}

interface Listener {
  readonly fn: RegisteredFunction
  readonly store: QueueStore
}

const leastPause = 100

function toMetadata(message: QueueMessage, text: string): InvocationRequest['triggerMetadata'] {
  return {
    Id: { json: JSON.stringify(message.id) },
    DequeueCount: { int: message.dequeueCount },
    InsertionTime: { json: JSON.stringify(message.insertedOn) },
    ExpirationTime: { json: JSON.stringify(message.expiresOn) },
    NextVisibleTime: { json: JSON.stringify(message.nextVisibleOn) },
    PopReceipt: { json: JSON.stringify(message.receipt) },
    QueueTrigger: { json: JSON.stringify(text) },
  }
}

async function runOnce(
  site: QueueSite,
  fn: RegisteredFunction,
  given: { message: QueueMessage; retry?: RetryContext },
) {
  const text = readText(given.message, site.queues)
  const request = {
    inputData: [{ name: fn.triggerName, data: { string: text } }],
    triggerMetadata: toMetadata(given.message, text),
    traceContext: startTrace(),
    ...(given.retry === undefined ? {} : { retryContext: given.retry }),
  }
  await invoke(site.app, { id: randomUUID(), fn, request })
}

async function fail(site: QueueSite, { fn, store }: Listener, message: QueueMessage): Promise<void> {
  if (message.dequeueCount < site.queues.maxDequeueCount) return store.release(message)
  site.app.log.write('error', `Function.${fn.name}`, `a message failed ${message.dequeueCount} times and is poison now`)
  await store.poison(message)
}

async function handle(site: QueueSite, listener: Listener, message: QueueMessage): Promise<void> {
  const { fn, store } = listener
  if (message.dequeueCount > site.queues.maxDequeueCount) return store.poison(message)
  try {
    await runWithRetry(fn.metadata.retryOptions, site.stopping, (retry) =>
      runOnce(site, fn, retry === undefined ? { message } : { message, retry }),
    )
  } catch (error) {
    site.app.log.write('error', `Function.${fn.name}`, `failed: ${describeError(error)}`)
    return fail(site, listener, message)
  }
  await store.remove(message)
}

async function pollOnce(site: QueueSite, listener: Listener): Promise<number> {
  try {
    const messages = await listener.store.receive(site.stopping)
    await Promise.all(messages.map((message) => handle(site, listener, message)))
    return messages.length
  } catch (error) {
    if (!site.stopping.aborted)
      site.app.log.write(
        'warning',
        'Host.Queues',
        `'${listener.fn.name}' cannot read its queue: ${describeError(error)}`,
      )
    return 0
  }
}

async function poll(site: QueueSite, listener: Listener): Promise<void> {
  let pause = leastPause
  while (!site.stopping.aborted) {
    const count = await pollOnce(site, listener)
    pause = count > 0 ? leastPause : Math.min(pause * 2, Math.max(leastPause, site.queues.maxPollingInterval))
    if (count === 0) await wait(pause, undefined, { signal: site.stopping }).catch(() => undefined)
  }
}

function createListener(site: QueueSite, fn: RegisteredFunction): readonly Listener[] {
  try {
    const name = expandSettings(fn.trigger.queueName ?? '', site.settings)
    const connection = readConnection(fn.trigger.connection, site.settings)
    return [{ fn, store: openQueue(connection, name, site.queues) }]
  } catch (error) {
    site.app.log.problem(`the queue trigger '${fn.name}' cannot be started: ${describeError(error)}`)
    return []
  }
}

/** Polls the trigger queues until `stopping`; resolves when the last message in hand is done. */
export async function pollQueues(site: QueueSite, functions: readonly RegisteredFunction[]): Promise<void> {
  await Promise.all(functions.flatMap((fn) => createListener(site, fn)).map((listener) => poll(site, listener)))
}
