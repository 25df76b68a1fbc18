import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'

/** A key pair that exists for one call; the private half is PEM (PKCS#1). */
export interface SshKey {
  readonly privateKey: string
  /** Public half, base64url (RFC 7518). */
  readonly n: string
  readonly e: string
}

/** Makes a key pair, of RSA with 2048 bits: Entra certifies no other kind, and its certificates last an hour. */
export async function makeSshKey(): Promise<SshKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
  return { privateKey: String(privateKey.export({ type: 'pkcs1', format: 'pem' })), n, e }
}
