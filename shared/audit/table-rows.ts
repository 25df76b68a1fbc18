import type { TableClient, TableEntity, TransactionAction } from '@azure/data-tables'
import { Problem } from '../errors/problem.ts'
import type { StoredEntity } from './record.ts'
import type { Commit, CommitFault, EntityRange, RowStore, TableName, TokenSource, Write } from './store.ts'
import { rangeFilter, toStored } from './table-entity.ts'

export interface TableRowsOptions {
  /** Account URL, and who we are there; or a connection string (the local stack's verifier). */
  readonly account: { readonly url: string; readonly credential: TokenSource } | { readonly connectionString: string }
  readonly names: Readonly<Record<TableName, string>>
  /** Milliseconds for one request. */
  readonly timeout?: number
  /** Make absent tables. A verifier must not. */
  readonly create?: boolean
  /** Plain http, for tests against a local table server only. */
  readonly allowInsecure?: boolean
}

const defaultTimeout = 1000
const pageSize = 1000

/**
 * Azure Table Storage as the audit's store, by `@azure/data-tables` without its retries: a retry of a batch whose reply
 * was lost would report our own commit as somebody else's.
 */
export function createTableRows(options: TableRowsOptions): RowStore {
  const clients = new Map<TableName, Promise<TableClient>>()
  const signal = () => AbortSignal.timeout(options.timeout ?? defaultTimeout)
  const table = (name: TableName): Promise<TableClient> => {
    const known = clients.get(name)
    if (known) return known
    const opened = openTable(options, name)
    clients.set(name, opened)
    opened.catch(() => clients.delete(name))
    return opened
  }
  return {
    async commit(name, writes) {
      const client = await table(name).catch(() => null)
      if (!client) return { ok: false, fault: 'rejected', detail: 'the table cannot be opened' }
      return submit(client, writes, signal())
    },
    async read(name, partitionKey, rowKey) {
      try {
        const client = await table(name)
        return toStored(await client.getEntity(partitionKey, rowKey, { abortSignal: signal() }))
      } catch (cause) {
        if (isMissingEntity(cause)) return null
        throw unavailable(cause)
      }
    },
    async *list(name, range) {
      try {
        yield* listPages(await table(name), range, options.timeout ?? defaultTimeout)
      } catch (cause) {
        throw unavailable(cause)
      }
    },
  }
}

async function openTable(options: TableRowsOptions, name: TableName): Promise<TableClient> {
  const sdk = await import('./azure-tables.ts')
  const settings = { retryOptions: { maxRetries: 0 }, allowInsecureConnection: options.allowInsecure ?? false }
  const { account, names } = options
  const client =
    'url' in account
      ? new sdk.TableClient(account.url, names[name], account.credential, settings)
      : sdk.TableClient.fromConnectionString(account.connectionString, names[name], settings)
  const abortSignal = AbortSignal.timeout(5 * (options.timeout ?? defaultTimeout))
  if (options.create) await client.createTable({ abortSignal })
  return client
}

async function submit(client: TableClient, writes: readonly Write[], abortSignal: AbortSignal): Promise<Commit> {
  try {
    const response = await client.submitTransaction(writes.map(toAction), { abortSignal })
    const done = response.subResponses
    // A reply that was cut short parses as fewer parts and no error.
    if (done.length !== writes.length || done.some((part) => part.status < 200 || part.status > 299)) {
      return { ok: false, fault: 'ambiguous', detail: 'the reply is incomplete' }
    }
    return { ok: true, etags: done.map((part) => part.etag ?? '') }
  } catch (cause) {
    return { ok: false, ...explainFault(cause) }
  }
}

function toAction(write: Write): TransactionAction {
  const { partitionKey, rowKey, properties } = write.entity
  const entity: TableEntity = { partitionKey, rowKey, ...properties }
  return write.kind === 'insert' ? ['create', entity] : ['update', entity, 'Replace', { etag: write.etag }]
}

/** Sorts what the SDK threw into the four faults; where the answer's origin is in doubt, it is ambiguous. */
function explainFault(cause: unknown): { readonly fault: CommitFault; readonly detail: string } {
  const { statusCode, code } = cause as { statusCode?: number; code?: string }
  const detail = `${statusCode ?? ''} ${code ?? (cause instanceof Error ? cause.name : 'unknown')}`.trim()
  if (statusCode === undefined) return { fault: code && unsent.has(code) ? 'throttled' : 'ambiguous', detail }
  return { fault: faultOfStatus(statusCode, cause), detail }
}

function faultOfStatus(status: number, cause: unknown): CommitFault {
  if (status >= 500) return isInsideBatch(cause) ? 'throttled' : 'ambiguous'
  return clientFaults[status] ?? (status >= 400 ? 'rejected' : 'ambiguous')
}

/** Failures before a byte was sent. */
const unsent: ReadonlySet<string> = new Set(['ECONNREFUSED', 'ENOTFOUND'])
const clientFaults: Readonly<Record<number, CommitFault>> = {
  408: 'ambiguous',
  409: 'lost-race',
  412: 'lost-race',
  429: 'throttled',
}

// A failure that is reported inside a 202 answer was reported by the transaction itself: nothing was committed.
function isInsideBatch(cause: unknown): boolean {
  return (cause as { response?: { status?: number } }).response?.status === 202
}

/** Each page has the time of one request; what the reader does between two pages is not counted. */
async function* listPages(
  client: TableClient,
  range: EntityRange | undefined,
  timeout: number,
): AsyncIterable<readonly StoredEntity[]> {
  const filter = range && rangeFilter(range)
  const control = new AbortController()
  const wait = () => setTimeout(() => control.abort(), timeout)
  const options = { abortSignal: control.signal, ...(filter === undefined ? {} : { queryOptions: { filter } }) }
  let timer = wait()
  try {
    for await (const page of client.listEntities(options).byPage({ maxPageSize: pageSize })) {
      clearTimeout(timer)
      yield page.map(toStored)
      timer = wait()
    }
  } finally {
    clearTimeout(timer)
  }
}

function isMissingEntity(cause: unknown): boolean {
  const { statusCode, code } = cause as { statusCode?: number; code?: string }
  return statusCode === 404 && code !== 'TableNotFound'
}

function unavailable(cause: unknown): Problem {
  const { detail } = explainFault(cause)
  return new Problem('audit_unavailable', 'The audit log is unavailable.', { retryAfter: 5, reason: detail, cause })
}
