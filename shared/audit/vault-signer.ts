import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { CryptographyClient, JsonWebKey } from '@azure/keyvault-keys'
import { Problem } from '../errors/problem.ts'
import type { NoteSigner } from './anchor-log.ts'
import { noteKeyId } from './checkpoint.ts'
import { derOfSignature } from './ecdsa.ts'
import type { TokenSource } from './store.ts'

export interface VaultSignerOptions {
  readonly url: string
  readonly credential: TokenSource
  /** Name of an EC key on P-256 that cannot be exported. */
  readonly name: string
  /** Milliseconds for one request. */
  readonly timeout?: number
}

/** The log's key in the vault: its public half, and signing, which happens there. */
export interface VaultSigner {
  readonly publicKey: () => Promise<KeyObject>
  readonly sign: NoteSigner
}

const defaultTimeout = 10_000

interface Opened {
  readonly client: CryptographyClient
  readonly publicKey: KeyObject
}

/**
 * Signs checkpoints with a key of Azure Key Vault (ES256 over the digest, `@azure/keyvault-keys`). The version that was
 * current at the first use is kept to: a rotated key is another log, and starts with the next process. Rejects with
 * `audit_unavailable` where the vault cannot answer, and where the key may be exported or is no P-256 key.
 */
export function createVaultSigner(options: VaultSignerOptions): VaultSigner {
  let opened: Promise<Opened> | undefined
  const open = () => {
    opened ??= openKey(options).catch((cause: unknown) => {
      opened = undefined
      throw unavailable(cause)
    })
    return opened
  }
  return {
    publicKey: async () => (await open()).publicKey,
    async sign(text) {
      const { client, publicKey } = await open()
      const abortSignal = AbortSignal.timeout(options.timeout ?? defaultTimeout)
      const digest = hash('sha256', text, 'buffer')
      const { result } = await client.sign('ES256', digest, { abortSignal }).catch((cause: unknown) => {
        throw unavailable(cause)
      })
      return { keyId: noteKeyId(publicKey), signature: derOfSignature(result) }
    },
  }
}

async function openKey({ url, credential, name, timeout = defaultTimeout }: VaultSignerOptions): Promise<Opened> {
  const sdk = await import('@azure/keyvault-keys')
  const key = await new sdk.KeyClient(url, credential).getKey(name, { abortSignal: AbortSignal.timeout(timeout) })
  if (key.properties.exportable === true) throw new Error('the key may be exported')
  if (key.id === undefined || key.key === undefined) throw new Error('the vault gave no key')
  return { client: new sdk.CryptographyClient(key.id, credential), publicKey: readPublicKey(key.key) }
}

function readPublicKey({ crv, x, y }: JsonWebKey): KeyObject {
  if (crv !== 'P-256' || x === undefined || y === undefined) throw new Error('the key is not on P-256')
  const part = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv, x: part(x), y: part(y) } })
}

function unavailable(cause: unknown): Problem {
  const reason = `the signing key cannot be used: ${cause instanceof Error ? cause.message.slice(0, 120) : 'unknown'}`
  return new Problem('audit_unavailable', 'The evidence cannot be signed.', { retryAfter: 5, reason })
}
