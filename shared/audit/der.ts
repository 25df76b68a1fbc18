/** One value of DER (X.690): its tag, what it holds, and all its bytes. */
export interface DerValue {
  readonly tag: number
  readonly content: Uint8Array
}

const longForm = 0x80

/** Encodes a value; the content may be several parts. */
export function encodeDer(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const content = Buffer.concat(parts)
  return Buffer.concat([Buffer.from([tag]), encodeLength(content.length), content])
}

/** A non-negative INTEGER from its bytes, the most significant first. */
export function encodeInteger(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  return encodeDer(0x02, Buffer.from((digits[0] ?? 0) >= longForm ? [0] : []), digits)
}

/** The values that stand one after the other in these bytes; null where they are no DER. */
export function readDer(bytes: Uint8Array): readonly DerValue[] | null {
  const values: DerValue[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = readHead(bytes, at)
    if (head === null || head.end > bytes.length) return null
    values.push({ tag: bytes[at] ?? 0, content: bytes.subarray(head.begin, head.end) })
    at = head.end
  }
  return values
}

/** The only value in these bytes, if it has this tag; what it holds, taken apart. */
export function openDer(bytes: Uint8Array | undefined, tag: number): readonly DerValue[] | null {
  const values = bytes && readDer(bytes)
  return values?.length === 1 && values[0]?.tag === tag ? readDer(values[0].content) : null
}

function readHead(bytes: Uint8Array, at: number): { begin: number; end: number } | null {
  const first = bytes[at + 1]
  // Tags of more than one byte do not occur in what is read here.
  if (first === undefined || ((bytes[at] ?? 0) & 0x1f) === 0x1f) return null
  if (first < longForm) return { begin: at + 2, end: at + 2 + first }
  const count = first - longForm
  if (count < 1 || count > 4 || at + 2 + count > bytes.length) return null
  const length = bytes.subarray(at + 2, at + 2 + count).reduce((sum, byte) => sum * 256 + byte, 0)
  return { begin: at + 2 + count, end: at + 2 + count + length }
}

function encodeLength(length: number): Uint8Array {
  if (length < longForm) return Buffer.from([length])
  const digits = Buffer.from(length.toString(16).padStart(8, '0'), 'hex')
  const start = digits.findIndex((byte) => byte !== 0)
  return Buffer.concat([Buffer.from([longForm + digits.length - start]), digits.subarray(start)])
}
