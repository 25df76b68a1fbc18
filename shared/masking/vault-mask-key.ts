import type { SecretClient } from '@azure/keyvault-secrets'
import { Problem } from '../errors/problem.ts'
import type { TokenKey } from './strategies.ts'

/** The vault and the deployment's own credential for it. */
export interface MaskKeyOptions {
  readonly vaultUrl: string
  readonly credential: ConstructorParameters<typeof SecretClient>[1]
  /** Milliseconds. */
  readonly timeout?: number
}

const secretName = 'mask-key'
const defaultTimeout = 3000

/**
 * The secret of the keyed-token mask: base64 of at least 32 bytes in Key Vault secret `mask-key`; its version stands in
 * front of each token. Throws Problem `audit_unavailable` where the vault gives none: nothing is called unmasked.
 */
export async function fetchMaskKey(options: MaskKeyOptions): Promise<Pick<TokenKey, 'version' | 'secret'>> {
  try {
    const { SecretClient } = await import('../audit/azure-secrets.ts')
    const client = new SecretClient(options.vaultUrl, options.credential, { retryOptions: { maxRetries: 1 } })
    const abortSignal = AbortSignal.timeout(options.timeout ?? defaultTimeout)
    const { value, properties } = await client.getSecret(secretName, { abortSignal })
    const secret = Buffer.from(value ?? '', 'base64')
    if (secret.byteLength < 32) throw new Error('the secret is shorter than 32 bytes')
    return { version: (properties.version ?? '').slice(0, 8), secret }
  } catch (cause) {
    throw new Problem('audit_unavailable', 'The key vault cannot be reached.', { retryAfter: 5, cause })
  }
}
