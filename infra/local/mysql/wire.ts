/**
 * The few packets of MySQL's client/server protocol that the front itself reads or writes.
 * Source: MySQL Server documentation, "Connection Phase Packets".
 */
export interface Packet {
  readonly sequence: number
  readonly payload: Buffer
}

/** The first packet in `bytes`, null while it is incomplete. */
export function readPacket(bytes: Buffer): { message: Packet; length: number } | null {
  if (bytes.length < 4) return null
  const length = bytes.readUIntLE(0, 3) + 4
  if (length > 65_536) throw new RangeError('packet too large before the sign-in')
  return bytes.length < length
    ? null
    : { message: { sequence: bytes[3] ?? 0, payload: bytes.subarray(4, length) }, length }
}

/** A packet as bytes. */
export function writePacket(sequence: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUIntLE(payload.length, 0, 3)
  head[3] = sequence
  return Buffer.concat([head, payload])
}

const flags = {
  connectWithDatabase: 0x8,
  ssl: 0x800,
  authLengthEncoded: 0x20_0000,
  connectAttributes: 0x10_0000,
} as const

/** The server's greeting as one that encrypts, or that does not. */
export function offerTls(greeting: Buffer, offers: boolean): Buffer {
  const payload = Buffer.from(greeting)
  // Version as text, thread id, eight bytes of the scramble and a filler stand before the capabilities.
  const at = payload.indexOf(0, 1) + 1 + 4 + 8 + 1
  const known = payload.readUInt16LE(at)
  payload.writeUInt16LE(offers ? known | flags.ssl : known & ~flags.ssl, at)
  return payload
}

/** What a HandshakeResponse says; `head` is its first 32 bytes. */
export interface HandshakeResponse {
  readonly head: Buffer
  readonly user: string
  readonly database: string
}

/** Reads a HandshakeResponse41. */
export function readResponse(payload: Buffer): HandshakeResponse {
  const capabilities = payload.readUInt32LE(0)
  const userEnd = payload.indexOf(0, 32)
  const user = payload.toString('utf8', 32, userEnd)
  const afterAuth = userEnd + 2 + (payload[userEnd + 1] ?? 0)
  const hasDatabase = (capabilities & flags.connectWithDatabase) !== 0
  const database = hasDatabase ? payload.toString('utf8', afterAuth, payload.indexOf(0, afterAuth)) : ''
  return { head: payload.subarray(0, 32), user, database }
}

/** The same response for the server behind: another user perhaps, no password, no TLS, no attributes. */
export function writeResponse({ head, user, database }: HandshakeResponse): Buffer {
  const start = Buffer.from(head)
  const dropped = flags.ssl | flags.authLengthEncoded | flags.connectAttributes
  start.writeUInt32LE((start.readUInt32LE(0) & ~dropped) >>> 0, 0)
  const hasDatabase = (start.readUInt32LE(0) & flags.connectWithDatabase) !== 0
  const tail = `${user}\0\0${hasDatabase ? `${database}\0` : ''}mysql_native_password\0`
  return Buffer.concat([start, Buffer.from(tail, 'utf8')])
}

/** AuthSwitchRequest: the client is to send its password in clear. */
export const askClearPassword = Buffer.from('\xfemysql_clear_password\0', 'latin1')

/** ERR. */
export function writeFailure(number: number, state: string, message: string): Buffer {
  const head = Buffer.from([0xff, number & 0xff, number >> 8])
  return Buffer.concat([head, Buffer.from(`#${state}${message}`, 'utf8')])
}
