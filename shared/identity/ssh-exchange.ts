import { createHash } from 'node:crypto'
import { type JsonObject, parseJsonObject } from './json-object.ts'
import { readSshCertificate, rsaBlob } from './ssh-certificate.ts'
import type { SshKey } from './ssh-key.ts'

/** What a machine takes of a person: a certificate (base64) and the private key that it is for (PEM). */
export interface SshCredential {
  readonly certificate: string
  readonly privateKey: string
}

/**
 * What a request for a certificate says besides: `token_type`, `req_cnf` and `key_id`, as the SSH extension of the Azure
 * CLI sends them with its own grants. That Entra takes them with this one is documented nowhere.
 */
export function sshParameters({ n, e }: SshKey): Readonly<Record<string, string>> {
  const kid = createHash('sha256').update(n).update(e).digest('hex')
  return { token_type: 'ssh-cert', req_cnf: JSON.stringify({ kty: 'RSA', n, e, kid }), key_id: kid }
}

/**
 * The certificate in an answer with the key that was asked for, packed as one text, and its end in epoch milliseconds;
 * null where there is none, or one for another key.
 */
export function sshResult(
  answer: JsonObject,
  { n, e, privateKey }: SshKey,
): { readonly value: string; readonly expiresAt: number } | null {
  const { access_token: text, token_type: kind } = answer
  if (kind !== 'ssh-cert' || typeof text !== 'string') return null
  const certificate = readSshCertificate(text)
  const own = rsaBlob(Buffer.from(e, 'base64url'), Buffer.from(n, 'base64url'))
  if (certificate === null || !certificate.key.equals(own)) return null
  const credential: SshCredential = { certificate: text, privateKey }
  return { value: JSON.stringify(credential), expiresAt: Number(certificate.validBefore) * 1000 }
}

/** What was packed; null where the text is a token of another kind. */
export function readSshCredential(value: string): SshCredential | null {
  const { certificate, privateKey } = parseJsonObject(value) ?? {}
  return typeof certificate === 'string' && typeof privateKey === 'string' ? { certificate, privateKey } : null
}
