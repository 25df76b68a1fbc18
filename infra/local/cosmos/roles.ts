import type { IncomingMessage } from 'node:http'
import { personas } from '../personas.ts'

/** Data actions by their last names, as role definitions of the data plane list them. */
export type DataAction =
  | 'readMetadata'
  | 'executeQuery'
  | 'readChangeFeed'
  | 'items/create'
  | 'items/read'
  | 'items/replace'
  | 'items/upsert'
  | 'items/delete'

/** What a request asks for; without a container it is about the account or the database. */
export interface Asked {
  readonly action: DataAction
  readonly container?: string
}

interface Assignment {
  readonly actions: readonly DataAction[]
  /** Absent: the whole database. */
  readonly container?: string
}

const reader = ['readMetadata', 'executeQuery', 'readChangeFeed', 'items/read'] as const
const contributor = [...reader, 'items/create', 'items/replace', 'items/upsert', 'items/delete'] as const

/** By object id, as the token names the person. Whoever is not here may do nothing. */
const assignments: Readonly<Record<string, readonly Assignment[]>> = {
  [personas.alice.oid]: [
    { actions: ['readMetadata'] },
    { actions: contributor, container: 'orders' },
    { actions: contributor, container: 'notes' },
  ],
  [personas.bob.oid]: [
    { actions: ['readMetadata'] },
    { actions: contributor, container: 'orders' },
    { actions: contributor, container: 'notes' },
  ],
  [personas.carol.oid]: [{ actions: ['readMetadata'] }, { actions: reader, container: 'orders' }],
  [personas.heidi.oid]: [{ actions: ['readMetadata'] }, { actions: contributor, container: 'staff' }],
}

/** True where one of the person's assignments covers it. */
export function mayDo(oid: string, { action, container }: Asked): boolean {
  const own = Object.hasOwn(assignments, oid) ? (assignments[oid] ?? []) : []
  return own.some((one) => one.actions.includes(action) && (one.container ?? container) === container)
}

const place = /^\/+dbs\/[^/]+(?:\/colls(?:\/([^/]+)(?:\/(docs|pkranges)(?:\/([^/]+))?)?)?)?\/?$/

/**
 * The data action behind a request; null for one that no role of the data plane covers: keys, throughput, definitions,
 * scripts, batches.
 */
export function actionOf({ method = '', url = '', headers }: IncomingMessage): Asked | null {
  const { pathname } = new URL(url, 'https://account')
  if (headers['x-ms-cosmos-is-batch-request'] !== undefined) return null
  const [whole, name, feed, id] = place.exec(pathname) ?? []
  const action = whole === undefined ? onAccount(method, pathname) : onPlace({ method, feed, id, headers })
  if (action === null) return null
  return name === undefined ? { action } : { action, container: decodeURIComponent(name) }
}

function onAccount(method: string, pathname: string): DataAction | null {
  return method === 'GET' && /^\/*$/.test(pathname) ? 'readMetadata' : null
}

interface Placed {
  readonly method: string
  readonly feed: string | undefined
  readonly id: string | undefined
  readonly headers: IncomingMessage['headers']
}

function onPlace({ method, feed, id, headers }: Placed): DataAction | null {
  if (feed !== 'docs') return method === 'GET' ? 'readMetadata' : null
  return id === undefined ? onFeed(method, headers) : onItem(method)
}

function onFeed(method: string, headers: IncomingMessage['headers']): DataAction | null {
  if (method === 'GET') return 'readChangeFeed'
  if (method !== 'POST') return null
  const isQuery = headers['content-type'] === 'application/query+json' || isTrue(headers['x-ms-documentdb-isquery'])
  if (isQuery || isTrue(headers['x-ms-cosmos-is-query-plan-request'])) return 'executeQuery'
  return isTrue(headers['x-ms-documentdb-is-upsert']) ? 'items/upsert' : 'items/create'
}

function onItem(method: string): DataAction | null {
  if (method === 'GET') return 'items/read'
  if (method === 'PUT' || method === 'PATCH') return 'items/replace'
  return method === 'DELETE' ? 'items/delete' : null
}

function isTrue(value: string | readonly string[] | undefined): boolean {
  return typeof value === 'string' && value.toLowerCase() === 'true'
}
