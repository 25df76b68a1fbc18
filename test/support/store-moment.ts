/**
 * Keeps the rows of the running stack in a file, or puts them back as they were: what a change of region does to a store
 * whose newest writes had not been copied. `save FILE` or `restore FILE`; the connection string and table stand in
 * STORE_CONNECTION and STORE_TABLE.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { TableClient, type TableEntity } from '@azure/data-tables'

const { STORE_CONNECTION = '', STORE_TABLE = '' } = process.env
const [verb, file = ''] = process.argv.slice(2)
const client = TableClient.fromConnectionString(STORE_CONNECTION, STORE_TABLE)

async function read(): Promise<TableEntity[]> {
  const found: TableEntity[] = []
  for await (const entity of client.listEntities()) found.push(entity as TableEntity)
  return found
}

/** Bytes and dates as text, since the file is JSON. */
const pack = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && (value as { type?: string }).type === 'Buffer'
    ? { bytes: Buffer.from((value as { data: number[] }).data).toString('base64') }
    : value instanceof Uint8Array
      ? { bytes: Buffer.from(value).toString('base64') }
      : value

const unpack = (_: string, value: unknown) =>
  typeof value === 'object' && value !== null && typeof (value as { bytes?: unknown }).bytes === 'string'
    ? new Uint8Array(Buffer.from((value as { bytes: string }).bytes, 'base64'))
    : value

async function restore(before: readonly TableEntity[]): Promise<void> {
  const known = new Set(before.map(({ partitionKey, rowKey }) => `${partitionKey}\n${rowKey}`))
  for (const { partitionKey, rowKey } of await read())
    if (!known.has(`${partitionKey}\n${rowKey}`)) await client.deleteEntity(partitionKey, rowKey)
  for (const entity of before) await client.upsertEntity(entity, 'Replace')
}

if (verb === 'save') await writeFile(file, JSON.stringify(await read(), pack))
else await restore(JSON.parse(await readFile(file, 'utf8'), unpack))
