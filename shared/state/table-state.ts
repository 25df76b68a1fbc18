import { randomBytes } from 'node:crypto'
import type { TableClient } from '@azure/data-tables'
import type { TableOptions } from '../audit/azure-tables.ts'
import { sleep } from '../audit/pause.ts'
import type { Properties } from '../audit/store.ts'
import { rangeFilter, toStored } from '../audit/table-entity.ts'
import { Problem } from '../errors/problem.ts'
import { repeatInDoubt, statusOf } from './doubt.ts'
import type { StatePlace, StateRow, StateTable } from './state-table.ts'

const defaultTimeout = 2000
/** Says which attempt a stored row is of, so that a repeat of a change whose reply was lost knows its own. */
const markName = 'writeMark'

interface Signal {
  readonly abortSignal: AbortSignal
}

/**
 * Azure Table Storage as a table of operational state, by `@azure/data-tables` without its retries: after a retry of a
 * change whose reply was lost, our own row would look like somebody else's. A change in doubt is repeated here under the
 * same ETag or key and with a mark of its own, by which a repeat that is refused tells whose row it met.
 */
export function createTableState(options: TableOptions): StateTable {
  const timeout = options.timeout ?? defaultTimeout
  let opened: Promise<TableClient> | undefined
  const use = async <T>(work: (client: TableClient, signal: Signal) => Promise<T>): Promise<T> => {
    opened ??= import('../audit/azure-tables.ts').then(({ openTable }) => openTable(options, 5 * timeout))
    const client = await opened.catch((cause: unknown) => {
      opened = undefined
      throw unavailable(options.table, cause)
    })
    const attempt = () => work(client, { abortSignal: AbortSignal.timeout(timeout) })
    return repeatInDoubt(attempt, { now: Date.now, until: Date.now() + timeout, wait: sleep }).catch(
      (cause: unknown) => {
        throw unavailable(options.table, cause)
      },
    )
  }
  const marked = (values: Properties) => ({ ...values, [markName]: randomBytes(8).toString('hex') })
  return {
    find: (place) => use((client, signal) => findOne(client, place, signal)),
    insert: (place, values) => {
      const row = { ...entityKey(place), ...marked(values) }
      return use((client, signal) => insertRow(client, row, signal))
    },
    replace: ({ etag, ...place }, values) => {
      const row = { ...entityKey(place), ...marked(values) }
      return use((client, signal) => replaceRow(client, { row, etag }, signal))
    },
    remove: (place) => use((client, signal) => removeRow(client, place, signal)),
    discard: (row) => use((client, signal) => discardRow(client, row, signal)),
    list: (range) =>
      use((client, signal) =>
        collect(client, range && rangeFilter({ ...range, partitionKey: range.partition }), signal),
      ),
  }
}

type Row = { readonly partitionKey: string; readonly rowKey: string; readonly [markName]?: string }

async function findOne(client: TableClient, { partition, key }: StatePlace, signal: Signal): Promise<StateRow | null> {
  try {
    return toState(await client.getEntity(partition, key, signal))
  } catch (cause) {
    if (statusOf(cause) === 404) return null
    throw cause
  }
}

async function insertRow(client: TableClient, row: Row, signal: Signal): Promise<string | null> {
  try {
    return etagOf(await client.createEntity(row, signal))
  } catch (cause) {
    if (statusOf(cause) !== 409) throw cause
    return ownEtag(client, row, signal)
  }
}

async function replaceRow(
  client: TableClient,
  { row, etag }: { readonly row: Row; readonly etag: string },
  signal: Signal,
): Promise<string | null> {
  try {
    return etagOf(await client.updateEntity(row, 'Replace', { ...signal, etag }))
  } catch (cause) {
    const status = statusOf(cause)
    if (status === 404) return null
    if (status !== 412) throw cause
    return ownEtag(client, row, signal)
  }
}

async function removeRow(client: TableClient, { partition, key }: StatePlace, signal: Signal): Promise<void> {
  try {
    await client.deleteEntity(partition, key, signal)
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause
  }
}

async function discardRow(
  client: TableClient,
  { partition, key, etag }: Pick<StateRow, 'partition' | 'key' | 'etag'>,
  signal: Signal,
): Promise<void> {
  try {
    await client.deleteEntity(partition, key, { ...signal, etag })
  } catch (cause) {
    const status = statusOf(cause)
    if (status !== 404 && status !== 412) throw cause
  }
}

async function collect(client: TableClient, filter: string | undefined, signal: Signal): Promise<StateRow[]> {
  const found: StateRow[] = []
  const entities = client.listEntities({ ...signal, ...(filter === undefined ? {} : { queryOptions: { filter } }) })
  for await (const entity of entities) found.push(toState(entity))
  return found
}

/** The ETag of the stored row where an earlier attempt of this very change left it; else it is somebody else's. */
async function ownEtag(client: TableClient, row: Row, signal: Signal): Promise<string | null> {
  const stored = await client.getEntity<Row>(row.partitionKey, row.rowKey, signal)
  return stored[markName] === row[markName] ? stored.etag : null
}

function entityKey({ partition, key }: StatePlace) {
  return { partitionKey: partition, rowKey: key }
}

function toState(entity: Parameters<typeof toStored>[0]): StateRow {
  const { partitionKey, rowKey, etag, properties } = toStored(entity)
  const { [markName]: _mark, ...values } = properties as Properties
  return { partition: partitionKey, key: rowKey, etag, values }
}

function etagOf({ etag }: { readonly etag?: string | undefined }): string {
  if (etag === undefined) throw new Error('the reply has no ETag')
  return etag
}

function unavailable(table: string, cause: unknown): Problem {
  const reason = `${table}: ${statusOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown')}`
  return new Problem('policy_unavailable', 'What the decision needs cannot be looked up now.', {
    retryAfter: 5,
    reason,
    cause,
  })
}
