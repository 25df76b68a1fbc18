import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import { Problem } from '../errors/problem.ts'
import type { NoteSigner } from './anchor-log.ts'
import { noteKeyId } from './checkpoint.ts'
import { derOfSignature } from './ecdsa.ts'
import { type AskVault, openVaultRest, type VaultRestOptions } from './vault-rest.ts'

export interface VaultSignerOptions extends VaultRestOptions {
  /** Name of an EC key on P-256 that cannot be exported. */
  readonly name: string
}

/** The log's key in the vault: its public half, and signing, which happens there. */
export interface VaultSigner {
  readonly publicKey: () => Promise<KeyObject>
  readonly sign: NoteSigner
}

interface Opened {
  readonly ask: AskVault
  /** Below the vault's address, with its version. */
  readonly path: string
  readonly publicKey: KeyObject
}

const keySchema = () =>
  z.object({
    key: z.object({
      kid: z.string(),
      crv: z.string().nullish(),
      x: z.string().nullish(),
      y: z.string().nullish(),
    }),
    attributes: z.object({ exportable: z.boolean().nullish() }).nullish(),
  })

type Jwk = z.output<ReturnType<typeof keySchema>>['key']

const signedSchema = () => z.object({ value: z.string() })

/**
 * Signs checkpoints with a key of Azure Key Vault ("Keys - Get Key" and "Keys - Sign", ES256). The version that was
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
      const { publicKey, ...key } = await open()
      const signature = await signText(key, text).catch((cause: unknown) => {
        throw unavailable(cause)
      })
      return { keyId: noteKeyId(publicKey), signature }
    },
  }
}

async function openKey({ name, ...options }: VaultSignerOptions): Promise<Opened> {
  const ask = await openVaultRest(options)
  const answer = keySchema().safeParse(await ask(`keys/${encodeURIComponent(name)}/`))
  if (!answer.success) throw new Error('the vault gave no key')
  const { key, attributes } = answer.data
  if (attributes?.exportable === true) throw new Error('the key may be exported')
  return { ask, path: pathOf(key.kid), publicKey: readPublicKey(key) }
}

/** `https://<vault>/keys/<name>/<version>` without the vault: wherever the id points, the vault that was set signs. */
function pathOf(kid: string): string {
  const path = /^https:\/\/[^/]+\/(keys\/[0-9a-zA-Z-]+\/[0-9a-zA-Z]+)$/.exec(kid)?.[1]
  if (path === undefined) throw new Error("the vault gave the key's id without a version")
  return path
}

function readPublicKey({ crv, x, y }: Jwk): KeyObject {
  if (crv !== 'P-256' || !x || !y) throw new Error('the key is not on P-256')
  return createPublicKey({ format: 'jwk', key: { kty: 'EC', crv, x, y } })
}

async function signText({ ask, path }: Pick<Opened, 'ask' | 'path'>, text: Uint8Array): Promise<Uint8Array> {
  const value = hash('sha256', text, 'buffer').toString('base64url')
  const answer = signedSchema().safeParse(await ask(`${path}/sign`, { alg: 'ES256', value }))
  if (!answer.success) throw new Error('the vault gave no signature')
  return derOfSignature(Buffer.from(answer.data.value, 'base64url'))
}

function unavailable(cause: unknown): Problem {
  const reason = `the signing key cannot be used: ${cause instanceof Error ? cause.message.slice(0, 120) : 'unknown'}`
  return new Problem('audit_unavailable', 'The evidence cannot be signed.', { retryAfter: 5, reason })
}
