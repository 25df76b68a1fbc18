/** Somebody who can write to the table of approvals and has no key: approves one, past the gateway. */
import { TableClient } from '@azure/data-tables'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'

const [tid = '', id = '', voter = ''] = process.argv.slice(2)
const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')
const table = TableClient.fromConnectionString(stack.tables.connectionString, 'approvals')
const kept = await table.getEntity<{ progress: string }>(tid, id)
const progress = JSON.stringify({
  ...JSON.parse(kept.progress),
  state: 'approved',
  voters: [voter],
  useBy: Date.now() + 600_000,
})
await table.updateEntity({ partitionKey: tid, rowKey: id, progress }, 'Merge')
