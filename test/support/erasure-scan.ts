/**
 * Prints what a running stack keeps, one JSON line each: every entity of every table, every blob of every container,
 * every message of every queue, of each account that its file names. Started with the stack's authority.
 */
import { TableClient, TableServiceClient } from '@azure/data-tables'
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'

const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')

function* accountsIn(value: unknown): Iterable<string> {
  if (typeof value !== 'object' || value === null) return
  for (const [name, member] of Object.entries(value)) {
    if (name === 'connectionString' && typeof member === 'string') yield member
    else yield* accountsIn(member)
  }
}

const readable = (value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : typeof value === 'bigint' ? String(value) : value
const print = (place: string, content: unknown) => process.stdout.write(`${JSON.stringify({ place, content })}\n`)

async function printTables(account: string) {
  for await (const { name } of TableServiceClient.fromConnectionString(account).listTables()) {
    if (name === undefined) continue
    for await (const entity of TableClient.fromConnectionString(account, name).listEntities()) {
      print(`table ${name}`, Object.fromEntries(Object.entries(entity).map(([key, value]) => [key, readable(value)])))
    }
  }
}

async function printBlobs(account: string) {
  const service = BlobServiceClient.fromConnectionString(account)
  for await (const { name } of service.listContainers()) {
    const container = service.getContainerClient(name)
    for await (const blob of container.listBlobsFlat()) {
      const bytes = await container.getBlobClient(blob.name).downloadToBuffer()
      print(`blob ${name}/${blob.name}`, bytes.toString('utf8'))
    }
  }
}

async function printQueues(account: string) {
  const service = QueueServiceClient.fromConnectionString(account)
  for await (const { name } of service.listQueues()) {
    const { peekedMessageItems } = await service.getQueueClient(name).peekMessages({ numberOfMessages: 32 })
    for (const { messageText } of peekedMessageItems) {
      print(`queue ${name}`, [messageText, Buffer.from(messageText, 'base64').toString('utf8')])
    }
  }
}

for (const account of new Set(accountsIn(stack))) {
  if (account.includes('TableEndpoint=')) await printTables(account)
  if (account.includes('BlobEndpoint=')) await printBlobs(account)
  if (account.includes('QueueEndpoint=')) await printQueues(account)
}
