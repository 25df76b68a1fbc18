import type { SecretClient } from '@azure/keyvault-secrets'

/** The vault and the deployment's own credential for it. */
export interface NoticeSecretsOptions {
  readonly vaultUrl: string
  readonly credential: ConstructorParameters<typeof SecretClient>[1]
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** Milliseconds. */
  readonly timeout?: number
}

const defaultTimeout = 3000
/** Milliseconds for which a secret is remembered: a new address counts after that. */
const keptMs = 5 * 60_000

/** Reads channels' secrets by name; rejects with what the vault's library throws. Nothing of them is logged. */
export function createNoticeSecrets({ vaultUrl, credential, clock, timeout = defaultTimeout }: NoticeSecretsOptions) {
  const kept = new Map<string, { readonly value: string; readonly until: number }>()
  return async (name: string): Promise<string> => {
    const known = kept.get(name)
    if (known !== undefined && known.until > clock()) return known.value
    const { SecretClient } = await import('../audit/azure-secrets.ts')
    const client = new SecretClient(vaultUrl, credential, { retryOptions: { maxRetries: 1 } })
    const { value = '' } = await client.getSecret(name, { abortSignal: AbortSignal.timeout(timeout) })
    kept.set(name, { value, until: clock() + keptMs })
    return value
  }
}
