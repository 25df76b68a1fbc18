/** A listener between the gateway and the sign-in service: passes everything on, and notes who asked for whose token. */
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Claims of a token that say whose it is. */
export interface Whose {
  readonly tid: string
  readonly oid: string
  readonly uti: string
}

/** One on-behalf-of exchange as it went over the wire. */
export interface SeenExchange {
  /** Tenant of the address that was asked. */
  readonly tenant: string
  /** `client-request-id`: the decision that asked. */
  readonly correlation: string
  readonly scope: string
  readonly assertion: Whose
  readonly status: number
  /** The token that came back; null for a refusal. */
  readonly token: (Whose & { readonly digest: string }) | null
}

export interface StsTap {
  readonly url: string
  readonly seen: readonly SeenExchange[]
  stop(): Promise<void>
}

/** Starts a tap in front of the sign-in service at `target`. */
export async function startStsTap(target: string): Promise<StsTap> {
  const seen: SeenExchange[] = []
  const server = createServer((incoming, outgoing) => void forward({ incoming, outgoing, target, seen }))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close').catch(() => undefined)
    },
  }
}

interface Passage {
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  readonly target: string
  readonly seen: SeenExchange[]
}

async function forward({ incoming, outgoing, target, seen }: Passage): Promise<void> {
  const body = await readAll(incoming).catch(() => Buffer.alloc(0))
  const { method = 'GET', url = '/', headers } = incoming
  const upstream = request(`${target}${url}`, { method, headers })
  upstream.on('error', () => outgoing.destroy())
  upstream.on('response', async (reply) => {
    const answer = await readAll(reply).catch(() => Buffer.alloc(0))
    const exchange = readExchange({ url, status: reply.statusCode ?? 0 }, body.toString(), answer.toString())
    if (exchange !== null) seen.push(exchange)
    outgoing.writeHead(reply.statusCode ?? 502, reply.headers).end(answer)
  })
  upstream.end(body)
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function readExchange(call: { url: string; status: number }, body: string, answer: string): SeenExchange | null {
  const tenant = /^\/([^/]+)\/oauth2\/v2\.0\/token/.exec(call.url)?.[1]
  const form = new URLSearchParams(body)
  const assertion = form.get('assertion')
  if (tenant === undefined || assertion === null) return null
  const token = call.status === 200 ? (JSON.parse(answer) as { access_token: string }).access_token : null
  return {
    tenant,
    correlation: form.get('client-request-id') ?? '',
    scope: form.get('scope') ?? '',
    assertion: whoseIs(assertion),
    status: call.status,
    token: token === null ? null : { ...whoseIs(token), digest: token.slice(-43) },
  }
}

/** Whose a token says that it is, unchecked. */
function whoseIs(token: string): Whose {
  const { tid, oid, uti } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Whose
  return { tid, oid, uti }
}
