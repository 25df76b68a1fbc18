/**
 * Stands in for what Azure Storage does before it touches a blob: it validates the access token (Azurite checks no
 * signature), and gives each person data roles by container, with a condition on the blob's name. What is permitted goes
 * to Azurite as it came. It differs from the service: roles are fixed, take effect at once and know seven actions; a
 * request for anything else is refused for want of a role; names are in the path, not in the host.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { request as send } from 'node:https'
import type { TokenRules } from '../entra/bearer-check.ts'
import { listenHttps } from '../tls/https-server.ts'
import { makeClaimsCheck } from './access-token.ts'
import { type Refusal, refusals, refuse } from './refusal.ts'
import { type LoggedRequest, noteAnswer } from './request-log.ts'
import { mayDo } from './roles.ts'
import { actionOf } from './storage-action.ts'

export interface BlobFrontOptions extends TokenRules {
  /** Address of the account at Azurite: `https://127.0.0.1:<port>/<account>`. */
  readonly account: string
  /** Enters each request that bore a token which holds in the log. */
  readonly note?: (request: LoggedRequest) => void
  /** PEM of the server certificate and its key, and of the authority behind Azurite's. */
  readonly certificate: { readonly cert: string; readonly key: string; readonly ca: string }
}

/** A running front; `url` is the account's address at it. */
export interface BlobFront {
  readonly url: string
  stop(): Promise<void>
}

interface Door {
  readonly azurite: URL
  readonly account: string
  readonly ca: string
  readonly tenant: string
  readonly check: ReturnType<typeof makeClaimsCheck>
  readonly note: (request: LoggedRequest) => void
}

/** Starts the front on a free port of 127.0.0.1 (https). */
export async function startBlobFront(options: BlobFrontOptions): Promise<BlobFront> {
  const { certificate, tenant } = options
  const azurite = new URL(options.account)
  const account = azurite.pathname.slice(1)
  const note = options.note ?? (() => undefined)
  const door: Door = { azurite, account, ca: certificate.ca, tenant, check: makeClaimsCheck(options), note }
  const server = await listenHttps(certificate, (request, response) => {
    serve(request, response, door).catch(() => deny(request, response, { refusal: refusals.away, door }))
  })
  return { ...server, url: `${server.url}/${account}` }
}

async function serve(request: IncomingMessage, response: ServerResponse, door: Door): Promise<void> {
  const url = new URL(request.url ?? '/', door.azurite.origin)
  const claims = await door.check(request.headers.authorization)
  if (claims !== null) noteAnswer({ request, response, claims }, door.note)
  const refusal = judge(request, url, { door, oid: claims?.oid ?? null })
  if (refusal !== null) return deny(request, response, { refusal, door })
  await forward(request, response, { url, door })
}

function judge(request: IncomingMessage, url: URL, { door, oid }: { door: Door; oid: string | null }): Refusal | null {
  const { authorization } = request.headers
  if (authorization === undefined) return refusals.noToken
  if (oid === null) return refusals.badToken
  if (!/^\d{4}-\d\d-\d\d$/.test(String(request.headers['x-ms-version']))) return refusals.noVersion
  const copies = request.headers['x-ms-copy-source'] !== undefined
  const action = copies ? null : actionOf(request.method ?? '', url, door.account)
  return action !== null && mayDo(oid, action) ? null : refusals.noRole
}

/** The judged address goes on, not the one as written: what it means must not change on the way. */
function forward(
  request: IncomingMessage,
  response: ServerResponse,
  { url, door }: { url: URL; door: Door },
): Promise<void> {
  const headers = { ...request.headers, host: door.azurite.host }
  return new Promise((resolve, reject) => {
    const sent = send(url, { method: request.method, headers, ca: door.ca }, (answer) => {
      const { connection: _hop, 'keep-alive': _hops, ...kept } = answer.headers
      response.writeHead(answer.statusCode ?? 500, kept)
      answer.pipe(response)
      answer.on('error', reject)
      response.on('close', () => resolve(answer.destroy() && undefined))
    })
    sent.on('error', reject)
    request.pipe(sent)
  })
}

function deny(
  request: IncomingMessage,
  response: ServerResponse,
  { refusal, door }: { refusal: Refusal; door: Door },
): void {
  if (response.headersSent) return void response.destroy()
  refuse(response, request, { refusal, tenant: door.tenant })
}
