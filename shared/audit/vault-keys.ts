import { createSecretKey, type KeyObject } from 'node:crypto'
import type { SecretClient } from '@azure/keyvault-secrets'
import { Problem } from '../errors/problem.ts'
import type { AuditKey, KeySource, TokenSource } from './store.ts'
import type { VerifyKey } from './verify-row.ts'

export interface VaultKeysOptions {
  readonly url: string
  readonly credential: TokenSource
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** Milliseconds for one request. */
  readonly timeout?: number
}

/** The writer's view (current month) and the verifier's (any key id). */
export interface VaultKeys extends KeySource {
  /** The key of that id, null where there is none; rejects with `audit_unavailable` where the vault is away. */
  find(kid: string): Promise<VerifyKey | null>
}

const minBytes = 32
const shortVersion = 8
const retryAfterFailure = 30_000

/** Name of the secret of a month (UTC): one secret per month, so that access can be granted per month. */
export function monthlySecretName(epochMs: number): string {
  return `audit-hmac-${new Date(epochMs).toISOString().slice(0, 7)}`
}

/**
 * HMAC keys from Key Vault: secret `audit-hmac-YYYY-MM` (base64 of at least 32 random bytes), `kid` = its name, a slash
 * and the first 8 characters of its version. A key in hand survives an outage of the vault; without one, nothing is
 * recorded.
 */
export function createVaultKeys(options: VaultKeysOptions): VaultKeys {
  let client: Promise<SecretClient> | null = null
  let held: (AuditKey & { readonly name: string }) | null = null
  let pending: Promise<AuditKey> | null = null
  let retryAt = 0
  const open = (): Promise<SecretClient> => {
    client ??= openClient(options)
    client.catch(() => {
      client = null
    })
    return client
  }

  async function fetchCurrent(name: string): Promise<AuditKey> {
    try {
      const secret = await (await open()).getSecret(name, limit(options))
      held = { name, kid: kidOf(name, secret.properties.version), key: toKey(secret.value) }
      return held
    } catch (cause) {
      if (!held) throw unavailable(cause)
      retryAt = options.clock() + retryAfterFailure
      return held
    }
  }

  return {
    async current() {
      const name = monthlySecretName(options.clock())
      if (held && (held.name === name || options.clock() < retryAt)) return { kid: held.kid, key: held.key }
      pending ??= fetchCurrent(name).finally(() => {
        pending = null
      })
      const { kid, key } = await pending
      return { kid, key }
    },
    async find(kid) {
      const [name = '', short = ''] = kid.split('/')
      if (!/^audit-hmac-\d{4}-\d\d$/.test(name) || short.length !== shortVersion) return null
      try {
        return await findVersion(await open(), { name, short }, options)
      } catch (cause) {
        if ((cause as { statusCode?: number }).statusCode === 404) return null
        throw unavailable(cause)
      }
    },
  }
}

async function openClient({ url, credential }: VaultKeysOptions): Promise<SecretClient> {
  const sdk = await import('@azure/keyvault-secrets')
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

function kidOf(name: string, version: string | undefined): string {
  if (version === undefined || version.length < shortVersion) throw new TypeError('the secret has no version')
  return `${name}/${version.slice(0, shortVersion)}`
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
