import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import * as z from 'zod'
import { canonicalJson, sha256Hex } from './digest.ts'
import { policyRequestSchema } from './request.ts'

/** What stands before the text that is signed, so that a signature means a release of policy and nothing else. */
const domain = 'countersign-policy-release/1'
const mostText = 4_194_304

/** Why a release is not loaded. */
export type ReleaseFault =
  | 'release_malformed'
  | 'release_signer_unknown'
  | 'release_signature_invalid'
  | 'release_signers_missing'
  | 'release_old'
  | 'release_replaced'
  | 'release_set_refused'
  | 'release_must_never'

const text = (most: number) => z.string().min(1).max(most)
const groups = () => z.record(z.string().max(64), z.array(z.string().max(64)))

const bodySchema = () =>
  z.strictObject({
    /** Grows with each release, a roll-back too. */
    version: z.int().min(1),
    created: z.iso.datetime(),
    notes: text(2_000),
    /** Digest of the release before; null for the first. */
    previous: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
    policies: z.array(text(1_048_576)).min(1).max(200),
    schema: text(1_048_576),
    /** Object ids by the names that policies use; the deployment's own settings come on top. */
    groups: groups(),
    /** Calls that the set must never permit, under a directory of their own. */
    mustNever: z.strictObject({
      homeTenant: z.string(),
      groups: groups(),
      calls: z
        .array(z.strictObject({ name: text(200), request: policyRequestSchema() }))
        .min(1)
        .max(2_000),
    }),
  })

const signedSchema = () =>
  z.strictObject({
    release: bodySchema(),
    signatures: z.array(z.strictObject({ signer: text(64), signature: z.base64url() })).max(8),
  })

export type ReleaseBody = z.input<ReturnType<typeof bodySchema>>
export type SignedRelease = z.input<ReturnType<typeof signedSchema>>

/** Who may sign, by name: SubjectPublicKeyInfo (P-256) in base64. */
export type Signers = Readonly<Record<string, string>>

/** A release exactly as it stands in its text, nothing filled in, since that was signed; null where it is none. */
export function parseRelease(source: string): SignedRelease | null {
  if (source.length > mostText) return null
  try {
    const value: unknown = JSON.parse(source)
    signedSchema().parse(value)
    return value as SignedRelease
  } catch {
    return null
  }
}

/** SHA-256 (hex) of the canonical form: two releases of the same digest are the same. */
export function digestRelease(release: ReleaseBody): string {
  return sha256Hex(signedText(release))
}

/** The release with one more signature (ES256), or with this signer's renewed. */
export function signRelease(
  { release, signatures }: SignedRelease,
  { signer, key }: { readonly signer: string; readonly key: KeyObject },
): SignedRelease {
  const bytes = sign('sha256', Buffer.from(signedText(release)), { key, dsaEncoding: 'ieee-p1363' })
  const others = signatures.filter((one) => one.signer !== signer)
  return { release, signatures: [...others, { signer, signature: bytes.toString('base64url') }] }
}

/** What is wrong with the signatures, or the fingerprints of the keys that signed: two at least, of different keys. */
export function checkSigners(signed: SignedRelease, signers: Signers): ReleaseFault | readonly string[] {
  const found = new Set<string>()
  for (const { signer, signature } of signed.signatures) {
    const stored = Object.hasOwn(signers, signer) ? signers[signer] : undefined
    if (stored === undefined) return 'release_signer_unknown'
    const key = readSigner(stored)
    const bytes = Buffer.from(signature, 'base64url')
    const isGood = verify('sha256', Buffer.from(signedText(signed.release)), { key, dsaEncoding: 'ieee-p1363' }, bytes)
    if (!isGood) return 'release_signature_invalid'
    found.add(fingerprintOf(key))
  }
  return found.size < 2 ? 'release_signers_missing' : [...found].sort()
}

/** A signer's key. Throws where it is no P-256 key. */
export function readSigner(base64: string): KeyObject {
  const key = createPublicKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'spki' })
  if (key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') throw new Error('a signer has no P-256 key')
  return key
}

/** SHA-256 (hex) of a public key's SubjectPublicKeyInfo. */
export function fingerprintOf(key: KeyObject): string {
  return sha256Hex(key.export({ format: 'der', type: 'spki' }).toString('base64'))
}

function signedText(release: ReleaseBody): string {
  return `${domain}\n${canonicalJson(release)}`
}
