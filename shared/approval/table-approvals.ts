import type { TableClient } from '@azure/data-tables'
import type { TableOptions } from '../audit/azure-tables.ts'
import { sleep } from '../audit/pause.ts'
import { Problem } from '../errors/problem.ts'
import { repeatInDoubt, statusOf } from '../state/doubt.ts'
import type { Use } from './approval.ts'
import { type Columns, changingColumns, digestRange, readRow, requestColumns, spentKey } from './entity.ts'
import type { ApprovalRow, ApprovalRows, NewRow, RowChange } from './rows.ts'
import { isoTime } from './states.ts'

const defaultTimeout = 2000

/**
 * Azure Table Storage as the table of approvals, by `@azure/data-tables` without its retries: after a retry of a change
 * whose reply was lost, our own claim would look like somebody else's. A change in doubt is repeated here, identical and
 * under the same ETag or key, so that at most one copy takes effect; a repeat that is refused looks whose the row is.
 */
export function createTableApprovals(options: TableOptions): ApprovalRows {
  const timeout = options.timeout ?? defaultTimeout
  let opened: Promise<TableClient> | undefined
  const signal = () => ({ abortSignal: AbortSignal.timeout(timeout) })
  const use = async <T>(work: Work<T>): Promise<T> => {
    opened ??= import('../audit/azure-tables.ts').then(({ openTable }) => openTable(options, 5 * timeout))
    try {
      const client = await opened.catch(forget)
      const clock = { now: Date.now, until: Date.now() + timeout, wait: sleep }
      return await repeatInDoubt((isRepeat) => work(client, isRepeat), clock)
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
    ofDigest: (tid, digest) => use((client) => collect(client, `${inTenant(tid)} and ${inRange(digest)}`, signal())),
    insert: (row) => use((client, isRepeat) => insertRow(client, { row: newEntity(row), isRepeat }, signal())),
    replace: (row) => use((client, isRepeat) => replaceRow(client, { row, isRepeat }, signal())),
    spend: (used) => use((client, isRepeat) => insertRow(client, { row: spentEntity(used), isRepeat }, signal())),
    list: (tid, since) => use((client) => collect(client, `${inTenant(tid)} and ${requestedFrom(since)}`, signal())),
  }
}

interface Signal {
  readonly abortSignal: AbortSignal
}

type Work<T> = (client: TableClient, isRepeat: boolean) => Promise<T>

type Entity = Columns & { readonly partitionKey: string; readonly rowKey: string }

function newEntity(row: NewRow): Entity {
  return { ...requestColumns(row), ...changingColumns(row), partitionKey: row.tid, rowKey: row.id }
}

function spentEntity(used: Use): Entity {
  return { partitionKey: used.tid, rowKey: spentKey(used), decisionId: used.decisionId }
}

async function findOne(client: TableClient, key: { tid: string; id: string }, options: Signal) {
  try {
    const entity = await client.getEntity(key.tid, key.id, options)
    return readRow(entity, entity.etag)
  } catch (cause) {
    if (statusOf(cause) === 404) return null
    throw cause
  }
}

/** False where there is such a row already, unless our own first attempt left it. */
async function insertRow(
  client: TableClient,
  { row, isRepeat }: { readonly row: Entity; readonly isRepeat: boolean },
  options: Signal,
): Promise<boolean> {
  try {
    await client.createEntity(row, options)
    return true
  } catch (cause) {
    if (statusOf(cause) !== 409) throw cause
    return isRepeat && isOwn(await client.getEntity<Columns>(row.partitionKey, row.rowKey, options), row)
  }
}

/** A request says when it was asked for, a spent row for whom. */
function isOwn(stored: Columns, row: Entity): boolean {
  return stored.requestedAt === row.requestedAt && stored.decisionId === row.decisionId
}

async function replaceRow(
  client: TableClient,
  { row, isRepeat }: { readonly row: RowChange; readonly isRepeat: boolean },
  options: Signal,
): Promise<string | null> {
  const entity = { partitionKey: row.tid, rowKey: row.id, ...changingColumns(row) }
  try {
    const { etag } = await client.updateEntity(entity, 'Merge', { ...options, etag: row.etag })
    if (etag === undefined) throw new Error('the reply has no ETag')
    return etag
  } catch (cause) {
    if (statusOf(cause) !== 412) throw cause
    const stored = isRepeat ? await findOne(client, row, options) : null
    return stored?.progress === row.progress ? stored.etag : null
  }
}

async function collect(client: TableClient, filter: string, options: Signal): Promise<ApprovalRow[]> {
  const found: ApprovalRow[] = []
  for await (const entity of client.listEntities({ ...options, queryOptions: { filter } })) {
    found.push(readRow(entity, String(entity.etag)))
  }
  return found
}

function inRange(digest: string): string {
  const { from, to } = digestRange(digest)
  return `RowKey ge '${from}' and RowKey le '${to}'`
}

function requestedFrom(since: number): string {
  return `requestedAt ge '${isoTime(since)}'`
}

/** Tenant ids and digests are of hexadecimal digits and dashes: nothing in them ends a literal. */
function inTenant(tid: string): string {
  return `PartitionKey eq '${tid.replaceAll("'", "''")}'`
}

function unavailable(cause: unknown): Problem {
  const reason = `approvals: ${statusOf(cause) ?? (cause instanceof Error ? cause.name : 'unknown')}`
  return new Problem('policy_unavailable', 'Approvals cannot be looked up now.', { retryAfter: 5, reason, cause })
}
