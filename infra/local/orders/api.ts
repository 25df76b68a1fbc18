import { createHash } from 'node:crypto'
import type { Caller } from './access-token.ts'
import type { OrderBook } from './book.ts'
import { newOrder, type Order, orderChange, statuses, sumLines } from './order.ts'
import { fail, type Reply } from './reply.ts'
import type { OrderRights } from './rights.ts'

/** One authenticated call. `body` is parsed JSON or undefined, `origin` the API's own address. */
export interface Call {
  readonly method: string
  readonly url: URL
  readonly body: unknown
  readonly caller: Caller
  readonly rights: OrderRights
  readonly idempotencyKey: string | undefined
  readonly now: string
}

/** Answers one call by the rights of its caller; an order outside the caller's regions does not exist for them. */
export function answer(call: Call, book: OrderBook): Reply {
  const [, collection, id, ...more] = call.url.pathname.split('/')
  if (collection === 'whoami' && id === undefined && call.method === 'GET') return { status: 200, body: call.caller }
  if (collection !== 'orders' || more.length > 0) return fail(404, 'NotFound', 'no such resource')
  return id === undefined ? onCollection(call, book) : onOrder(call, book, id)
}

function onCollection(call: Call, book: OrderBook): Reply {
  if (call.method === 'GET') return list(call, book)
  if (call.method === 'POST') return create(call, book)
  return fail(405, 'MethodNotAllowed', 'this collection takes GET and POST')
}

function onOrder(call: Call, book: OrderBook, id: string): Reply {
  const order = book.orders.get(id)
  if (order === undefined || !call.rights.regions.includes(order.region)) return fail(404, 'NotFound', 'no such order')
  if (call.method === 'GET') return { status: 200, body: order }
  if (call.method === 'PUT') return change(call, book, order)
  if (call.method === 'DELETE') return remove(call, book, order)
  return fail(405, 'MethodNotAllowed', 'an order takes GET, PUT and DELETE')
}

function list(call: Call, book: OrderBook): Reply {
  const { searchParams } = call.url
  const status = searchParams.get('status')
  const limit = Number(searchParams.get('limit') ?? '20')
  if (status !== null && !statuses.some((known) => known === status)) return fail(400, 'BadRequest', 'unknown status')
  if (!Number.isInteger(limit) || limit < 1 || limit > 100) return fail(400, 'BadRequest', 'limit is 1 to 100')
  const after = Buffer.from(searchParams.get('cursor') ?? '', 'base64url').toString()
  const seen = [...book.orders.values()]
    .filter((order) => call.rights.regions.includes(order.region) && (status === null || order.status === status))
    .filter((order) => order.order_id > after)
    .sort((a, b) => (a.order_id < b.order_id ? -1 : 1))
  const value = seen.slice(0, limit)
  return { status: 200, body: { value, ...(seen.length > limit ? { nextLink: nextLink(call.url, value) } : {}) } }
}

function nextLink(url: URL, page: readonly Order[]): string {
  const next = new URL(url)
  next.searchParams.set('cursor', Buffer.from(page.at(-1)?.order_id ?? '').toString('base64url'))
  return next.href
}

function create(call: Call, book: OrderBook): Reply {
  const input = newOrder.safeParse(call.body)
  if (!input.success) return fail(400, 'BadRequest', 'the order is not valid')
  if (!call.rights.edit || !call.rights.regions.includes(input.data.region)) return forbidden()
  const digest = createHash('sha256').update(JSON.stringify(input.data)).digest('hex')
  const key = call.idempotencyKey === undefined ? null : `${call.caller.oid} ${call.idempotencyKey}`
  const replay = key === null ? undefined : book.replays.get(key)
  if (replay !== undefined) return repeat(book, replay, digest)
  const order = makeOrder(call, book, input.data)
  book.orders.set(order.order_id, order)
  if (key !== null) book.replays.set(key, { digest, orderId: order.order_id })
  return { status: 201, body: order, headers: { Location: `/orders/${order.order_id}` } }
}

function repeat(book: OrderBook, replay: { digest: string; orderId: string }, digest: string): Reply {
  if (replay.digest !== digest) return fail(422, 'IdempotencyKeyReused', 'this key was used for another order')
  const order = book.orders.get(replay.orderId)
  if (order === undefined) return fail(410, 'Gone', 'the order made under this key was deleted')
  return { status: 201, body: order, headers: { 'Idempotent-Replayed': 'true' } }
}

function makeOrder(call: Call, book: OrderBook, input: Pick<Order, 'region' | 'customer' | 'note' | 'lines'>): Order {
  const times = { created_at: call.now, updated_at: call.now }
  const order_id = `ord-${book.next}`
  book.next += 1
  return { order_id, status: 'open', ...input, total: sumLines(input.lines), ...times }
}

function change(call: Call, book: OrderBook, order: Order): Reply {
  if (!call.rights.edit) return forbidden()
  const input = orderChange.safeParse(call.body)
  if (!input.success) return fail(400, 'BadRequest', 'the change is not valid')
  const given = Object.fromEntries(Object.entries(input.data).filter(([, value]) => value !== undefined))
  const merged: Order = { ...order, ...given }
  const changed = { ...merged, total: sumLines(merged.lines), updated_at: call.now }
  book.orders.set(order.order_id, changed)
  return { status: 200, body: changed }
}

function remove(call: Call, book: OrderBook, order: Order): Reply {
  if (!call.rights.remove) return forbidden()
  book.orders.delete(order.order_id)
  return { status: 204 }
}

function forbidden(): Reply {
  return fail(403, 'Forbidden', 'this person may not do that')
}
