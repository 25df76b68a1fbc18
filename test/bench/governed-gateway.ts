// The gateway in this process: the composition root's own ports, the real line and routes, Azure's own request and answer
// objects. Doubles stand only where the network would be: `fetch` (Entra and the orders API), the managed identity, and the
// vault's keys. The book goes to the table that is given.

import { createSecretKey, randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { HttpRequest as FunctionsRequest } from '@azure/functions'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { localDirectory } from '../../infra/policy/local-directory.ts'
import { createPorts, type Foundation } from '../../shared/app-ports.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import { type AuditWriter, createAuditWriter } from '../../shared/audit/writer.ts'
import { listBackends } from '../../shared/backend/catalogue.ts'
import { digestDeclaration, digestJson, selectConfigured } from '../../shared/backend/configured.ts'
import { parseSettings, type Settings } from '../../shared/config/settings.ts'
import { timeLimits } from '../../shared/config/time-limits.ts'
import { createAnswers } from '../../shared/http/answers.ts'
import { readInbound } from '../../shared/http/inbound.ts'
import { inputSchema } from '../../shared/openapi/schema.ts'
import { createLine } from '../../shared/pipeline/create-line.ts'
import type { Deployment, Ports } from '../../shared/pipeline/line.ts'
import { loadPolicy } from '../../shared/policy/cedar.ts'
import { readPolicyFolder } from '../../shared/policy/policy-folder.ts'
import { ids } from '../support/tokens.ts'
import { assertionOf, type BenchPerson, scope } from './people.ts'
import { ordersBody, ordersUrl } from './world-fetch.ts'
import '../../functions/rest-entra-api.ts'

// Node finds no names in this CommonJS package but those that it assigns plainly.
const { HttpRequest, HttpResponse }: typeof import('@azure/functions') = createRequire(import.meta.url)(
  '@azure/functions',
)

const backend = 'rest-entra-api'
const operation = 'listOrders'

/** One call from a request as the Functions library makes it to the answer's text; throws where it is not 200. */
export type Dispatch = (person: BenchPerson) => Promise<string>

export interface GovernedGateway {
  readonly call: Dispatch
  /** Exchanges a token for each, so that they are signed in. */
  readonly signIn: (people: readonly BenchPerson[]) => Promise<void>
  /** Goes on in another book. */
  readonly openBook: (rows: RowStore) => Promise<void>
  readonly close: () => Promise<void>
}

/** `globalThis.fetch` has to be the world's before this is called. */
export async function createGovernedGateway(rows: RowStore): Promise<GovernedGateway> {
  const closing: (() => Promise<void>)[] = []
  const base = createFoundation()
  const shipped = await readPolicyFolder(join(projectRoot, 'infra/policy'))
  const policy = await loadPolicy({ ...shipped, ...localDirectory(shipped.groups) })
  const book = { writer: createWriter(rows) }
  closing.push(() => book.writer.close())
  const ports: Ports = { ...createPorts(base, { policy: () => policy, closing }), audit: writeTo(book) }
  const identification = { publicUrl: base.settings.COUNTERSIGN_PUBLIC_URL, challenge: base.challenge }
  const deployment = createDeployment(base)
  const line = createLine(ports, deployment, identification)
  const { approvers } = deployment
  const answers = createAnswers({
    ...base,
    ...{ ports, identification, approvers, declared: listBackends(), line: async () => line },
  })
  return {
    call: (person) => dispatch(person, async (request) => answers.call(await readInbound(request, backend))),
    signIn: async (people) => {
      for (const person of people) await ports.exchange.exchange(wishOf(person))
    },
    openBook: async (next) => {
      await book.writer.close()
      book.writer = createWriter(next)
    },
    close: async () => {
      for (const close of closing) await close()
    },
  }
}

/** A handler that does nothing but answer the same bytes, behind the same objects. */
export const callBare: Dispatch = (person) =>
  dispatch(person, async (request) => {
    await request.arrayBuffer()
    return { status: 200, headers: { 'content-type': 'application/json' }, body: ordersBody }
  })

type Handler = (request: FunctionsRequest) => Promise<{ status: number; headers: object; body: string }>

async function dispatch(person: BenchPerson, handler: Handler): Promise<string> {
  const request = new HttpRequest({
    method: 'POST',
    url: `http://localhost:7071/api/${backend}/${operation}`,
    headers: {
      authorization: `Bearer ${person.token}`,
      'content-type': 'application/json',
      'user-agent': 'bench',
      'x-forwarded-for': '203.0.113.7',
    },
    body: { string: '{}' },
    params: { operation },
  })
  const { status, headers, body } = await handler(request)
  const response = new HttpResponse({ status, headers: { ...headers }, body })
  const text = Buffer.from(await response.arrayBuffer()).toString()
  if (status !== 200) throw new Error(`${status} ${text.slice(0, 400)}`)
  return text
}

function wishOf(person: BenchPerson) {
  const signal = new AbortController().signal
  return { principal: person.principal, assertion: assertionOf(person), scope, correlationId: 'ab'.repeat(16), signal }
}

function createWriter(rows: RowStore): AuditWriter {
  const key = { kid: 'audit-hmac-2026-11/0a1b2c3d', key: createSecretKey(randomBytes(32)) }
  const origin = `countersign/${ids.api}`
  const keys = { current: async () => key }
  // See fresh-tables.ts: a busy machine must not turn rows into refusals.
  const limits = { deadline: 60_000 }
  return createAuditWriter({ rows, keys, clock: Date.now, random: randomBytes, origin, limits })
}

function writeTo(book: { readonly writer: AuditWriter }): Ports['audit'] {
  return {
    recordPermitted: (facts) => book.writer.recordPermitted(facts),
    recordRefused: (facts) => book.writer.recordRefused(facts),
    recordOutcome: (intent, facts) => book.writer.recordOutcome(intent, facts),
    recordEvent: (facts) => book.writer.recordEvent(facts),
  }
}

function createFoundation(): Foundation {
  const settings = createSettings()
  return {
    settings,
    configured: selectConfigured(listBackends(), settings.COUNTERSIGN_BACKENDS),
    challenge: {
      cloud: 'public',
      clientId: ids.api,
      resourceMetadata: `${settings.COUNTERSIGN_PUBLIC_URL}/.well-known/oauth-protected-resource`,
    },
    credential: { getToken: async () => ({ token: 'of-the-identity', expiresOnTimestamp: Date.now() + 3_600_000 }) },
    buildDigest: 'bench',
    log: () => undefined,
    clock: Date.now,
    limits: timeLimits,
  }
}

function createSettings(): Settings {
  return parseSettings({
    COUNTERSIGN_PUBLIC_URL: 'https://gateway.example',
    COUNTERSIGN_HOME_TENANT: ids.home,
    COUNTERSIGN_TENANTS: ids.home,
    COUNTERSIGN_CLIENT_ID: ids.api,
    COUNTERSIGN_CONSOLE_CLIENT_ID: ids.console,
    COUNTERSIGN_ALLOWED_ACTORS: ids.agent,
    COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: 'c0000000-0000-4000-8000-00000000000b',
    COUNTERSIGN_KEY_VAULT_URL: 'https://bench.vault.azure.net',
    COUNTERSIGN_AUDIT_TABLES_URL: 'https://bench.table.core.windows.net',
    COUNTERSIGN_EVIDENCE_BLOBS_URL: 'https://bench.blob.core.windows.net',
    COUNTERSIGN_RETENTION_DAYS: '400',
    COUNTERSIGN_CALLS_PER_MINUTE: '1000000',
    COUNTERSIGN_BACKENDS: JSON.stringify({ [backend]: { baseUrl: ordersUrl, scope } }),
  })
}

function createDeployment({ settings, configured, challenge }: Foundation): Deployment {
  const digests = new Map<string, string>()
  for (const [name, each] of configured) {
    digests.set(
      name,
      digestDeclaration(each, (declared) => inputSchema(declared, 'draft-2020-12')),
    )
  }
  return {
    publicUrl: settings.COUNTERSIGN_PUBLIC_URL,
    settingsDigest: digestJson(settings),
    buildDigest: 'bench',
    rowLimit: 10_000,
    declarationDigests: digests,
    classificationDigests: new Map([[backend, digestJson({})]]),
    targetDigests: new Map([[backend, digestJson({})]]),
    classifications: new Map([[backend, {}]]),
    scopes: new Map([[backend, scope]]),
    maskKey: { version: '1', secret: randomBytes(32) },
    challenge,
    approvers: { homeTenant: ids.home, groups: {}, consoleClientId: ids.console },
  }
}
