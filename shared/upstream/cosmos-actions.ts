import {
  ChangeFeedStartFrom,
  type Container,
  type ContainerDefinition,
  type Database,
  type FeedOptions,
  type PatchRequestBody,
  type QueryIterator,
  type PartitionKey as SdkKey,
} from '@azure/cosmos'
import type { CosmosCall } from '../backend/document-call.ts'
import type { Json, UpstreamAnswer, UpstreamCall } from '../pipeline/ports.ts'
import {
  documentOf,
  inputOf,
  keyWithin,
  outsideRule,
  type PartitionKey,
  parametersOf,
  patchesOf,
  refuseInput,
  textOf,
} from './cosmos-inputs.ts'
import { tableOfQuery, tableOfStored } from './cosmos-table.ts'
import { failWith } from './failure.ts'
import { openCursor, sealCursor } from './sealed-cursor.ts'

/** One call within the deployment's database. */
export interface Visit {
  readonly call: UpstreamCall
  readonly database: Database
  /** The partition that is asked for; null for all. */
  readonly key: PartitionKey | null
  /** A rule of the deployment's stands over the container. */
  readonly ruled: boolean
  readonly signal: AbortSignal
  readonly cursorKey: Uint8Array
}

export type Brought = Pick<UpstreamAnswer, 'data' | 'columns' | 'rows' | 'truncated'>

export const actions: Readonly<Record<CosmosCall['action'], (visit: Visit) => Promise<Brought>>> = {
  query,
  read,
  create: (visit) => store(visit, 'create'),
  upsert: (visit) => store(visit, 'upsert'),
  replace,
  patch,
  delete: remove,
  'read-container': readContainer,
  'list-containers': listContainers,
  'change-feed': readChanges,
}

const containerOf = ({ call, database }: Visit): Container => database.container(textOf(call, 'container'))
const usable = (key: PartitionKey): SdkKey => [...key] as SdkKey

/** Pages of one partition are the service's own; over several, what the limit leaves out cannot be gone on with. */
async function query(visit: Visit): Promise<Brought> {
  const { call, cursorKey } = visit
  const { statement } = call.understood
  if (statement?.text === undefined) throw failWith({ code: 'internal', fate: 'not_called', why: 'not_judged' })
  const spec = { query: statement.text, parameters: [...parametersOf(call)] as { name: string; value: never }[] }
  const pages = containerOf(visit).items.query<Json>(spec, feedOptions(visit, continuationOf(visit)))
  const { items, next, more } = await gather(pages, visit)
  const shown = items.slice(0, limitOf(call))
  const { data, columns } = tableOfQuery(shown, statement, textOf(call, 'container'))
  return {
    data: { ...data, ...(next === '' ? {} : { cursor: sealCursor(cursorKey, next, call) }) },
    columns,
    rows: shown.length,
    truncated: more || items.length > shown.length,
  }
}

function continuationOf({ call, key, cursorKey }: Visit): string | undefined {
  const cursor = textOf(call, 'cursor')
  if (cursor !== '' && key === null) throw refuseInput('/cursor', 'goes on within one partitionKey only')
  return cursor === '' ? undefined : openCursor(cursorKey, cursor, call)
}

/** One page of one partition, or as many of several as the limit takes; `next` is where the one goes on, or ''. */
async function gather(pages: QueryIterator<Json>, { call, key }: Visit) {
  const items: Json[] = []
  let next = ''
  do {
    const page = await pages.fetchNext()
    items.push(...(page.resources ?? []))
    next = page.continuationToken ?? ''
  } while (pages.hasMoreResults() && items.length <= (key === null ? limitOf(call) : 0))
  const more = pages.hasMoreResults()
  return { items, more, next: key !== null && more ? next : '' }
}

function feedOptions({ call, key, signal }: Visit, continuationToken: string | undefined): FeedOptions {
  return {
    maxItemCount: limitOf(call),
    abortSignal: signal,
    ...(key === null ? {} : { partitionKey: usable(key) }),
    ...(continuationToken === undefined ? {} : { continuationToken }),
  }
}

function limitOf(call: UpstreamCall): number {
  const limit = inputOf(call, 'limit')
  return Math.max(1, Math.min(call.rowLimit, typeof limit === 'number' ? limit : call.rowLimit))
}

async function read(visit: Visit): Promise<Brought> {
  const { resource, etag, statusCode } = await itemOf(visit).read({ abortSignal: visit.signal })
  if (statusCode === 404 || resource === undefined) throw notThere()
  const { data, columns } = tableOfStored([resource as Json], textOf(visit.call, 'container'))
  return { data: { ...data, etag }, columns, rows: 1, truncated: false }
}

function itemOf(visit: Visit) {
  const { key, call } = visit
  if (key === null) throw refuseInput('/partitionKey', 'is missing')
  return containerOf(visit).item(textOf(call, 'id'), usable(key))
}

async function store(visit: Visit, way: 'create' | 'upsert'): Promise<Brought> {
  const document = documentOf(visit.call)
  await assertWithin(visit, document)
  const { items } = containerOf(visit)
  const { etag, statusCode } = await items[way](document, { abortSignal: visit.signal })
  return stored(document.id, { etag, status: statusCode === 201 ? 'created' : 'replaced' })
}

async function replace(visit: Visit): Promise<Brought> {
  const document = documentOf(visit.call)
  if (document.id !== textOf(visit.call, 'id')) throw refuseInput('/document', 'has another id')
  await assertWithin(visit, document)
  const { etag } = await itemOf(visit).replace(document, conditions(visit))
  return stored(document.id, { etag, status: 'replaced' })
}

async function patch(visit: Visit): Promise<Brought> {
  const operations = patchesOf(visit.call)
  const { etag } = await itemOf(visit).patch({ operations } as unknown as PatchRequestBody, conditions(visit))
  return stored(textOf(visit.call, 'id'), { etag, status: 'patched' })
}

async function remove(visit: Visit): Promise<Brought> {
  await itemOf(visit).delete(conditions(visit))
  return stored(textOf(visit.call, 'id'), { status: 'deleted' })
}

function conditions({ call, signal }: Visit) {
  const condition = textOf(call, 'ifMatch')
  return { abortSignal: signal, ...(condition === '' ? {} : { accessCondition: { type: 'IfMatch', condition } }) }
}

/** What was stored is not sent back: it would be data, and the caller has it. */
function stored(id: string, facts: { readonly etag?: string; readonly status: string }): Brought {
  return { data: { id, ...facts }, rows: 1, truncated: false }
}

/** Under a rule an item has to carry the very partition that the rule allows. */
async function assertWithin(visit: Visit, document: Readonly<Record<string, Json>>): Promise<void> {
  if (!visit.ruled || visit.key === null) return
  const { resource } = await containerOf(visit).getPartitionKeyDefinition()
  const own = keyWithin(document, resource?.paths ?? [])
  if (own === undefined || JSON.stringify(own) !== JSON.stringify(visit.key)) throw outsideRule()
}

async function readContainer(visit: Visit): Promise<Brought> {
  const { resource } = await containerOf(visit).read({ abortSignal: visit.signal })
  if (resource === undefined) throw notThere()
  return { data: describe(resource), rows: 1, truncated: false }
}

function notThere() {
  return failWith({ code: 'backend_rejected', fate: 'called', why: 'status_404', members: { status: 404 } })
}

/** Only those that the deployment lists. */
async function listContainers({ call, database, signal }: Visit): Promise<Brought> {
  const { resources = [] } = await database.containers.readAll({ abortSignal: signal }).fetchAll()
  const listed = resources.filter(({ id }) => call.invocation.backend.objects?.includes(id) === true)
  return { data: { containers: listed.map(describe) }, rows: listed.length, truncated: false }
}

function describe({ id, partitionKey, defaultTtl }: ContainerDefinition) {
  const life = typeof defaultTtl === 'number' ? { defaultTtl } : {}
  return { name: String(id), partitionKey: [...(partitionKey?.paths ?? [])], ...life }
}

async function readChanges(visit: Visit): Promise<Brought> {
  const { call, key, cursorKey } = visit
  const cursor = textOf(call, 'cursor')
  const place = key === null ? undefined : usable(key)
  const start = textOf(call, 'from') === 'now' ? ChangeFeedStartFrom.Now(place) : ChangeFeedStartFrom.Beginning(place)
  const changeFeedStartFrom =
    cursor === '' ? start : ChangeFeedStartFrom.Continuation(openCursor(cursorKey, cursor, call))
  const feed = containerOf(visit).items.getChangeFeedIterator({ changeFeedStartFrom, maxItemCount: limitOf(call) })
  const page = await feed.readNext()
  const items = ((page.result ?? []) as unknown as readonly Json[]).slice(0, limitOf(call))
  const { data, columns } = tableOfStored(items, textOf(call, 'container'))
  return {
    data: { ...data, cursor: sealCursor(cursorKey, page.continuationToken, call) },
    columns,
    rows: items.length,
    truncated: false,
  }
}
