import { hash } from 'node:crypto'
import { type DerValue, encodeDer, encodeInteger, openDer, readDer } from './der.ts'

/** What a time stamping authority answers a request with; `time` is ISO 8601 UTC as the authority says it. */
export type StampedReply =
  | { readonly ok: true; readonly time: string }
  | { readonly ok: false; readonly fault: 'malformed' | 'refused' | 'other_imprint' | 'other_nonce' }

/** A request over these bytes; `nonce` makes sure that the reply is a new one. */
export interface StampRequest {
  readonly bytes: Uint8Array
  readonly nonce: Uint8Array
}

const [boolean, octets, oid, sequence, context] = [0x01, 0x04, 0x06, 0x30, 0xa0]
const sha256 = Buffer.from('608648016503040201', 'hex')
const signedData = Buffer.from('2a864886f70d010702', 'hex')
const stampInfo = Buffer.from('2a864886f70d0109100104', 'hex')

/** DER of a TimeStampReq (RFC 3161 section 2.4.1): SHA-256 of the bytes, a nonce, and the authority's certificate asked for. */
export function encodeStampRequest({ bytes, nonce }: StampRequest): Uint8Array {
  const algorithm = encodeDer(sequence, encodeDer(oid, sha256), encodeDer(0x05))
  const imprint = encodeDer(sequence, algorithm, encodeDer(octets, imprintOf(bytes)))
  const certificate = encodeDer(boolean, Buffer.from([0xff]))
  return encodeDer(sequence, encodeInteger(Buffer.from([1])), imprint, encodeInteger(nonce), certificate)
}

/**
 * Takes a TimeStampResp (RFC 3161 section 2.4.2) apart far enough to see that it grants this very request. Its signature is not
 * checked here: whoever relies on it does that with `openssl ts -verify` and the authority's certificates.
 */
export function readStampReply(reply: Uint8Array, request: StampRequest): StampedReply {
  const parts = openDer(reply, sequence)
  const status = parts?.[0]?.tag === sequence ? readDer(parts[0].content)?.[0] : undefined
  if (!parts || status?.tag !== 0x02 || status.content.length !== 1) return { ok: false, fault: 'malformed' }
  // 0: granted; 1: granted with modifications.
  if ((status.content[0] ?? 2) > 1) return { ok: false, fault: 'refused' }
  const info = openInfo(parts[1])
  return info ? compare(info, request) : { ok: false, fault: 'malformed' }
}

interface StampInfo {
  readonly imprint: Uint8Array
  readonly algorithm: Uint8Array
  readonly time: string
  readonly nonce: Uint8Array | null
}

function compare(info: StampInfo, { bytes, nonce }: StampRequest): StampedReply {
  const isOurs = isSame(info.algorithm, sha256) && isSame(info.imprint, imprintOf(bytes))
  if (!isOurs) return { ok: false, fault: 'other_imprint' }
  const asked = readDer(encodeInteger(nonce))?.[0]?.content
  if (info.nonce === null || !asked || !isSame(info.nonce, asked)) return { ok: false, fault: 'other_nonce' }
  return { ok: true, time: info.time }
}

/** The TSTInfo inside of the token: ContentInfo → SignedData → encapsulated content (RFC 5652). */
function openInfo(token: DerValue | undefined): StampInfo | null {
  const signed = openTyped(token?.tag === sequence ? readDer(token.content) : null, signedData)
  const data = signed && openDer(signed, sequence)
  const wrapped = data?.[2]?.tag === sequence ? readDer(data[2].content) : null
  const inner = openTyped(wrapped, stampInfo)
  const value = inner && readDer(inner)?.[0]
  const info = value?.tag === octets ? openDer(value.content, sequence) : null
  return info && readInfo(info)
}

/** What stands under [0] beside an object identifier of this type. */
function openTyped(parts: readonly DerValue[] | null, type: Uint8Array): Uint8Array | null {
  const [name, content] = parts ?? []
  const isTyped = name?.tag === oid && isSame(name.content, type) && content?.tag === context
  return isTyped ? content.content : null
}

/** TSTInfo (RFC 3161 section 2.4.2): version, policy, imprint, serial number, time, then optional parts. */
function readInfo([, , imprint, , time, ...rest]: readonly DerValue[]): StampInfo | null {
  const [algorithm, digest] = imprint?.tag === sequence ? (readDer(imprint.content) ?? []) : []
  const name = algorithm?.tag === sequence ? readDer(algorithm.content)?.[0] : undefined
  const moment = time?.tag === 0x18 ? readTime(Buffer.from(time.content).toString('latin1')) : null
  if (name?.tag !== oid || digest?.tag !== octets || moment === null) return null
  const nonce = rest.find(({ tag }) => tag === 0x02)?.content ?? null
  return { imprint: digest.content, algorithm: name.content, time: moment, nonce }
}

/** GeneralizedTime in UTC, as RFC 3161 narrows it. */
function readTime(text: string): string | null {
  const [, year, month, day, hour, minute, second, fraction = ''] =
    /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(\.\d{1,9})?Z$/.exec(text) ?? []
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}Z`)
  return Number.isNaN(time) ? null : new Date(time).toISOString()
}

function imprintOf(bytes: Uint8Array): Uint8Array {
  return hash('sha256', bytes, 'buffer')
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}
