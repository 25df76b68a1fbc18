/**
 * Stands in for a company's own REST API that is protected by Entra: it validates the token by itself and gives each
 * person their own orders and rights. It differs from a real one in having its data in memory, and `/dev/fault`.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { type Caller, makeTokenCheck, type TokenRules } from './access-token.ts'
import { answer } from './api.ts'
import { type OrderBook, openBook, type StoredBook, storeBook } from './book.ts'
import { type Fault, faultOrder, replyOf } from './faults.ts'
import { fail, type Reply, unauthorized } from './reply.ts'
import { type OrderRights, rightsOf } from './rights.ts'

export interface OrdersOptions extends TokenRules {
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly stored?: StoredBook
  /** Further tenants whose people may call; none unless given. */
  readonly tenants?: readonly string[]
  /** Instead of the rights of the stack's own people. */
  readonly rightsOf?: (caller: Caller) => OrderRights | null
  /** The access log: told of every call whose token held. */
  readonly watch?: (seen: SeenCall) => void
}

/** A line of the access log: whom the API saw, and the ids that the call came with. */
export interface SeenCall {
  readonly caller: Caller
  readonly method: string
  readonly path: string
  readonly requestId: string | undefined
  readonly traceparent: string | undefined
  readonly idempotencyKey: string | undefined
}

/** A running orders API. `read` gives its data for keeping. */
export interface OrdersApi {
  readonly url: string
  read(): StoredBook
  stop(): Promise<void>
}

interface State {
  readonly book: OrderBook
  readonly check: ReturnType<typeof makeTokenCheck>
  readonly rightsOf: (caller: Caller) => OrderRights | null
  readonly watch: (seen: SeenCall) => void
  readonly tenant: string
  origin: string
  fault: Fault | null
}

const maxBody = 262_144

/** Starts the API on a free port of 127.0.0.1 (https). */
export async function startOrders(options: OrdersOptions): Promise<OrdersApi> {
  const { certificate, stored } = options
  const state = makeState(options, openBook(stored))
  const server = createServer({ ...certificate }, (request, response) => {
    serve(request, state).then(
      (reply) => send(response, reply),
      () => send(response, fail(500, 'InternalServerError', 'the service failed')),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  state.origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: state.origin, read: () => storeBook(state.book), stop }
}

function makeState(options: OrdersOptions, book: OrderBook): State {
  const { tenant, tenants = [], watch = () => undefined } = options
  const checks = [tenant, ...tenants].map((each) => makeTokenCheck({ ...options, tenant: each }))
  const check = async (authorization: string | undefined) =>
    (await Promise.all(checks.map((one) => one(authorization)))).find((caller) => caller !== null) ?? null
  const rights = options.rightsOf ?? ((caller: Caller) => rightsOf(caller.oid))
  return { book, check, rightsOf: rights, watch, tenant, origin: '', fault: null }
}

async function serve(request: IncomingMessage, state: State): Promise<Reply | null> {
  const url = new URL(request.url ?? '/', state.origin)
  if (url.pathname === '/health') return { status: 200, body: { status: 'ok' } }
  const text = await readBody(request)
  if (text === null) return fail(413, 'PayloadTooLarge', 'the body is too large')
  const body = parseJson(text)
  if (url.pathname === '/dev/fault' && request.method === 'POST') return setFault(state, body)
  const fault = takeFault(state)
  if (fault !== null) return replyOf(fault, state.tenant)
  return serveCaller({ request, url, body }, state)
}

async function serveCaller(
  { request, url, body }: { request: IncomingMessage; url: URL; body: unknown },
  state: State,
): Promise<Reply> {
  const caller = await state.check(request.headers.authorization)
  if (caller === null) return unauthorized('invalid_token')
  const rights = state.rightsOf(caller) ?? { regions: [], edit: false, remove: false }
  const header = (name: string) => request.headers[name]?.toString()
  const idempotencyKey = header('idempotency-key')
  const method = request.method ?? 'GET'
  const ids = { requestId: header('x-request-id'), traceparent: header('traceparent'), idempotencyKey }
  state.watch({ caller, method, path: url.pathname, ...ids })
  const call = { method, url, body, caller, rights, idempotencyKey }
  return answer({ ...call, now: new Date().toISOString() }, state.book)
}

function setFault(state: State, body: unknown): Reply {
  const order = faultOrder.safeParse(body)
  if (!order.success) return fail(400, 'BadRequest', 'unknown fault')
  state.fault = order.data
  return { status: 204 }
}

function takeFault(state: State): Fault | null {
  const { fault } = state
  if (fault !== null) state.fault = fault.count > 1 ? { ...fault, count: fault.count - 1 } : null
  return fault
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) return null
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}

/** No reply at all stands for a service that hangs: the connection stays open until the caller gives up. */
function send(response: ServerResponse, reply: Reply | null): void {
  if (reply === null) return
  const body = reply.body === undefined ? '' : JSON.stringify(reply.body)
  response.writeHead(reply.status, {
    'x-request-id': randomUUID(),
    ...(body === '' ? {} : { 'Content-Type': 'application/json' }),
    ...reply.headers,
  })
  response.end(body)
}
