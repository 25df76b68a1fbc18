import type { HeaderMembers } from '../backend/rest-call.ts'
import type { Json } from '../pipeline/ports.ts'

/** Largest content that one answer holds, in bytes; the rest is fetched by range. */
export const mostContent = 1024 * 1024

/** Content that was read: at most `mostContent`, and whether there was more. */
export interface Content {
  readonly bytes: Uint8Array
  readonly truncated: boolean
}

/** Reads a body up to `limit` bytes and lets the rest go. Rejects as the stream does. */
export async function readContent(response: Response, limit: number): Promise<Content> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    size += chunk.byteLength
    // Leaving the loop cancels the stream.
    if (size > limit) break
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), truncated: size > limit }
}

/**
 * Content as an agent gets it: text where it is UTF-8 and of a type that is text (or of none), else base64; with the
 * range that it is of, in bytes, `total` null where the backend does not say.
 */
export function describeContent(response: Response, read: Content): { readonly data: Json; readonly bytes: number } {
  const { offset, total } = placeOf(response.headers, read)
  const whole = !read.truncated && (total === null || offset + read.bytes.length >= total)
  const kept = whole ? read.bytes : cutAtCharacter(read.bytes)
  const text = isTextType(response.headers.get('content-type')) ? decodeText(kept) : null
  const bytes = text === null ? read.bytes : kept
  const range = { offset, length: bytes.length, total }
  const shown = text === null ? toBase64(bytes) : text
  return { data: { content: shown, encoding: text === null ? 'base64' : 'text', range }, bytes: bytes.length }
}

/** The named headers as members of an object; null where none is there. */
export function pickHeaders(headers: Headers, { members, numbers = [], prefixed }: HeaderMembers): Json {
  const picked = Object.entries(members).flatMap(([header, member]): [string, Json][] => {
    const value = headers.get(header)
    return value === null ? [] : [[member, numbers.includes(member) ? toNumber(value) : value]]
  })
  const more = prefixed === undefined ? [] : [[prefixed.member, itemsOf(headers, prefixed.prefix)] as const]
  const all = [...picked, ...more]
  return all.length === 0 ? null : Object.fromEntries(all)
}

function itemsOf(headers: Headers, prefix: string): Json {
  const items = [...headers].filter(([name]) => name.startsWith(prefix) && name !== `${prefix}__proto__`)
  return Object.fromEntries(items.map(([name, value]) => [name.slice(prefix.length), value]))
}

function toNumber(value: string): number | null {
  return /^\d{1,15}$/.test(value) ? Number(value) : null
}

/** Where the body stands in the whole. What was compressed is unpacked by then, so its length says nothing. */
function placeOf(headers: Headers, read: Content): { readonly offset: number; readonly total: number | null } {
  const range = /^bytes (\d{1,15})-\d{1,15}\/(\d{1,15})$/.exec(headers.get('content-range') ?? '')
  if (range !== null) return { offset: Number(range[1]), total: Number(range[2]) }
  if (headers.has('content-encoding')) return { offset: 0, total: null }
  return { offset: 0, total: read.truncated ? toNumber(headers.get('content-length') ?? '') : read.bytes.length }
}

const textTypes =
  /^(?:text\/.+|application\/(?:(?:[\w.-]+\+)?(?:json|xml|yaml)|csv|x-ndjson|javascript|sql|octet-stream))$/

function isTextType(contentType: string | null): boolean {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  return type === '' || textTypes.test(type)
}

/** Strict UTF-8 without control characters other than tab and line ends; null for anything else. */
function decodeText(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return /[\u0000-\u0008\u000b\u000e-\u001f]/.test(text) ? null : text
  } catch {
    return null
  }
}

/** Leaves out the beginning of a character whose end comes later. */
function cutAtCharacter(bytes: Uint8Array): Uint8Array {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < 0x80) return bytes
    if (byte >= 0xc0) return back < widthOf(byte) ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}

function widthOf(lead: number): number {
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}
