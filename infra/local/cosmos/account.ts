/**
 * Stands in for an account of Azure Cosmos DB for NoSQL: the server of `@vercel/cosmosdb-server` in this process, behind
 * checks that it lacks. Tokens are validated with signature, issuer, times, tenant and the account's own address as
 * audience; data-plane roles are given by person and container; queries, feeds and writes stay within the partition that a
 * request names; requests can be made to fail (throttling and the like) on demand.
 * It differs from the service: roles are fixed and take effect at once; each container is one physical partition with a
 * key of one level; every request costs one unit; a change feed has all items once and nothing after; OFFSET, GROUP BY and some
 * functions are not known; batches, scripts and whatever needs a key are refused for want of a role.
 */
import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { listenHttps } from '../tls/https-server.ts'
import { makeTokenCheck } from './access-token.ts'
import { type Engine, openEngine } from './engine.ts'
import { actionOf, mayDo } from './roles.ts'
import { seedContainers } from './seed.ts'

export interface CosmosOptions {
  readonly certificate: { readonly cert: string; readonly key: string }
  readonly tenant: string
  /** Where tokens come from; asked for at the first request, since whoever issues them has to know this account. */
  readonly entra: () => string
}

/** What the next request that is permitted is answered with instead. */
export interface CosmosFault {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  /** Cuts the connection after the body. */
  readonly cut?: boolean
  /** Milliseconds before the answer. */
  readonly after?: number
  /** Only requests with this method; others pass. */
  readonly method?: string
}

/** A running account. */
export interface CosmosAccount {
  readonly url: string
  /** Requests so far, as `METHOD /path oid`. */
  readonly seen: readonly SeenRequest[]
  failNext(fault: CosmosFault): void
  stop(): Promise<void>
}

export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly oid: string | null
}

interface World {
  readonly options: CosmosOptions
  readonly url: () => string
  readonly seen: SeenRequest[]
  readonly faults: CosmosFault[]
  check?: ReturnType<typeof makeTokenCheck>
  engine?: Engine
}

/** Listens on a free port of 127.0.0.1 (https); the server behind it is loaded at the first request that is permitted. */
export async function startCosmos(options: CosmosOptions): Promise<CosmosAccount> {
  let url = ''
  const world: World = { options, url: () => url, seen: [], faults: [] }
  const server = await listenHttps(options.certificate, (request, response) => {
    serve(request, response, world).catch(() => refuse(response, 500, 'InternalServerError'))
  })
  url = server.url
  return { url, seen: world.seen, failNext: (fault) => void world.faults.push(fault), stop: server.stop }
}

async function serve(request: IncomingMessage, response: ServerResponse, world: World): Promise<void> {
  const { options } = world
  world.check ??= makeTokenCheck({ entra: options.entra(), tenant: options.tenant, account: world.url() })
  const claims = await world.check(request.headers.authorization)
  const { method = '', url = '', headers } = request
  world.seen.push({ method, path: url, headers, oid: claims?.oid ?? null })
  if (claims === null) return refuse(response, 401, 'Unauthorized')
  if (headers['x-ms-version'] === undefined) return refuse(response, 400, 'BadRequest')
  const asked = actionOf(request)
  if (asked === null || !mayDo(claims.oid, asked)) return refuse(response, 403, 'Forbidden')
  const at = world.faults.findIndex((fault) => fault.method === undefined || fault.method === method)
  const [fault] = at < 0 ? [] : world.faults.splice(at, 1)
  if (fault !== undefined) return fail(response, fault)
  world.engine ??= openEngine(seedContainers)
  await world.engine(request, response)
}

/** 403 says why by its substatus. */
function refuse(response: ServerResponse, status: number, code: string): void {
  if (response.headersSent) return void response.destroy()
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-ms-activity-id': randomUUID(),
    ...(status === 403 ? { 'x-ms-substatus': '5301' } : {}),
  })
  response.end(JSON.stringify({ code, message: `The request was refused (${code}).` }))
}

async function fail(response: ServerResponse, { status, headers = {}, body = '{}', ...fault }: CosmosFault) {
  if (fault.after !== undefined) await new Promise((resolve) => setTimeout(resolve, fault.after))
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  if (fault.cut === true) return void response.write(body, () => response.destroy())
  response.end(body)
}
