/**
 * Receives notices for the embedded stack, over TLS: a Teams workflow's webhook (Adaptive Cards alone, 202, at most
 * 28 KB) and a receiver of Standard Webhooks that checks the signature and the time. It differs in that it shows what
 * came at `GET /`, posts to nobody, and takes planted faults (`POST /dev/fault {status, times}`).
 */
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenHttps } from '../tls/https-server.ts'
import { findCardFault } from './card-check.ts'

/** A notice that came and was taken. */
export interface ReceivedNotice {
  readonly kind: 'teams' | 'webhook'
  /** The webhook's id; null of a card, which has none. */
  readonly id: string | null
  readonly at: string
  readonly body: unknown
}

export interface NoticeReceiver {
  readonly url: string
  /** Secrets of the vault, by name: the two channels' addresses. */
  readonly secrets: Readonly<Record<string, string>>
  stop(): Promise<void>
}

const mostKept = 500
const toleranceSeconds = 300

export async function startNotices(options: {
  readonly certificate: { readonly cert: string; readonly key: string }
  /** Of the webhook's signatures, 24 to 64 bytes. */
  readonly key: Uint8Array
}): Promise<NoticeReceiver> {
  const received: ReceivedNotice[] = []
  const fault = { status: 500, times: 0 }
  const server = await listenHttps(options.certificate, (request, response) => {
    answer(request, { received, fault, key: options.key }).then(
      ([status, body]) => send(response, status, body),
      () => send(response, 500, {}),
    )
  })
  const webhook = { url: `${server.url}/webhook`, key: `whsec_${Buffer.from(options.key).toString('base64')}` }
  return {
    ...server,
    secrets: { 'notice-teams': `${server.url}/workflows/approvals`, 'notice-webhook': JSON.stringify(webhook) },
  }
}

interface State {
  readonly received: ReceivedNotice[]
  readonly fault: { status: number; times: number }
  readonly key: Uint8Array
}

async function answer(request: IncomingMessage, state: State): Promise<readonly [number, unknown]> {
  const { received, fault } = state
  if (request.method === 'GET') return [200, { notices: received }]
  const body = await readBody(request)
  if (request.url === '/dev/fault') {
    Object.assign(fault, JSON.parse(body.toString('utf8')))
    return [200, fault]
  }
  if (fault.times > 0) {
    fault.times -= 1
    return [fault.status, {}]
  }
  return take(request, body, state)
}

function take(request: IncomingMessage, body: Buffer, { received, key }: State): readonly [number, unknown] {
  const kind = request.url === '/webhook' ? 'webhook' : 'teams'
  const wrong = kind === 'webhook' ? findSignatureFault(request, body, key) : findCardFault(body)
  if (wrong !== null) return [400, { wrong }]
  if (received.length >= mostKept) received.shift()
  const id = kind === 'webhook' ? String(request.headers['webhook-id']) : null
  received.push({ kind, id, at: new Date().toISOString(), body: JSON.parse(body.toString('utf8')) })
  return [kind === 'webhook' ? 200 : 202, {}]
}

function findSignatureFault({ headers }: IncomingMessage, body: Buffer, key: Uint8Array): string | null {
  const { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': signature } = headers
  if (Math.abs(Date.now() / 1000 - Number(seconds)) > toleranceSeconds) return 'the time'
  const expected = createHmac('sha256', key).update(`${id}.${seconds}.`).update(body).digest()
  const given = Buffer.from(String(signature).replace(/^v1,/, ''), 'base64')
  return given.length === expected.length && timingSafeEqual(given, expected) ? null : 'the signature'
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
