import { hash, type KeyObject, verify } from 'node:crypto'

/** A signed tree head (c2sp.org/tlog-checkpoint): the log's name, its number of leaves and its root. */
export interface Checkpoint {
  readonly origin: string
  readonly size: number
  /** 32 bytes. */
  readonly root: Uint8Array
}

/** One signature line of a note (c2sp.org/signed-note): 4 bytes of key id, then the signature (DER for ECDSA). */
export interface NoteSignature {
  readonly name: string
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

/** A note taken apart; nothing in it is believed before a signature verifies. */
export interface SignedCheckpoint {
  readonly checkpoint: Checkpoint
  /** The bytes that are signed. */
  readonly text: Uint8Array
  readonly signatures: readonly NoteSignature[]
}

const digestSize = 32
const keyIdSize = 4
const maxNote = 65_536
const maxSignatures = 16
const sizeText = /^(0|[1-9]\d{0,15})$/
const nameText = /^[^\s+\p{Cc}]+$/u
const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** The bytes that a log signs: three lines. Throws TypeError where the origin is no key name or the root no digest. */
export function checkpointText({ origin, size, root }: Checkpoint): Uint8Array {
  if (!nameText.test(origin)) throw new TypeError('the origin holds a space, a plus or a control character')
  if (!Number.isSafeInteger(size) || size < 0 || root.length !== digestSize) throw new TypeError('no tree head')
  return Buffer.from(`${origin}\n${size}\n${toBase64(root)}\n`, 'utf8')
}

/** The note: the text, an empty line, and one line for the signature. */
export function formatCheckpoint(checkpoint: Checkpoint, { name, keyId, signature }: NoteSignature): string {
  const line = `— ${name} ${toBase64(Buffer.concat([keyId, signature]))}\n`
  return `${Buffer.from(checkpointText(checkpoint)).toString('utf8')}\n${line}`
}

/** First 4 bytes of SHA-256 over the public key's SPKI in DER: the key id of an ECDSA key (signed-note, type 0x02). */
export function noteKeyId(publicKey: KeyObject): Uint8Array {
  return Buffer.from(keyFingerprint(publicKey), 'hex').subarray(0, keyIdSize)
}

/** SHA-256 over the public key's SPKI in DER, hex: what an auditor pins (`openssl pkey -pubin -outform DER | sha256sum`). */
export function keyFingerprint(publicKey: KeyObject): string {
  return hash('sha256', publicKey.export({ type: 'spki', format: 'der' }), 'hex')
}

/** Takes a note apart; null where it is no checkpoint with at least one signature line. Extension lines are refused. */
export function parseCheckpoint(note: string): SignedCheckpoint | null {
  const end = note.lastIndexOf('\n\n')
  if (note.length > maxNote || end < 0 || !note.endsWith('\n')) return null
  const text = note.slice(0, end + 1)
  const checkpoint = parseText(text)
  const lines = note.slice(end + 2, -1).split('\n')
  const signatures = lines.map(parseSignature)
  const areSigned = lines.length <= maxSignatures && signatures.every((signature) => signature !== null)
  if (checkpoint === null || !areSigned) return null
  return { checkpoint, text: Buffer.from(text, 'utf8'), signatures: signatures as NoteSignature[] }
}

/**
 * The checkpoint, if the log's own key signed it: the line's name is the origin, its id the key's, and ECDSA P-256 with
 * SHA-256 verifies. Lines of other keys (witnesses) are passed over; a wrong line under this key refuses the note.
 */
export function openCheckpoint(note: string, key: { origin: string; publicKey: KeyObject }): Checkpoint | null {
  const signed = parseCheckpoint(note)
  if (signed === null || signed.checkpoint.origin !== key.origin) return null
  const keyId = noteKeyId(key.publicKey)
  const own = signed.signatures.filter(({ name, keyId: id }) => name === key.origin && Buffer.compare(id, keyId) === 0)
  const areGood = own.every(({ signature }) => isSignature(signed.text, { signature, publicKey: key.publicKey }))
  return own.length > 0 && areGood ? signed.checkpoint : null
}

/** Whether a signature (DER) over these bytes is the key's: ECDSA on P-256 with SHA-256. */
export function isSignature(text: Uint8Array, by: { signature: Uint8Array; publicKey: KeyObject }): boolean {
  try {
    return verify('sha256', text, by.publicKey, by.signature)
  } catch {
    return false
  }
}

function parseText(text: string): Checkpoint | null {
  const [origin = '', size = '', root = '', ...rest] = text.split('\n')
  const digest = fromBase64(root)
  const isWhole = nameText.test(origin) && sizeText.test(size) && digest?.length === digestSize
  if (!isWhole || rest.length !== 1 || !Number.isSafeInteger(Number(size))) return null
  return { origin, size: Number(size), root: digest }
}

function parseSignature(line: string): NoteSignature | null {
  const [dash, name = '', blob = '', ...rest] = line.split(' ')
  const bytes = fromBase64(blob)
  if (dash !== '—' || !nameText.test(name) || rest.length > 0 || bytes === null || bytes.length <= keyIdSize)
    return null
  return { name, keyId: bytes.subarray(0, keyIdSize), signature: bytes.subarray(keyIdSize) }
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

/** Strictly RFC 4648 section 4: one spelling for one value. */
function fromBase64(text: string): Uint8Array | null {
  if (text === '' || !base64Text.test(text)) return null
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : null
}
