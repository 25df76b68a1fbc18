/** What an OpenSSH user certificate over an RSA key says (PROTOCOL.certkeys). Nobody here can check who signed it. */
export interface SshCertificate {
  /** The certified key as `ssh-rsa` blob, which its owner's has to equal. */
  readonly key: Buffer
  readonly serial: bigint
  /** 1 is a person's, 2 a machine's. */
  readonly type: number
  /** Whom it lets in as. */
  readonly principals: readonly string[]
  /** Epoch seconds; endless ones are beyond what a number can hold exactly. */
  readonly validAfter: bigint
  readonly validBefore: bigint
  /** Names of its critical options; `force-command` would run in the place of what is sent. */
  readonly options: readonly string[]
}

const algorithm = 'ssh-rsa-cert-v01@openssh.com'
const maxBytes = 32 * 1024
const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Reads a certificate (base64 of its blob); null where it is none of that kind, or does not end where it should. */
export function readSshCertificate(text: string): SshCertificate | null {
  if (text.length > maxBytes || !base64.test(text)) return null
  try {
    return readBlob(Buffer.from(text, 'base64'))
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/** Reads one field after the other; throws RangeError where there is not enough. */
interface Cursor {
  readonly text: () => string
  readonly bytes: () => Buffer
  readonly number: () => number
  readonly long: () => bigint
  readonly atEnd: () => boolean
}

function openCursor(blob: Buffer): Cursor {
  let at = 0
  const take = (length: number): Buffer => {
    if (at + length > blob.length) throw new RangeError('short')
    at += length
    return blob.subarray(at - length, at)
  }
  const bytes = () => take(take(4).readUInt32BE(0))
  return {
    bytes,
    text: () => bytes().toString('utf8'),
    number: () => take(4).readUInt32BE(0),
    long: () => take(8).readBigUInt64BE(0),
    atEnd: () => at === blob.length,
  }
}

function readBlob(blob: Buffer): SshCertificate | null {
  const cursor = openCursor(blob)
  if (cursor.text() !== algorithm) return null
  // The nonce.
  cursor.bytes()
  const key = rsaBlob(cursor.bytes(), cursor.bytes())
  const serial = cursor.long()
  const type = cursor.number()
  // The key id: words for the machine's log.
  cursor.bytes()
  const principals = readTexts(cursor.bytes())
  const validAfter = cursor.long()
  const validBefore = cursor.long()
  // Each option is followed by its value.
  const options = readTexts(cursor.bytes()).filter((_text, at) => at % 2 === 0)
  // Extensions, reserved, the authority's key, its signature.
  for (let field = 0; field < 4; field += 1) cursor.bytes()
  return cursor.atEnd() ? { key, serial, type, principals, validAfter, validBefore, options } : null
}

function readTexts(blob: Buffer): readonly string[] {
  const cursor = openCursor(blob)
  const texts: string[] = []
  while (!cursor.atEnd()) texts.push(cursor.text())
  return texts
}

/** A public RSA key as SSH writes it; exponent and modulus as big-endian bytes, with or without the sign's zero. */
export function rsaBlob(exponent: Buffer, modulus: Buffer): Buffer {
  return Buffer.concat([Buffer.from('ssh-rsa'), positive(exponent), positive(modulus)].map(withLength))
}

function positive(bytes: Buffer): Buffer {
  return ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.of(0), bytes])
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}
