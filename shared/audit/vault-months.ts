import type { SecretClient } from '@azure/keyvault-secrets'
import { Problem } from '../errors/problem.ts'
import type { KeyDesk, SecretVersion } from './key-desk.ts'
import type { TokenSource } from './store.ts'

export interface VaultMonthsOptions {
  readonly url: string
  readonly credential: TokenSource
  /** Milliseconds for one request. */
  readonly timeout?: number
}

const defaultTimeout = 10_000

/**
 * Key Vault for whoever makes keys: needs the rights to set secrets and to read their metadata, and none to read values.
 * Without the SDK's retries: a repeated `set` whose first reply was lost would be a second version.
 */
export function createVaultMonths({ url, credential, timeout = defaultTimeout }: VaultMonthsOptions): KeyDesk {
  let opened: Promise<SecretClient> | undefined
  const use = async <T>(work: (client: SecretClient, limit: { abortSignal: AbortSignal }) => Promise<T>) => {
    opened ??= openClient(url, credential)
    try {
      return await work(await opened, { abortSignal: AbortSignal.timeout(timeout) })
    } catch (cause) {
      throw unavailable(cause)
    }
  }
  return {
    versions: (name) => use((client, limit) => listVersions(client, name, limit)),
    add: (name, { value, retiresAt, tags }) =>
      use(async (client, limit) => {
        const settings = { expiresOn: new Date(retiresAt), tags: { ...tags }, ...limit }
        const { properties } = await client.setSecret(name, value, settings)
        if (properties.version === undefined) throw new Error('the secret has no version')
        return properties.version
      }),
    retire: (name, version, at) =>
      use(async (client, limit) => {
        await client.updateSecretProperties(name, version, { expiresOn: new Date(at), ...limit })
      }),
  }
}

async function openClient(url: string, credential: TokenSource): Promise<SecretClient> {
  const sdk = await import('./azure-secrets.ts')
  return new sdk.SecretClient(url, credential, { retryOptions: { maxRetries: 0 } })
}

async function listVersions(
  client: SecretClient,
  name: string,
  limit: { readonly abortSignal: AbortSignal },
): Promise<readonly SecretVersion[]> {
  const found: SecretVersion[] = []
  try {
    for await (const { version, expiresOn, tags } of client.listPropertiesOfSecretVersions(name, limit)) {
      if (version !== undefined) found.push({ version, retiresAt: expiresOn?.getTime() ?? null, tags: { ...tags } })
    }
  } catch (cause) {
    if ((cause as { statusCode?: number }).statusCode !== 404) throw cause
  }
  return found
}

function unavailable(cause: unknown): Problem {
  const { statusCode } = cause as { statusCode?: number }
  const reason = `vault ${statusCode ?? (cause instanceof Error ? cause.name : 'unknown')}`
  return new Problem('audit_unavailable', 'The audit keys are unavailable.', { retryAfter: 5, reason, cause })
}
