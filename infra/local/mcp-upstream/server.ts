/**
 * Stands in for a company's MCP server behind API Management that is protected by Entra: the protocol is the SDK's own
 * server (revision 2026-07-28, and 2025 without sessions), the token is checked by the server itself, and each person has
 * their own tools and notes. It differs from a real one in having no API Management before it (no subscription keys, no
 * policies, no limits of its own), in data that is in memory and gone at the end, and in `POST /dev/tool`, which gives a
 * tool another description from then on, and none its own again.
 */
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { TokenRules } from '../entra/bearer-check.ts'
import { makeTokenCheck } from './access-token.ts'
import { type Notes, seedNotes } from './notes.ts'

export interface NotesOptions extends TokenRules {
  /** PEM of the server certificate and its key. */
  readonly certificate: { readonly cert: string; readonly key: string }
}

/** A running server; its address is that of the one MCP endpoint. */
export interface NotesServer {
  readonly url: string
  stop(): Promise<void>
}

/** What a server has, and the descriptions that `/dev/tool` gave, by the tool's name. */
export interface NotesState {
  readonly notes: Notes
  readonly described: Map<string, string>
}

interface World extends NotesState {
  readonly check: ReturnType<typeof makeTokenCheck>
}

const maxBody = 262_144
const toolOrder = z.strictObject({ name: z.string(), description: z.string().nullable() })

/** Starts the server on a free port of 127.0.0.1 (https). */
export async function startNotesServer(options: NotesOptions): Promise<NotesServer> {
  const world: World = { notes: seedNotes(), described: new Map(), check: makeTokenCheck(options) }
  const server = createServer({ ...options.certificate }, (request, response) => {
    serve(request, response, world).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return { url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/notes/mcp`, stop }
}

async function serve(request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'https://127.0.0.1')
  const body = await readBody(request)
  if (pathname === '/dev/tool' && request.method === 'POST') return describeAnew(response, body, world)
  if (pathname !== '/notes/mcp') return send(response, new Response(null, { status: 404 }))
  const oid = await world.check(request.headers.authorization)
  if (oid === null) return send(response, refuseToken())
  // The SDK is loaded by the first call: a stack that nobody asks for notes starts without it.
  const { speakAs } = await import('./protocol.ts')
  return send(response, await speakAs(oid, toRequest(request, body), world))
}

function describeAnew(response: ServerResponse, body: Buffer, { described }: World): Promise<void> {
  const order = toolOrder.safeParse(JSON.parse(body.toString('utf8')))
  if (!order.success) return send(response, new Response(null, { status: 400 }))
  const { name, description } = order.data
  if (description === null) described.delete(name)
  else described.set(name, description)
  return send(response, new Response(null, { status: 204 }))
}

/** As the protocol's authorization has it (RFC 6750). */
function refuseToken(): Response {
  return new Response(null, { status: 401, headers: { 'www-authenticate': 'Bearer error="invalid_token"' } })
}

function toRequest({ method = 'GET', headers }: IncomingMessage, body: Buffer): Request {
  const known = Object.entries(headers).filter(([name]) => /^(accept|content-type|mcp-.*)$/.test(name))
  const init = { method, headers: Object.fromEntries(known.map(([name, value]) => [name, String(value)])) }
  const url = 'https://127.0.0.1/notes/mcp'
  return new Request(url, method === 'POST' ? { ...init, body: new Uint8Array(body) } : init)
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > maxBody) throw new Error('the body is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

async function send(response: ServerResponse, answer: Response): Promise<void> {
  const body = Buffer.from(await answer.arrayBuffer())
  response.writeHead(answer.status, Object.fromEntries(answer.headers))
  response.end(body)
}
