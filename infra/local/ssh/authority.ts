/**
 * Stands in for the authority behind Entra's SSH certificates: a user certificate for the person and the key that a
 * request names, as `az ssh cert` gets it (RSA, `ssh-rsa-cert-v01@openssh.com`, an hour, the sign-in name as principal).
 * It differs in that its key is made at start and lies in this process, that the certificate has none of the extensions
 * that only Microsoft's own module on a machine reads, and that nobody's role on a machine is looked at.
 */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/** What a certificate says; times in epoch seconds. */
export interface CertificateTerms {
  readonly principals: readonly string[]
  readonly validAfter: number
  readonly validBefore: number
  readonly serial?: bigint
  /** Default 1, a person's. */
  readonly type?: number
  /** Critical options by name, in their order; default none. */
  readonly options?: Readonly<Record<string, string>>
}

/** A key as `req_cnf` names it (RFC 7517). */
export interface PublicRsaKey {
  readonly n: string
  readonly e: string
}

export interface SshAuthority {
  /** Its public key as `TrustedUserCAKeys` wants it. */
  readonly publicLine: string
  /** Base64 of a certificate's blob. */
  certify(key: PublicRsaKey, terms: CertificateTerms): string
}

/** A new authority with a key of its own. */
export function makeSshAuthority(): SshAuthority {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const own = blobOf(publicKey)
  return {
    publicLine: `ssh-rsa ${own.toString('base64')} authority`,
    certify: (key, terms) => {
      const body = Buffer.concat([describe(key, terms), text(own)])
      const signature = Buffer.concat([text('rsa-sha2-512'), text(sign('sha512', body, privateKey))])
      return Buffer.concat([body, text(signature)]).toString('base64')
    },
  }
}

function describe(
  { n, e }: PublicRsaKey,
  { principals, validAfter, validBefore, serial = 7n, type = 1, options = {} }: CertificateTerms,
) {
  return Buffer.concat([
    text('ssh-rsa-cert-v01@openssh.com'),
    text(randomBytes(32)),
    ...numbersOf({ n, e }).map(text),
    long(serial),
    uint(type),
    text(principals[0] ?? ''),
    text(Buffer.concat(principals.map(text))),
    long(BigInt(validAfter)),
    long(BigInt(validBefore)),
    text(Buffer.concat(Object.entries(options).flatMap(([name, value]) => [text(name), text(text(value))]))),
    text(Buffer.concat([text('permit-port-forwarding'), text(''), text('permit-pty'), text('')])),
    text(''),
  ])
}

function numbersOf({ n, e }: PublicRsaKey): readonly Buffer[] {
  return [e, n].map((part) => {
    const bytes = Buffer.from(part, 'base64url')
    return ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.of(0), bytes])
  })
}

/** The public half of a key as SSH writes it. */
export function blobOf(key: KeyObject | string): Buffer {
  const { n = '', e = '' } = (typeof key === 'string' ? createPublicKey(key) : key).export({ format: 'jwk' })
  return Buffer.concat(['ssh-rsa', ...numbersOf({ n, e })].map(text))
}

function text(value: string | Buffer): Buffer {
  const bytes = Buffer.from(value as string)
  return Buffer.concat([uint(bytes.length), bytes])
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function long(value: bigint): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(value)
  return bytes
}
