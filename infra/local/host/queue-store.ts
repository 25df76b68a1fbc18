import { QueueClient } from '@azure/storage-queue'
import type { QueueSettings } from './host-json.ts'

/** A message in hand; `dequeueCount` includes this time. */
export interface QueueMessage {
  readonly id: string
  readonly text: string
  readonly receipt: string
  readonly dequeueCount: number
  readonly insertedOn: string
  readonly expiresOn: string
  readonly nextVisibleOn: string
}

/** One trigger queue and its `-poison` twin. */
export interface QueueStore {
  /** At most `batchSize` messages; none while the queue does not exist. */
  receive(signal: AbortSignal): Promise<readonly QueueMessage[]>
  remove(message: QueueMessage): Promise<void>
  /** Makes a failed message visible again after `visibilityTimeout`. */
  release(message: QueueMessage): Promise<void>
  /** Moves a message to the poison queue, which is created when first needed. */
  poison(message: QueueMessage): Promise<void>
}

/** Seconds for which a message is hidden while its function runs, as in Azure's queue listener. */
const lease = 600

function decode(text: string, settings: QueueSettings): string {
  return settings.messageEncoding === 'base64' ? Buffer.from(text, 'base64').toString('utf8') : text
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'statusCode' in error && error.statusCode === 404
}

async function receiveFrom(queue: QueueClient, settings: QueueSettings, signal: AbortSignal) {
  try {
    const options = { numberOfMessages: settings.batchSize, visibilityTimeout: lease, abortSignal: signal }
    return (await queue.receiveMessages(options)).receivedMessageItems
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Opens a queue by connection string (Azurite's too); bodies are base64 unless host.json says otherwise. */
export function openQueue(connection: string, name: string, settings: QueueSettings): QueueStore {
  const queue = new QueueClient(connection, name)
  const poisonQueue = new QueueClient(connection, `${name}-poison`)
  return {
    async receive(signal) {
      const items = await receiveFrom(queue, settings, signal)
      return items.map((item) => ({
        id: item.messageId,
        text: item.messageText,
        receipt: item.popReceipt,
        dequeueCount: item.dequeueCount,
        insertedOn: item.insertedOn.toISOString(),
        expiresOn: item.expiresOn.toISOString(),
        nextVisibleOn: item.nextVisibleOn.toISOString(),
      }))
    },
    async remove(message) {
      await queue.deleteMessage(message.id, message.receipt)
    },
    async release(message) {
      await queue.updateMessage(message.id, message.receipt, message.text, settings.visibilityTimeout / 1000)
    },
    async poison(message) {
      await poisonQueue.createIfNotExists()
      await poisonQueue.sendMessage(message.text)
      await queue.deleteMessage(message.id, message.receipt)
    },
  }
}

/** The text that a message carries. */
export function readText(message: QueueMessage, settings: QueueSettings): string {
  return decode(message.text, settings)
}

/** Sends one text to a queue, which is created when absent. */
export async function sendText(options: {
  readonly connection: string
  readonly name: string
  readonly text: string
  readonly settings: QueueSettings
}): Promise<void> {
  const queue = new QueueClient(options.connection, options.name)
  await queue.createIfNotExists()
  const base64 = options.settings.messageEncoding === 'base64'
  await queue.sendMessage(base64 ? Buffer.from(options.text, 'utf8').toString('base64') : options.text)
}
