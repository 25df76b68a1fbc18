import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createRequire } from 'node:module'
import { cosmosDatabase, type SeedContainer } from './seed.ts'

/** Items of one container, as the server keeps them. */
interface Items {
  readonly _data: Map<string, { read(): Readonly<Record<string, unknown>> }>
  _getPartition(data: unknown): unknown
  create(data: unknown): unknown
  upsert(data: unknown): unknown
  replace(data: unknown, original: unknown): unknown
  query(params: unknown, page: unknown): unknown
  read(page?: unknown): unknown
}

interface Creator {
  create(data: unknown): unknown
}

interface Account {
  readonly databases: Creator
  database(id: string): { readonly collections: Creator; collection(id: string): { readonly documents: Items } }
}

type Handler = (...parts: [Account, IncomingMessage, ServerResponse, Readonly<Record<string, string>>]) => unknown
type Routes = (request: IncomingMessage) => readonly [Readonly<Record<string, string>>, Handler] | undefined

/** Answers a request that was permitted. */
export type Engine = (request: IncomingMessage, response: ServerResponse) => Promise<void>

const require = createRequire(import.meta.url)
const load = <T>(part: string) => (require(`@vercel/cosmosdb-server/lib/${part}`) as { readonly default: T }).default

/** Loads the server's parts, which takes a few hundred milliseconds, and fills an account. */
export function openEngine(containers: readonly SeedContainer[]): Engine {
  const routes = load<Routes>('routes')
  const AccountOf = load<new (host: string, port: number) => Account>('account')
  const account = new AccountOf('127.0.0.1', 0)
  const asked = new AsyncLocalStorage<readonly unknown[] | null>()
  account.databases.create({ id: cosmosDatabase })
  for (const container of containers) fill(account, container, () => asked.getStore() ?? null)
  return (request, response) => asked.run(keyOf(request), () => answer(request, response, { account, routes }))
}

function fill(account: Account, { id, key, items }: SeedContainer, asked: () => readonly unknown[] | null): void {
  const database = account.database(cosmosDatabase)
  database.collections.create({ id, partitionKey: { paths: [key], kind: 'Hash', version: 2 } })
  const { documents } = database.collection(id)
  for (const item of items) documents.create(item)
  mend(documents, asked)
}

/** What the server lacks: queries and feeds within the partition that a request names, and writes to no other. */
function mend(documents: Items, asked: () => readonly unknown[] | null): void {
  const own = Object.getPrototypeOf(documents) as Items
  const isAsked = (data: unknown) => {
    const key = asked()
    return key === null || documents._getPartition(data) === key[0]
  }
  const narrowed = () => {
    const kept = [...documents._data].filter(([, item]) => isAsked(item.read()))
    return Object.create(documents, { _data: { value: new Map(kept) } }) as Items
  }
  const refuseOther = (data: unknown) => {
    if (!isAsked(data)) throw Object.assign(new Error('The partition key is not the item’s.'), { badRequest: true })
  }
  documents.query = (params, page) => own.query.call(narrowed(), params, page)
  documents.read = (page) => own.read.call(narrowed(), page)
  documents.create = (data) => {
    refuseOther(data)
    return own.create.call(documents, data)
  }
  documents.upsert = (data) => {
    refuseOther(data)
    return own.upsert.call(documents, data)
  }
  documents.replace = (data, original) => {
    refuseOther(data)
    return own.replace.call(documents, data, original)
  }
}

/** The partition that a request names; null for none. */
function keyOf({ headers }: IncomingMessage): readonly unknown[] | null {
  const header = headers['x-ms-documentdb-partitionkey']
  if (typeof header !== 'string') return null
  const key = JSON.parse(header) as unknown
  return Array.isArray(key) ? key : [key]
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  { account, routes }: { readonly account: Account; readonly routes: Routes },
): Promise<void> {
  const [params = {}, handler = unknownRoute] = routes(request) ?? []
  const body: unknown = await handler(account, request, response, params)
  if (request.headers['a-im'] !== undefined && response.statusCode === 200) nameFeed(request, response)
  const { _etag: etag } = (body ?? {}) as { readonly _etag?: string }
  if (etag !== undefined) response.setHeader('etag', etag)
  response.setHeader('content-type', 'application/json')
  response.setHeader('x-ms-request-charge', '1')
  response.setHeader('x-ms-activity-id', String(request.headers['x-ms-activity-id'] ?? randomUUID()))
  response.end(response.statusCode === 304 || body === undefined ? undefined : JSON.stringify(body))
}

const unknownRoute: Handler = (_account, _request, response) => {
  response.statusCode = 400
  return { code: 'BadRequest', message: 'no route' }
}

/** A feed begins with all there is, and has nothing new then. */
function nameFeed({ headers }: IncomingMessage, response: ServerResponse): void {
  if (headers['if-none-match'] !== undefined) response.statusCode = 304
  response.setHeader('etag', '"1"')
}
