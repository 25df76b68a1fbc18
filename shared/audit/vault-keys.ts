import { createSecretKey, type KeyObject } from 'node:crypto'
import type { SecretClient } from '@azure/keyvault-secrets'
import { Problem } from '../errors/problem.ts'
import { kidOf } from './key-desk.ts'
import { isMonthlySecret, monthlySecretName } from './key-months.ts'
import type { AuditKey, KeySource, TokenSource } from './store.ts'
import type { VerifyKey } from './verify-row.ts'

export interface VaultKeysOptions {
  readonly url: string
  readonly credential: TokenSource
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** Milliseconds for one request. */
  readonly timeout?: number
  /** One secret that is current in every month, in place of the months'. */
  readonly secret?: string
}

/** The writer's view (current month) and the verifier's (any key id). */
export interface VaultKeys extends KeySource {
  /** The key of that id, null where there is none; rejects with `audit_unavailable` where the vault is away. */
  find(kid: string): Promise<VerifyKey | null>
}

const minBytes = 32
const shortVersion = 8
const retryAfterFailure = 30_000
/** A key that was replaced in the middle of a month is taken up without a restart within this time. */
const confirmEvery = 5 * 60_000
/** A row is placed under the key in hand within this time. */
const placedWithin = 60_000

interface Held extends AuditKey {
  readonly name: string
  /** Epoch milliseconds; infinite where the secret has no expiry. */
  readonly retiresAt: number
}

/**
 * HMAC keys from Key Vault: secret `audit-hmac-YYYY-MM` (base64 of at least 32 random bytes), `kid` = its name, a slash
 * and the first 8 characters of its version. A key in hand survives an outage of the vault until it retires; without one,
 * nothing is recorded.
 */
export function createVaultKeys(options: VaultKeysOptions): VaultKeys {
  let client: Promise<SecretClient> | null = null
  const open = (): Promise<SecretClient> => {
    client ??= openClient(options)
    client.catch(() => {
      client = null
    })
    return client
  }
  return {
    current: holdCurrent(options, open),
    async find(kid) {
      const [name = '', short = ''] = kid.split('/')
      const isOurs = options.secret === undefined ? isMonthlySecret(name) : name === options.secret
      if (!isOurs || short.length !== shortVersion) return null
      try {
        return await findVersion(await open(), { name, short }, options)
      } catch (cause) {
        if ((cause as { statusCode?: number }).statusCode === 404) return null
        throw unavailable(cause)
      }
    },
  }
}

/** The key in hand: asked for at the first use, at the change of month, and now and then whether it is still the same. */
function holdCurrent(options: VaultKeysOptions, open: () => Promise<SecretClient>): KeySource['current'] {
  const { clock, secret } = options
  const nameAt = secret === undefined ? monthlySecretName : () => secret
  let held: Held | null = null
  let pending: Promise<Held> | null = null
  let confirmAt = 0
  let retryAt = 0

  async function fetchCurrent(name: string): Promise<Held> {
    try {
      held = await fetchSecret(await open(), name, options)
      confirmAt = clock() + confirmEvery
      return held
    } catch (cause) {
      if (!held) throw unavailable(cause)
      retryAt = clock() + retryAfterFailure
      confirmAt = retryAt
      return held
    }
  }

  function ask(name: string): Promise<Held> {
    pending ??= fetchCurrent(name).finally(() => {
      pending = null
    })
    return pending
  }

  return async () => {
    const now = clock()
    const name = nameAt(now)
    const isNeeded = !held || (held.name !== name && now >= retryAt) || isRetired(held, now)
    // Within a month nobody waits for the vault to say that the key is still the same.
    if (!isNeeded && now >= confirmAt) void ask(name)
    const { kid, key, retiresAt } = held && !isNeeded ? held : await ask(name)
    if (isRetired({ retiresAt }, now)) throw unavailable(new TypeError('the key in hand is retired'))
    return { kid, key }
  }
}

/** The newest version of a month's secret. */
async function fetchSecret(client: SecretClient, name: string, options: VaultKeysOptions): Promise<Held> {
  const { value, properties } = await client.getSecret(name, limit(options))
  const retiresAt = properties.expiresOn?.getTime() ?? Number.POSITIVE_INFINITY
  return { name, kid: kidOf(name, versionOf(properties.version)), key: toKey(value), retiresAt }
}

async function openClient({ url, credential }: VaultKeysOptions): Promise<SecretClient> {
  const sdk = await import('./azure-secrets.ts')
  return new sdk.SecretClient(url, credential, { retryOptions: { maxRetries: 1, maxRetryDelayInMs: 200 } })
}

async function findVersion(
  client: SecretClient,
  { name, short }: { readonly name: string; readonly short: string },
  options: VaultKeysOptions,
): Promise<VerifyKey | null> {
  for await (const { version, expiresOn } of client.listPropertiesOfSecretVersions(name, limit(options))) {
    if (!version?.startsWith(short)) continue
    const secret = await client.getSecret(name, { version, ...limit(options) })
    const key = toKey(secret.value)
    return expiresOn ? { key, retiredAt: expiresOn.toISOString() } : { key }
  }
  return null
}

function limit({ timeout }: VaultKeysOptions): { readonly abortSignal: AbortSignal } {
  return { abortSignal: AbortSignal.timeout(timeout ?? 3000) }
}

function isRetired({ retiresAt }: Pick<Held, 'retiresAt'>, now: number): boolean {
  return now >= retiresAt - placedWithin
}

function versionOf(version: string | undefined): string {
  if (version === undefined || version.length < shortVersion) throw new TypeError('the secret has no version')
  return version
}

function toKey(value: string | undefined): KeyObject {
  const bytes = Buffer.from(value ?? '', 'base64')
  if (bytes.length < minBytes) throw new TypeError('the secret is shorter than 32 bytes')
  return createSecretKey(bytes)
}

function unavailable(cause: unknown): Problem {
  const { statusCode } = cause as { statusCode?: number }
  const reason = `vault ${statusCode ?? (cause instanceof Error ? cause.name : 'unknown')}`
  return new Problem('audit_unavailable', 'The audit keys are unavailable.', { retryAfter: 5, reason, cause })
}
