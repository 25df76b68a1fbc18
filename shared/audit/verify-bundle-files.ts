import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import * as z from 'zod'
import { decodeText } from './canonical.ts'
import { keyFingerprint } from './checkpoint.ts'

/** The files of a bundle. Only regular files of a bounded size count: links, folders and devices are as if not there. */
export interface BundleFiles {
  /** A file by its name, or null. Never follows a link. */
  readonly read: (name: string) => Promise<Uint8Array | null>
  readonly names: () => Promise<readonly string[]>
}

/** What a bundle says of itself; nothing in it is believed beyond the scope that it claims. */
export interface BundleManifest {
  readonly v: 1
  readonly origin: string
  /** ISO 8601 UTC with milliseconds, inclusive. */
  readonly from: string
  readonly to: string
  /** Where the bundle proves one decision only. */
  readonly decision?: string | undefined
  /** SHA-256 (hex) of every other file. */
  readonly files: Readonly<Record<string, string>>
}

const word = z.string().regex(/^[!-~]{1,200}$/)
const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
const fileName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$/)
const schema = () =>
  z.object({
    v: z.literal(1),
    origin: word,
    from: moment.refine(isMoment),
    to: moment.refine(isMoment),
    decision: word.optional(),
    files: z.record(fileName, z.string().regex(/^[0-9a-f]{64}$/)),
  })

/** The manifest, or null where it is none, or its scope ends before it begins. Members that are not ours are passed over. */
export function parseManifest(bytes: Uint8Array | null): BundleManifest | null {
  const parsed = schema().safeParse(parseJson(bytes))
  return parsed.success && Date.parse(parsed.data.from) <= Date.parse(parsed.data.to) ? parsed.data : null
}

/** The document in these bytes, or undefined. */
export function parseJson(bytes: Uint8Array | null): unknown {
  try {
    return JSON.parse(decodeText(bytes ?? new Uint8Array()) ?? '')
  } catch {
    return undefined
  }
}

/** Whether the text names a time that there is; it may leave out the milliseconds. */
export function isMoment(text: string): boolean {
  const time = Date.parse(text)
  return !Number.isNaN(time) && new Date(time).toISOString() === text.replace(/(:\d\d)Z$/, '$1.000Z')
}

/** A public key on P-256 from its PEM, or null. */
function readPublicKey(pem: Uint8Array): KeyObject | null {
  const text = decodeText(pem) ?? ''
  if (!text.includes('-----BEGIN PUBLIC KEY-----')) return null
  try {
    const key = createPublicKey(text)
    return key.asymmetricKeyDetails?.namedCurve === 'prime256v1' ? key : null
  } catch {
    return null
  }
}

/** What the reader pinned; without either, the bundle is judged by its own key. */
export interface PinnedKey {
  /** PEM. */
  readonly key?: Uint8Array | undefined
  /** SHA-256 over its SPKI in DER, hex. */
  readonly fingerprint?: string | undefined
}

/** The key to judge by: the pinned one, or null where it is none, or the bundle brings another. */
export function chooseKey(own: Uint8Array | null, { key, fingerprint }: PinnedKey): KeyObject | null {
  const chosen = readPublicKey(key ?? own ?? new Uint8Array())
  if (chosen === null) return null
  const print = keyFingerprint(chosen)
  const brought = own === null ? chosen : readPublicKey(own)
  const isSame = brought !== null && keyFingerprint(brought) === print
  return isSame && (fingerprint ?? print).toLowerCase() === print ? chosen : null
}

/** SHA-256 of a file, hex: what the manifest lists. */
export function fileDigest(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

const newline = 0x0a

/** The lines of a file, without their newlines; the last one may lack it. */
export function splitLines(bytes: Uint8Array | null): Uint8Array[] {
  if (bytes === null || bytes.length === 0) return []
  const lines: Uint8Array[] = []
  let begin = 0
  for (let end = bytes.indexOf(newline); end >= 0; end = bytes.indexOf(newline, begin)) {
    lines.push(bytes.subarray(begin, end))
    begin = end + 1
  }
  if (begin < bytes.length) lines.push(bytes.subarray(begin))
  return lines
}
