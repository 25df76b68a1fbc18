/**
 * A throw-away certificate authority for the embedded stack, in place of the public one that Azure's hosts have. It
 * differs in that it is made at each start, lives a month, and by its name constraints can vouch for nothing but the
 * hosts given: a leaked copy is no use against any other name. Its key signs one certificate and is then forgotten.
 */
import { webcrypto } from 'node:crypto'
import { isIP } from 'node:net'
import './reflect-metadata.ts'
import * as x509 from '@peculiar/x509'
import { nameConstraints } from './name-constraints.ts'

/** PEM text: the authority's certificate, the server's certificate, and the server's private key (PKCS #8). */
export interface Certificates {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const days = 30
const clockSkewMs = 3_600_000

const validity = () => ({
  notBefore: new Date(Date.now() - clockSkewMs),
  notAfter: new Date(Date.now() + days * 86_400_000),
})

const serial = () => Buffer.from([1, ...webcrypto.getRandomValues(new Uint8Array(15))]).toString('hex')

const generateKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const signing = { signingAlgorithm: algorithm } as const

async function makeRoot(hosts: readonly string[], keys: CryptoKeyPair): Promise<x509.X509Certificate> {
  return x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    ...signing,
    serialNumber: serial(),
    name: 'CN=Countersign local authority',
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension('2.5.29.30', true, nameConstraints(hosts)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  })
}

async function serverExtensions(hosts: readonly string[], root: x509.X509Certificate, publicKey: CryptoKey) {
  const names = hosts.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value }))
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
    new x509.SubjectAlternativeNameExtension(names),
    await x509.AuthorityKeyIdentifierExtension.create(root),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ]
}

/** A new authority that may vouch for `hosts` alone, and `issue`, which makes a server certificate under it. */
export async function makeAuthority(hosts: readonly string[]) {
  x509.cryptoProvider.set(webcrypto as Crypto)
  const rootKeys = await generateKeys()
  const root = await makeRoot(hosts, rootKeys)
  async function issue(names: readonly string[]): Promise<Certificates> {
    const keys = await generateKeys()
    const server = await x509.X509CertificateGenerator.create({
      ...validity(),
      ...signing,
      serialNumber: serial(),
      subject: 'CN=Countersign local',
      issuer: root.subject,
      publicKey: keys.publicKey,
      signingKey: rootKeys.privateKey,
      extensions: await serverExtensions(names, root, keys.publicKey),
    })
    const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
    return {
      ca: root.toString('pem'),
      cert: server.toString('pem'),
      key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'),
    }
  }
  return { issue }
}

/**
 * One server certificate for all `hosts` (DNS names, `*.` names, IPv4 or IPv6 addresses) under a new authority,
 * ECDSA P-256, valid 30 days. Nothing is written to disk.
 */
export async function makeCertificates(hosts: readonly string[]): Promise<Certificates> {
  const { issue } = await makeAuthority(hosts)
  return issue(hosts)
}
