/**
 * What somebody with write access to the tables could do to the book of a running stack, one thing at a time: applies
 * it in the real table, runs the verifier's command, puts everything back. Prints one JSON line for each. Started with
 * the stack's authority; the argument is the head as it was before the last calls (JSON, content in base64).
 */
import { TableClient } from '@azure/data-tables'
import { run } from '../../infra/local/commands/audit-verify.ts'
import { localFolder, readRunningStack } from '../../infra/local/stack/local-folder.ts'

type Stored = Record<string, unknown> & { partitionKey: string; rowKey: string }

interface Book {
  readonly table: TableClient
  readonly rows: readonly Stored[]
  readonly head: Stored
  readonly olderHead: Stored
  readonly olderNext: number
}

const stack = readRunningStack(localFolder())
if (stack === null) throw new Error('no stack is running')
const { connectionString, table: tableName } = stack.tables
const client = (name: string) => TableClient.fromConnectionString(connectionString, name)

const manipulations: Readonly<Record<string, (book: Book) => Promise<unknown>>> = {
  nothing: async () => undefined,
  'a byte of the content changed': ({ table, rows }) => write(table, { ...rowAt(rows, 3), c: flip(rowAt(rows, 3).c) }),
  'a row deleted': ({ table, rows }) => remove(table, rowAt(rows, 3)),
  'two rows swapped': async ({ table, rows }) => {
    const [one, other] = [rowAt(rows, 3), rowAt(rows, 4)]
    await write(table, { ...other, rowKey: one.rowKey })
    await write(table, { ...one, rowKey: other.rowKey })
  },
  'the head rolled back': ({ table, olderHead }) => write(table, olderHead),
  'the head deleted': ({ table, head }) => remove(table, head),
  'a forged row above the head': ({ table, rows }) => {
    const last = rowAt(rows, rows.length - 1)
    return write(table, { ...last, rowKey: keyOf(rows.length), prev: last.mac, mac: Buffer.alloc(32, 1) })
  },
  'a column copy changed': ({ table, rows }) => write(table, { ...intentIn(rows), tenant: 'somebody-else' }),
  'a key id changed': ({ table, rows }) => write(table, { ...rowAt(rows, 3), kid: 'audit-hmac-1999-01/0a1b2c3d' }),
  'a whole partition deleted': async ({ table, rows, head }) => {
    for (const entity of [...rows, head]) await remove(table, entity)
  },
  'an outcome deleted': ({ table, rows }) =>
    remove(
      table,
      rows.findLast(({ kind }) => kind === 'outcome'),
    ),
  'a row repeated under another number': ({ table, rows }) =>
    write(table, { ...rowAt(rows, 3), rowKey: keyOf(rows.length) }),
  'an older head with the rows above it removed': async ({ table, rows, olderHead, olderNext }) => {
    await write(table, olderHead)
    for (const row of rows.slice(olderNext)) await remove(table, row)
  },
}

await play()

async function play(): Promise<void> {
  const table = client(tableName)
  const all = await copy(table)
  const rows = all.filter(({ rowKey }) => rowKey !== '!head')
  const head = all.find(({ rowKey }) => rowKey === '!head')
  if (head === undefined) throw new Error('the book has no head')
  const olderHead = readHead(process.argv[2] ?? '')
  const olderNext = Number(JSON.parse(Buffer.from(olderHead.c as Uint8Array).toString()).nextSeq)
  for (const [name, manipulate] of Object.entries(manipulations)) {
    await manipulate({ table, rows, head, olderHead, olderNext })
    const report = await verifyByCommand()
    process.stdout.write(`${JSON.stringify({ name, rows: rows.length, olderNext, ...report })}\n`)
    await restore(table, all)
  }
}

/** The command as npm runs it, but for the start of a process: its exit code and what it printed. */
async function verifyByCommand(): Promise<{ code: number; report: unknown }> {
  const { write } = process.stdout
  let printed = ''
  process.stdout.write = (chunk: string | Uint8Array) => {
    printed += String(chunk)
    return true
  }
  try {
    const code = await run(['--json'])
    return { code, report: JSON.parse(printed) }
  } finally {
    process.stdout.write = write
  }
}

async function copy(table: TableClient): Promise<Stored[]> {
  const all: Stored[] = []
  for await (const { etag: _etag, timestamp: _timestamp, ...entity } of table.listEntities()) all.push(entity as Stored)
  return all
}

async function restore(table: TableClient, all: readonly Stored[]): Promise<void> {
  const known = new Set(all.map(({ rowKey }) => rowKey))
  for (const entity of await copy(table)) if (!known.has(entity.rowKey)) await remove(table, entity)
  for (const entity of all) await write(table, entity)
}

async function write(table: TableClient, entity: Stored): Promise<void> {
  await table.upsertEntity(entity, 'Replace')
}

async function remove(table: TableClient, entity: Stored | undefined): Promise<void> {
  if (entity === undefined) throw new Error('nothing to delete')
  await table.deleteEntity(entity.partitionKey, entity.rowKey)
}

function rowAt(rows: readonly Stored[], seq: number): Stored {
  const row = rows[seq]
  if (row === undefined) throw new Error(`no row ${seq}`)
  return row
}

function intentIn(rows: readonly Stored[]): Stored {
  return rowAt(
    rows,
    rows.findIndex(({ kind }) => kind === 'intent'),
  )
}

function keyOf(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}

function flip(content: unknown): Uint8Array {
  const bytes = Uint8Array.from(content as Uint8Array)
  bytes[bytes.length - 3] = (bytes[bytes.length - 3] ?? 0) ^ 1
  return bytes
}

function readHead(text: string): Stored {
  const { c, hmac, ...rest } = JSON.parse(text) as Stored & { c: string; hmac: string }
  return { ...rest, c: Buffer.from(c, 'base64'), hmac: Buffer.from(hmac, 'base64') }
}
