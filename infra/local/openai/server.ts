/**
 * Stands in for an Azure OpenAI resource: it checks tokens by itself, lets in people with the role, and speaks the
 * documented protocol, streams too. It differs in its model, which repeats what it is asked (model.ts), in having no
 * stored responses and no rate limits of its own, in `/dev/fault`, and in `/dev/open`, which counts the answers on their way.
 */
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createPlainServer } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TokenRules } from '../entra/bearer-check.ts'
import { makeTokenCheck } from './access-token.ts'
import { answer } from './api.ts'
import { type Fault, faultOrder, replyOf } from './faults.ts'
import { fail, type Reply, type StreamFault, send } from './wire.ts'

export interface OpenAiOptions extends TokenRules {
  /** PEM of the server certificate and its key; without it plain HTTP, for tests. */
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** Object ids of the people with the role Cognitive Services OpenAI User. */
  readonly users: readonly string[]
  /** Told of every call whose token held. */
  readonly watch?: (seen: SeenPrompt) => void
}

/** A line of the request log: whom the service saw, and what it was sent. */
export interface SeenPrompt {
  readonly oid: string
  readonly path: string
  readonly body: Readonly<Record<string, unknown>>
  readonly requestId: string | undefined
  /** Resolves when the connection is over. */
  readonly closed: Promise<unknown>
}

export interface OpenAiResource {
  readonly url: string
  stop(): Promise<void>
}

interface State {
  readonly options: OpenAiOptions
  readonly check: ReturnType<typeof makeTokenCheck>
  fault: Fault | null
  /** Answers that are on their way. */
  open: number
}

const maxBody = 4 * 1024 * 1024

/** Starts the resource on a free port of 127.0.0.1. */
export async function startOpenAi(options: OpenAiOptions): Promise<OpenAiResource> {
  const state: State = { options, check: makeTokenCheck(options), fault: null, open: 0 }
  const listen = (request: IncomingMessage, response: ServerResponse) => {
    serve(request, response, state).catch(() => response.destroy())
  }
  const { certificate } = options
  const server = certificate === undefined ? createPlainServer(listen) : createServer({ ...certificate }, listen)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  const scheme = certificate === undefined ? 'http' : 'https'
  return { url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`, stop }
}

async function serve(request: IncomingMessage, response: ServerResponse, state: State): Promise<void> {
  const path = new URL(request.url ?? '/', 'https://127.0.0.1').pathname
  const body = await readJson(request)
  if (path === '/dev/fault' && request.method === 'POST') return send(response, setFault(state, body), {})
  if (path === '/dev/open') return send(response, { status: 200, body: { open: state.open } }, {})
  countOpen(response, state)
  const made = takeFault(state)
  if (made === null) return
  const isReply = 'status' in made
  const reply = isReply ? made : await answerCaller({ request, response, path, body }, state)
  await send(response, { ...reply, headers: { ...idsOf(), ...reply.headers } }, isReply ? {} : made)
}

function countOpen(response: ServerResponse, state: State): void {
  state.open += 1
  response.once('close', () => {
    state.open -= 1
  })
}

interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly path: string
  readonly body: unknown
}

async function answerCaller({ request, response, path, body }: Call, { check, options }: State): Promise<Reply> {
  const oid = await check(request.headers.authorization)
  if (oid === null) return { ...fail(401, '401', 'Access denied due to invalid token.'), headers: {} }
  if (!options.users.includes(oid))
    return fail(401, 'PermissionDenied', 'The principal lacks the required data action.')
  const members = (typeof body === 'object' && body !== null ? body : {}) as SeenPrompt['body']
  const requestId = request.headers['x-request-id']?.toString()
  options.watch?.({ oid, path, body: members, requestId, closed: once(response, 'close') })
  const stamp = { id: randomUUID().replaceAll('-', ''), created: Math.floor(Date.now() / 1000) }
  return answer({ method: request.method ?? 'GET', path, body: members, stamp })
}

function idsOf(): Record<string, string> {
  return {
    'apim-request-id': randomUUID(),
    'x-request-id': randomUUID(),
    'x-ms-region': 'West Europe',
    'x-ratelimit-remaining-requests': '99',
    'x-ratelimit-remaining-tokens': '99000',
  }
}

function setFault(state: State, body: unknown): Reply {
  const order = faultOrder.safeParse(body)
  if (!order.success) return fail(400, 'BadRequest', 'unknown fault')
  state.fault = order.data
  return { status: 200, body: {} }
}

function takeFault(state: State): Reply | null | StreamFault {
  const { fault } = state
  if (fault === null) return {}
  state.fault = fault.count > 1 ? { ...fault, count: fault.count - 1 } : null
  return replyOf(fault)
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) throw new Error('the body is too large')
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    return undefined
  }
}
