import type { TableClient, TransactionAction } from '@azure/data-tables'
import { Problem } from '../errors/problem.ts'
import type { EntityRemoval } from './erasure-store.ts'
import type { TokenSource } from './store.ts'
import type { EntityKey } from './subject-rows.ts'
import { rangeFilter, toStored } from './table-entity.ts'

export interface TableErasureOptions<Table extends string> {
  /** Account URL, and who we are there; or a connection string (the local stack). */
  readonly account: { readonly url: string; readonly credential: TokenSource } | { readonly connectionString: string }
  /** Names in the account. */
  readonly names: Readonly<Record<Table, string>>
  /** Milliseconds for one request. */
  readonly timeout?: number
  /** Plain http, for tests against a local table server only. */
  readonly allowInsecure?: boolean
}

const defaultTimeout = 10_000
const atOnce = 100

/**
 * Deletion in Azure Table Storage, by `@azure/data-tables`, in the tables that are named and no other: the one place with
 * this right. A delete that is repeated finds nothing, which is as good.
 */
export function createTableErasure<Table extends string>(options: TableErasureOptions<Table>): EntityRemoval<Table> {
  const clients = new Map<Table, Promise<TableClient>>()
  const limit = () => ({ abortSignal: AbortSignal.timeout(options.timeout ?? defaultTimeout) })
  const open = (table: Table) => {
    const known = clients.get(table) ?? openTable(options, table)
    clients.set(table, known)
    return known
  }
  return {
    read: (table, { partitionKey, rowKey }) =>
      guard(async () => {
        const client = await open(table)
        const found = await client.getEntity(partitionKey, rowKey, limit()).catch(ignoreMissing)
        return found ? toStored(found) : null
      }),
    async *list(table, range) {
      const pages = await guard(async () => {
        const client = await open(table)
        const filter = range && rangeFilter(range)
        return client
          .listEntities(filter === undefined ? {} : { queryOptions: { filter } })
          .byPage({ maxPageSize: 1000 })
      })
      for (;;) {
        const next = await guard(() => pages.next()).catch(ignoreNoTable)
        if (next === undefined || next.done) return
        yield next.value.map(toStored)
      }
    },
    async remove(table, keys) {
      for (const group of groupKeys(keys)) await guard(async () => removeGroup(await open(table), group, limit))
    },
  }
}

async function openTable<Table extends string>(
  { account, names, allowInsecure }: TableErasureOptions<Table>,
  table: Table,
) {
  const sdk = await import('./azure-tables.ts')
  const settings = { allowInsecureConnection: allowInsecure ?? false }
  return 'url' in account
    ? new sdk.TableClient(account.url, names[table], account.credential, settings)
    : sdk.TableClient.fromConnectionString(account.connectionString, names[table], settings)
}

type Limit = () => { readonly abortSignal: AbortSignal }

/** All of a partition in one transaction; one by one where something of it is gone already, which fails the whole. */
async function removeGroup(client: TableClient, keys: readonly EntityKey[], limit: Limit): Promise<void> {
  const actions = keys.map(({ partitionKey, rowKey }): TransactionAction => ['delete', { partitionKey, rowKey }])
  try {
    await client.submitTransaction(actions, limit())
  } catch (cause) {
    if (statusOf(cause) !== 404) throw cause
    for (const { partitionKey, rowKey } of keys) {
      await client.deleteEntity(partitionKey, rowKey, limit()).catch(ignoreMissing)
    }
  }
}

function groupKeys(keys: readonly EntityKey[]): readonly (readonly EntityKey[])[] {
  const partitions = new Map<string, EntityKey[]>()
  for (const { partitionKey, rowKey } of keys) {
    const known = partitions.get(partitionKey) ?? []
    if (!known.some((one) => one.rowKey === rowKey)) known.push({ partitionKey, rowKey })
    partitions.set(partitionKey, known)
  }
  return [...partitions.values()].flatMap((all) =>
    Array.from({ length: Math.ceil(all.length / atOnce) }, (_, at) => all.slice(at * atOnce, (at + 1) * atOnce)),
  )
}

function ignoreMissing(cause: unknown): undefined {
  if (statusOf(cause) === 404) return undefined
  throw cause
}

/** A table that nobody has made yet holds nothing. */
function ignoreNoTable(cause: unknown): undefined {
  if (cause instanceof Problem && cause.reason === 'erasure 404') return undefined
  throw cause
}

async function guard<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    const reason = `erasure ${statusOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown')}`
    throw new Problem('audit_unavailable', 'Nothing can be erased now.', { retryAfter: 5, reason, cause })
  }
}

function statusOf(cause: unknown): number | undefined {
  return (cause as { statusCode?: number }).statusCode
}
