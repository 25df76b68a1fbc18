import { createHash, createPrivateKey, createPublicKey, type JsonWebKey } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { TableClient } from '@azure/data-tables'
import { provideApp } from '../../../infra/local/stack/app-build.ts'
import { takePort } from '../../../infra/local/stack/free-port.ts'
import { makeRunFolder } from '../../../infra/local/stack/scratch.ts'
import { auditTable } from '../../../infra/local/stack/settings.ts'
import { type Hosted, hostPackage, openSurroundings, type Surroundings } from '../gateway-package.ts'
import { rsaPair } from '../rsa-pair.ts'
import { type Claims, ids } from '../tokens.ts'
import { createForge, type Forge, type ForgeKey, issuer, jwkOfForged } from './forge.ts'
import { type Front, openFront, type Scripted, type Seen } from './fronts.ts'

/** A real gateway on the stack's real services, with a front before the sign-in service and one before the orders API. */
export interface LiveWorld {
  readonly gateway: Hosted
  readonly forge: Forge
  readonly entra: Front
  readonly orders: Front
  readonly around: Surroundings
  /** The home tenant's key set as the front serves it; null: the stand-in's with four keys more. */
  keySet: (() => Scripted) | null
  /** A governed call with a token of these claims, or with this token. */
  readonly call: (who: Claims | string, operation: string, more?: CallOptions) => Promise<Called>
  /** The same for any route. */
  readonly ask: (path: string, who: Claims | string, more?: CallOptions) => Promise<Called>
  /** On-behalf-of requests that the sign-in service got. */
  readonly exchanges: () => readonly Seen[]
  /** Rows that stand in the book. */
  readonly countRows: () => Promise<number>
  /** Plants a fault in the sign-in stand-in; null clears them. */
  readonly plant: (fault: Readonly<Record<string, unknown>> | null) => Promise<void>
  /** A further gateway with settings of its own and a clock that SIGUSR2 turns on. */
  readonly startAnother: (settings: NodeJS.ProcessEnv) => Promise<Hosted & { readonly turnClock: () => void }>
  readonly stop: () => Promise<void>
}

interface CallOptions {
  readonly inputs?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly base?: string
  readonly method?: string
}

export interface Called {
  readonly status: number
  readonly code: string | null
  readonly headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

// As a URL: an option of Node is cut at a space, and a folder's name may have one.
const clock = new URL('./clock.mjs', import.meta.url).href

export async function openLiveWorld(): Promise<LiveWorld> {
  const app = join(makeRunFolder(), 'app')
  const [around] = await Promise.all([openSurroundings(), provideApp(app)])
  const { certificates, entra: signIn, orders: api, storage } = around.services
  const entra = await openFront({ target: signIn.url })
  const orders = await openFront({ target: api.url, certificate: certificates, ca: certificates.ca })
  const env = settingsOf(around, { entra, orders })
  const gateway = await hostPackage({ app, port: around.port, env })
  const forge = createForge({ now: () => Math.floor(Date.now() / 1000), keys: keysOf(around) })
  const table = TableClient.fromConnectionString(storage.connectionString, auditTable, {
    tlsOptions: { ca: certificates.ca },
  })
  const world: LiveWorld = {
    gateway,
    forge,
    entra,
    orders,
    around,
    keySet: null,
    ask: (path, who, more = {}) => send({ base: gateway.url, ...more }, path, tokenOf(forge, who)),
    call: (who, operation, more = {}) =>
      send({ base: gateway.url, inputs: {}, ...more }, `/api/${operation}`, tokenOf(forge, who)),
    exchanges: () => entra.seen.filter(({ body }) => body.includes('requested_token_use=on_behalf_of')),
    countRows: async () => {
      let rows = 0
      for await (const _ of table.listEntities({ queryOptions: { select: ['RowKey'] } })) rows += 1
      return rows
    },
    plant: async (fault) => {
      const method = fault === null ? 'DELETE' : 'POST'
      const answer = await fetch(`${signIn.url}/dev/fault`, {
        method,
        ...(fault ? { body: JSON.stringify(fault) } : {}),
      })
      if (!answer.ok) throw new Error(`the sign-in service took no fault: ${answer.status}`)
    },
    startAnother: async (settings) => {
      const NODE_OPTIONS = `--import=${clock}`
      const other = await hostPackage({ app, port: await takePort(0), env: { ...env, ...settings, NODE_OPTIONS } })
      return { ...other, turnClock: () => void process.kill(other.pid, 'SIGUSR2') }
    },
    stop: async () => {
      await gateway.stop()
      await Promise.all([entra.stop(), orders.stop()])
      await around.stop()
      rmSync(join(app, '..'), { recursive: true, force: true })
    },
  }
  entra.script = ({ path }) => {
    if (path !== `/${ids.home}/discovery/v2.0/keys`) return undefined
    return world.keySet === null ? widened(around, forge) : world.keySet()
  }
  return world
}

function tokenOf(forge: Forge, who: Claims | string): string {
  return typeof who === 'string' ? who : forge.mint({ claims: who })
}

async function send({ base, inputs, headers, method }: CallOptions, path: string, token: string): Promise<Called> {
  const response = await fetch(`${base}${path}`, {
    method: method ?? (inputs === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${token}`,
      accept: 'application/json, text/event-stream',
      ...(inputs === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    signal: AbortSignal.timeout(30_000),
    ...(inputs === undefined ? {} : { body: JSON.stringify(inputs) }),
  })
  const text = await response.text()
  const body = text.startsWith('{') ? JSON.parse(text) : undefined
  return { status: response.status, code: body?.code ?? null, headers: response.headers, body }
}

function settingsOf({ env }: Surroundings, { entra, orders }: { entra: Front; orders: Front }): NodeJS.ProcessEnv {
  const backends = JSON.parse(env.COUNTERSIGN_BACKENDS ?? '{}') as Record<string, Record<string, unknown>>
  const led = { ...backends, 'rest-entra-api': { ...backends['rest-entra-api'], baseUrl: orders.url } }
  return {
    ...env,
    COUNTERSIGN_ENTRA_URL: entra.url,
    COUNTERSIGN_BACKENDS: JSON.stringify(led),
    COUNTERSIGN_DENIED_TOKEN_IDS: 'stolen',
  }
}

/** The stand-in's own private keys, so that a token can be wrong in any way and still be well signed. */
function keysOf({ services }: Surroundings): Forge['keys'] {
  const ring = services.entra.state().keys
  const stored = (jwk: JsonWebKey): ForgeKey => {
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' })
    const { n } = createPublicKey(privateKey).export({ format: 'jwk' })
    return { kid: createHash('sha1').update(String(n)).digest('base64url'), privateKey }
  }
  const own = (kid: string): ForgeKey => ({ kid, privateKey: rsaPair(kid).privateKey })
  return {
    current: stored(ring.current),
    personal: stored(ring.consumer),
    second: stored(ring['other-tenant']),
    stranger: stored(ring.unknown),
    foreign: own('foreign'),
    unbound: own('unbound'),
  }
}

/** The stand-in's key set with keys in it that may vouch for nobody here. */
function widened({ services }: Surroundings, { keys }: Forge): Scripted {
  const jwk = (key: ForgeKey, more: Readonly<Record<string, string>>) => ({
    kty: 'RSA',
    kid: key.kid,
    ...jwkOfForged(key),
    ...more,
  })
  const { keys: published } = services.entra.jwksFor(ids.home)
  const extra = [
    jwk(keys.foreign, { use: 'sig', issuer: issuer(ids.second) }),
    jwk(keys.unbound, { use: 'sig' }),
    jwk(keys.stranger, { use: 'enc', issuer: issuer(ids.home) }),
    { kty: 'oct', kid: keys.stranger.kid, k: 'c2VjcmV0', issuer: issuer(ids.home) },
    // A second key of a good one's name: the first counts.
    jwk({ ...keys.stranger, kid: keys.current.kid }, { use: 'sig', issuer: issuer(ids.home) }),
  ]
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ keys: [...published, ...extra] }),
  }
}
