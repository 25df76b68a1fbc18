/** Prints every entity of every table of a running stack, one JSON line each; started with the stack's authority. */
import { TableClient, TableServiceClient } from '@azure/data-tables'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'

const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')
const { connectionString } = stack.tables

const readable = (_name: string, value: unknown) =>
  value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : typeof value === 'bigint' ? String(value) : value

for await (const { name } of TableServiceClient.fromConnectionString(connectionString).listTables()) {
  if (name === undefined) continue
  for await (const entity of TableClient.fromConnectionString(connectionString, name).listEntities()) {
    // Before `toJSON` of a Buffer could hide the bytes.
    const plain = Object.fromEntries(Object.entries(entity).map(([key, value]) => [key, readable(key, value)]))
    process.stdout.write(`${JSON.stringify({ table: name, ...plain }, readable)}\n`)
  }
}
