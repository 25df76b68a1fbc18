/** Prints the head of a running stack's book as JSON, binary properties in base64; started with the stack's authority. */
import { TableClient } from '@azure/data-tables'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'

const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')
const table = TableClient.fromConnectionString(stack.tables.connectionString, stack.tables.table)
const { etag: _etag, timestamp: _timestamp, ...head } = await table.getEntity('L01|000001', '!head')
const printable = Object.entries(head).map(([name, value]) => [
  name,
  value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
])
process.stdout.write(JSON.stringify(Object.fromEntries(printable)))
