import type { TableClient } from '@azure/data-tables'
import type { TokenSource } from '../audit/store.ts'
import { Problem } from '../errors/problem.ts'
import type { Approval, ApprovalRequest, ApprovalStore, Use } from './approval.ts'
import {
  type Columns,
  digestRange,
  isoTime,
  progressColumns,
  readApproval,
  requestColumns,
  spentKey,
} from './entity.ts'
import type { Progress } from './states.ts'

export interface TableApprovalsOptions {
  /** Account URL, and who we are there; or a connection string, for tests against a local table server. */
  readonly account: { readonly url: string; readonly credential: TokenSource } | { readonly connectionString: string }
  readonly table: string
  /** Milliseconds for one request. */
  readonly timeout?: number
  /** Plain http, for tests against a local table server only. */
  readonly allowInsecure?: boolean
}

const defaultTimeout = 2000

/**
 * Azure Table Storage as the store of approvals, by `@azure/data-tables` without its retries: after a retry of a change
 * whose reply was lost, our own claim would look like somebody else's.
 */
export function createTableApprovals(options: TableApprovalsOptions): ApprovalStore {
  const timeout = options.timeout ?? defaultTimeout
  let opened: Promise<TableClient> | undefined
  const signal = () => ({ abortSignal: AbortSignal.timeout(timeout) })
  const use = async <T>(work: (client: TableClient) => Promise<T>): Promise<T> => {
    opened ??= openTable(options, 5 * timeout)
    try {
      return await work(await opened.catch(forget))
    } catch (cause) {
      throw unavailable(cause)
    }
  }
  const forget = (cause: unknown): never => {
    opened = undefined
    throw cause
  }
  return {
    find: (tid, id) => use((client) => findOne(client, { tid, id }, signal())),
    latest: (tid, digest) => use((client) => findLatest(client, tid, digest)),
    insert: (request, progress) => use((client) => insertRow(client, newRow(request, progress), signal())),
    replace: (approval, progress) => use((client) => replaceProgress(client, { approval, progress }, signal())),
    spend: (used) => use((client) => insertRow(client, spentRow(used), signal())),
    list: (tid, since) => use((client) => collect(client, `${inTenant(tid)} and requestedAt ge '${isoTime(since)}'`)),
  }
}

interface Signal {
  readonly abortSignal: AbortSignal
}

type Row = Columns & { readonly partitionKey: string; readonly rowKey: string }

async function openTable({ account, table, allowInsecure }: TableApprovalsOptions, timeout: number) {
  const sdk = await import('@azure/data-tables')
  const settings = { retryOptions: { maxRetries: 0 }, allowInsecureConnection: allowInsecure ?? false }
  const client =
    'url' in account
      ? new sdk.TableClient(account.url, table, account.credential, settings)
      : sdk.TableClient.fromConnectionString(account.connectionString, table, settings)
  await client.createTable({ abortSignal: AbortSignal.timeout(timeout) })
  return client
}

function newRow(request: ApprovalRequest, progress: Progress): Row {
  const keys = { partitionKey: request.subject.tid, rowKey: request.id }
  return { ...requestColumns(request), ...progressColumns(progress), ...keys }
}

function spentRow(used: Use): Row {
  return { partitionKey: used.tid, rowKey: spentKey(used), decisionId: used.decisionId }
}

async function findOne(client: TableClient, key: { tid: string; id: string }, options: Signal) {
  try {
    const entity = await client.getEntity(key.tid, key.id, options)
    return readApproval(entity, entity.etag)
  } catch (cause) {
    if (statusOf(cause) === 404) return null
    throw cause
  }
}

/** Keys of later attempts sort by their text, so that the newest is found by its number. */
async function findLatest(client: TableClient, tid: string, digest: string): Promise<Approval | null> {
  const { from, to } = digestRange(digest)
  const found = await collect(client, `${inTenant(tid)} and RowKey ge '${from}' and RowKey le '${to}'`)
  return found.sort((a, b) => b.request.attempt - a.request.attempt)[0] ?? null
}

async function insertRow(client: TableClient, row: Row, options: Signal): Promise<boolean> {
  try {
    await client.createEntity(row, options)
    return true
  } catch (cause) {
    if (statusOf(cause) === 409) return false
    throw cause
  }
}

async function replaceProgress(
  client: TableClient,
  { approval, progress }: { approval: Approval; progress: Progress },
  options: Signal,
): Promise<string | null> {
  const { subject, id } = approval.request
  const row = { partitionKey: subject.tid, rowKey: id, ...progressColumns(progress) }
  try {
    const { etag } = await client.updateEntity(row, 'Merge', { ...options, etag: approval.etag })
    if (etag === undefined) throw new Error('the reply has no ETag')
    return etag
  } catch (cause) {
    if (statusOf(cause) === 412) return null
    throw cause
  }
}

async function collect(client: TableClient, filter: string): Promise<Approval[]> {
  const found: Approval[] = []
  for await (const entity of client.listEntities({ queryOptions: { filter } })) {
    found.push(readApproval(entity, String(entity.etag)))
  }
  return found.sort((a, b) => b.request.requestedAt - a.request.requestedAt)
}

/** Tenant ids and digests are of hexadecimal digits and dashes: nothing in them ends a literal. */
function inTenant(tid: string): string {
  return `PartitionKey eq '${tid.replaceAll("'", "''")}'`
}

function statusOf(cause: unknown): number | undefined {
  return (cause as { statusCode?: number }).statusCode
}

function unavailable(cause: unknown): Problem {
  const reason = `approvals: ${statusOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown')}`
  return new Problem('policy_unavailable', 'Approvals cannot be looked up now.', { retryAfter: 5, reason, cause })
}
