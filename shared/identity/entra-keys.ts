import { type CryptoKey, compactVerify, errors, importJWK } from 'jose'
import { Problem } from '../errors/problem.ts'
import { readBounded } from './bounded-body.ts'
import { type Cloud, cloudFacts } from './cloud.ts'
import { maxKeySetBytes, type RsaJwk, readKeySet } from './jwks.ts'
import type { CheckSignature, KeyLookup, SigningKey } from './signing-key.ts'

/** Times in milliseconds. `baseUrl` replaces the cloud's login host, for development. */
export interface KeyStoreOptions {
  readonly cloud: Cloud
  readonly tenants: readonly string[]
  readonly baseUrl?: string
  readonly fetch?: typeof fetch
  readonly now?: () => number
  readonly timeout?: number
}

const hour = 3_600_000
const day = 24 * hour
/** Microsoft's rule: an unknown kid refreshes at most this often; a failed attempt counts. */
const cooldown = 300_000
/** Without any keys nobody gets in, so then we ask more often. */
const coldRetry = 10_000

interface Source {
  readonly url: string
  keys: ReadonlyMap<string, SigningKey>
  fetchedAt: number
  triedAt: number
  inFlight: Promise<void> | null
}

type Settings = Required<Omit<KeyStoreOptions, 'baseUrl' | 'cloud' | 'tenants'>>

async function importKey(jwk: RsaJwk): Promise<SigningKey> {
  const { kid, issuer, n, e } = jwk
  return { kid, issuer, material: await importJWK({ kty: 'RSA', n, e }, 'RS256') }
}

async function download(url: string, settings: Settings): Promise<readonly SigningKey[]> {
  const response = await settings.fetch(url, { redirect: 'error', signal: AbortSignal.timeout(settings.timeout) })
  if (response.status !== 200 || response.redirected) throw new Error(`key set answered ${response.status}`)
  const keys = readKeySet((await readBounded(response, maxKeySetBytes)) ?? '')
  if (!keys) throw new Error('no usable key set')
  return Promise.all(keys.map(importKey))
}

async function refresh(source: Source, settings: Settings): Promise<void> {
  source.triedAt = settings.now()
  try {
    const keys = await download(source.url, settings)
    source.keys = new Map(keys.map((key) => [key.kid, key]))
    source.fetchedAt = settings.now()
  } catch {
    // Last known good: an outage of the key endpoint must not become ours. `held` drops keys after a day.
  }
}

/** One download at a time for each source, shared by all who wait. */
function refreshOnce(source: Source, settings: Settings): Promise<void> {
  source.inFlight ??= refresh(source, settings).finally(() => {
    source.inFlight = null
  })
  return source.inFlight
}

function held(source: Source, now: number): ReadonlyMap<string, SigningKey> | null {
  return now - source.fetchedAt < day ? source.keys : null
}

function isDue(source: Source, kid: string, now: number): boolean {
  const sinceTry = now - source.triedAt
  const keys = held(source, now)
  if (keys === null) return sinceTry >= coldRetry
  const wanted = now - source.fetchedAt >= hour || !keys.has(kid)
  return wanted && sinceTry >= cooldown
}

async function keysOf(
  source: Source,
  kid: string,
  settings: Settings,
): Promise<ReadonlyMap<string, SigningKey> | null> {
  const joins = source.inFlight !== null && !held(source, settings.now())?.has(kid)
  if (joins || isDue(source, kid, settings.now())) await refreshOnce(source, settings)
  return held(source, settings.now())
}

function unavailable(): Problem {
  return new Problem('keys_unavailable', 'The keys that tokens are checked with cannot be had. Try again shortly.', {
    retryAfter: coldRetry / 1000,
    next: { action: 'wait', after: coldRetry / 1000 },
  })
}

function createSource(url: string): Source {
  return { url, keys: new Map(), fetchedAt: -Infinity, triedAt: -Infinity, inFlight: null }
}

/**
 * Entra's signing keys, each tenant's own set, by Microsoft's rule ("Signing key rollover"): refreshed hourly, kept a day,
 * last known good on error. Strangers' tokens are looked up in the first tenant's set. Throws Problem `keys_unavailable`
 * for a listed tenant whose keys were never had.
 */
export function createKeyStore(options: KeyStoreOptions): KeyLookup {
  const base = options.baseUrl ?? cloudFacts(options.cloud).authority
  const settings = { fetch: options.fetch ?? fetch, now: options.now ?? Date.now, timeout: options.timeout ?? 5000 }
  const tenants = options.tenants.map((tid) => tid.toLowerCase())
  const sources = new Map(tenants.map((tid) => [tid, createSource(`${base}/${tid}/discovery/v2.0/keys`)]))
  return {
    find: async (tid, kid) => {
      const source = sources.get(tid ?? tenants[0] ?? '')
      if (!source) return null
      const keys = await keysOf(source, kid, settings)
      if (keys === null && tid !== null) throw unavailable()
      return keys?.get(kid) ?? null
    },
  }
}

/** RS256 by jose, and nothing but RS256; false for any signature that does not hold. */
export const checkSignature: CheckSignature = async (token, key) => {
  try {
    await compactVerify(token, key.material as CryptoKey, { algorithms: ['RS256'] })
    return true
  } catch (error) {
    if (error instanceof errors.JOSEError) return false
    throw error
  }
}
