/**
 * The gateway's routes in this process: the real ports of identity (header, brake, keys, verifier, scopes) before the
 * world in memory, where every use of book, exchange and backend is noted. Entra's key sets come from a planted `fetch`.
 */

import { createPorts } from '../../../shared/app-ports.ts'
import { parseSettings } from '../../../shared/config/settings.ts'
import { timeLimits } from '../../../shared/config/time-limits.ts'
import { createAnswers } from '../../../shared/http/answers.ts'
import { createMcpAnswer } from '../../../shared/http/mcp.ts'
import { createRefusal } from '../../../shared/http/refusal.ts'
import type { AnswerRoute } from '../../../shared/http/running-app.ts'
import type { Principal } from '../../../shared/identity/principal.ts'
import { createLine } from '../../../shared/pipeline/create-line.ts'
import type { Answer, Inbound } from '../../../shared/pipeline/ports.ts'
import type { Log } from '../../../shared/telemetry/log.ts'
import { lineBackend } from '../line-backend.ts'
import { approvers, createWorld, inboundFor, type World } from '../line-world.ts'
import { rsaPair } from '../rsa-pair.ts'
import { ids } from '../tokens.ts'
import { type ForgeKey, type ForgeKeys, issuer, jwkOfForged } from './forge.ts'
import type { Sent } from './row.ts'

const made = (kid: string): ForgeKey => ({ kid, privateKey: rsaPair(kid).privateKey })

/** The keys that Entra would publish, and one that it would not. */
export const benchKeys: ForgeKeys = {
  current: made('current'),
  stranger: made('stranger'),
  personal: made('personal'),
  foreign: made('foreign'),
  unbound: made('unbound'),
  second: made('second'),
}

const { brokenSchema: _, ...operations } = lineBackend.operations
const backend = { ...lineBackend, operations }

export interface BenchRoute {
  readonly answer: AnswerRoute
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly backend?: string
  readonly operation?: string
  readonly body?: unknown
}

const vote = { decision: 'approve', digest: '0'.repeat(64), justification: 'x' }
const approval = `apr_${'0'.repeat(32)}`
const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }
const { name } = backend

/** Every route that takes a token. */
export const benchRoutes = {
  call: { answer: 'call', method: 'POST', path: `/api/${name}/getItem`, backend: name, operation: 'getItem' },
  fallback: { answer: 'fallback', method: 'POST', path: '/api/no/such', backend: 'no', operation: 'such' },
  operations: { answer: 'operations', method: 'GET', path: '/api/operations' },
  explain: {
    answer: 'explain',
    method: 'POST',
    path: '/api/explain',
    body: { backend: name, operation: 'getItem', inputs: {} },
  },
  approvals: { answer: 'approvals', method: 'GET', path: '/api/approvals' },
  approval: { answer: 'approval', method: 'GET', path: `/api/approvals/${approval}`, operation: approval },
  decide: {
    answer: 'decideApproval',
    method: 'POST',
    path: '/api/approvals/x/decision',
    operation: approval,
    body: vote,
  },
  cancel: { answer: 'cancelApproval', method: 'POST', path: '/api/approvals/x/cancel', operation: approval },
  revoke: { answer: 'revokeApproval', method: 'POST', path: '/api/approvals/x/revoke', operation: approval },
  mcp: { answer: 'mcp', method: 'POST', path: '/mcp', body: list },
  mcpOfBackend: { answer: 'mcp', method: 'POST', path: `/mcp/${name}`, backend: name, body: list },
} as const satisfies Readonly<Record<string, BenchRoute>>

export type BenchRouteName = keyof typeof benchRoutes

export interface Outcome {
  readonly status: number
  readonly code: string | null
  /** What the log says of a request that no row speaks of. */
  readonly reason: string | undefined
  readonly headers: Answer['headers']
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
  readonly text: string
  readonly world: World
}

export interface Bench {
  readonly ask: (sent: Sent, route?: BenchRouteName, address?: string) => Promise<Outcome>
  /** The principal itself, of a token that holds. */
  readonly identify: (sent: Sent) => Promise<Principal>
}

const environment = {
  COUNTERSIGN_PUBLIC_URL: 'https://gateway.example',
  COUNTERSIGN_HOME_TENANT: ids.home,
  COUNTERSIGN_TENANTS: `${ids.home},${ids.second}`,
  COUNTERSIGN_CLIENT_ID: ids.api,
  COUNTERSIGN_CONSOLE_CLIENT_ID: ids.console,
  COUNTERSIGN_ALLOWED_ACTORS: ids.agent,
  COUNTERSIGN_DENIED_TOKEN_IDS: 'stolen',
  COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: '1000000',
  COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: ids.unlisted,
  COUNTERSIGN_KEY_VAULT_URL: 'https://example.vault.azure.net',
  COUNTERSIGN_AUDIT_TABLES_URL: 'https://example.table.core.windows.net',
  COUNTERSIGN_EVIDENCE_BLOBS_URL: 'https://example.blob.core.windows.net',
  COUNTERSIGN_RETENTION_DAYS: '365',
  COUNTERSIGN_BACKENDS: '{}',
}

/** Benches read the clock of this process when they are made and after: tests that mean a moment set it before. */
export function createBench(changes: Readonly<Record<string, string>> = {}): Bench {
  const settings = parseSettings({ ...environment, ...changes })
  const logged: Readonly<Record<string, unknown>>[] = []
  const world = () => createWorld({ backend, now: Date.now })
  const { identification } = world()
  const log: Log = (_event, fields = {}) => void logged.push(fields)
  const { challenge } = identification
  const credential = { getToken: async () => null }
  const classes = { classifications: new Map(), labelTree: {} }
  const base = {
    settings,
    configured: new Map(),
    ...classes,
    challenge,
    credential,
    buildDigest: 'build-digest-0123456789',
  }
  const more = { log, clock: Date.now, limits: timeLimits }
  const identity = withKeySets(() => createPorts({ ...base, ...more }, { policy: {} as never, closing: [] }))
  return {
    identify: async (sent) => (await identity.verifyAny(inboundOf(sent, benchRoutes.call, '192.0.2.1'))).principal,
    ask: async (sent, route = 'call', address = '192.0.2.1') => {
      const fresh = world()
      const ports = { ...fresh.ports, verify: identity.verify, verifyAny: identity.verifyAny }
      const line = createLine(ports, fresh.deployment, identification)
      const parts = { ...base, ports, declared: [backend], identification, approvers, line: async () => line }
      const refuse = createRefusal({ identification, log, newId: ports.newId, randomHex: ports.randomHex })
      const mcp = createMcpAnswer({ ...parts, refuse }, () => import('../../../shared/mcp/protocol.ts'))
      const inbound = inboundOf(sent, benchRoutes[route], address)
      logged.length = 0
      const answers = { ...createAnswers(parts), mcp }
      const answer = await answers[benchRoutes[route].answer](inbound).catch((error: unknown) => refuse(error, inbound))
      const body = JSON.parse(answer.body)
      const reason = logged.at(0)?.reason
      return {
        status: answer.status,
        code: body.code ?? null,
        reason: reason === undefined ? undefined : String(reason),
        headers: answer.headers,
        body,
        text: `${answer.body} ${JSON.stringify(answer.headers)}`,
        world: fresh,
      }
    },
  }
}

/** The request as the host hands it over: of one header's values a comma makes one. */
function inboundOf(sent: Sent, route: BenchRoute, remoteAddress: string): Inbound {
  const { authorization, contentType = 'application/json', headers = {}, query } = sent
  const joined = authorization.length === 0 ? {} : { authorization: authorization.join(',') }
  const accept = 'application/json, text/event-stream'
  return inboundFor(
    '',
    {},
    {
      method: route.method,
      path: route.path,
      backend: route.backend ?? '',
      operation: route.operation ?? '',
      headers: { ...headers, accept, 'content-type': contentType, ...joined },
      query: query === undefined ? '' : `?${query}`,
      body: Buffer.from(sent.body ?? JSON.stringify(route.body ?? {})),
      remoteAddress,
    },
  )
}

/** The stores of keys take `fetch` when they are made, so that nothing else meets this one. */
function withKeySets<T>(make: () => T): T {
  const real = globalThis.fetch
  globalThis.fetch = async (url) => answerKeySet(String(url))
  try {
    return make()
  } finally {
    globalThis.fetch = real
  }
}

function answerKeySet(url: string): Response {
  const { current, personal, foreign, unbound, second } = benchKeys
  const home = [
    jwk(current, issuer('{tenantid}')),
    jwk(personal, issuer(ids.personal)),
    jwk(foreign, issuer(ids.second)),
    jwk(unbound),
  ]
  if (url.includes(`/${ids.home}/discovery/`)) return Response.json({ keys: home })
  if (url.includes(`/${ids.second}/discovery/`)) return Response.json({ keys: [jwk(second, issuer(ids.second))] })
  throw new Error(`nobody may ask for ${url}`)
}

function jwk(key: ForgeKey, boundTo?: string) {
  return { kty: 'RSA', use: 'sig', kid: key.kid, ...jwkOfForged(key), ...(boundTo ? { issuer: boundTo } : {}) }
}
