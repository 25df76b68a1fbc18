import type { RowStore, Write } from './store.ts'

/** Takes one line; nothing that it is given is personal. */
export type RowLog = (event: 'row', fields: Readonly<Record<string, string | number | boolean>>) => void

interface Options {
  readonly log: RowLog
  /** Runs work later, when nobody waits for it. */
  readonly defer: (work: () => void) => void
}

const traceForm = /"traceId":"([0-9a-f]{32})","v":\d+\}$/
const traceTail = 64

/**
 * A store that says of every row it has committed where it stands and what it is: a copy for searching, and a witness of
 * another service. The commit does not wait for it. What may be in and was not confirmed is said with `unconfirmed`; its
 * repeat says it again.
 */
export function logRows(rows: RowStore, { log, defer }: Options): RowStore {
  return {
    ...rows,
    async commit(table, writes) {
      const commit = await rows.commit(table, writes)
      const isUnconfirmed = !commit.ok && commit.fault === 'ambiguous'
      if (table === 'rows' && (commit.ok || isUnconfirmed)) {
        defer(() => {
          for (const write of writes) logRow(log, write, isUnconfirmed)
        })
      }
      return commit
    },
  }
}

function logRow(log: RowLog, { entity }: Write, isUnconfirmed: boolean): void {
  const { partitionKey, rowKey, properties } = entity
  if (!rowKey.startsWith('r')) return
  const [lane = '', segment] = partitionKey.split('|')
  const fields: Record<string, string | number | boolean> = {
    lane,
    segment: Number(segment),
    seq: Number(rowKey.slice(1)),
  }
  for (const name of ['kind', 'kid', 'decisionId', 'tenant', 'verdict'] as const) {
    const value = properties[name]
    if (typeof value === 'string') fields[name] = value
  }
  const traceId = traceOf(properties.c)
  if (traceId !== undefined) fields.traceId = traceId
  if (isUnconfirmed) fields.unconfirmed = true
  log('row', fields)
}

/** Of the canonical bytes, whose last members are the trace and the version. */
function traceOf(content: unknown): string | undefined {
  if (!(content instanceof Uint8Array)) return undefined
  const tail = content.subarray(-traceTail)
  return traceForm.exec(Buffer.from(tail.buffer, tail.byteOffset, tail.length).toString('latin1'))?.[1]
}
