/**
 * The few messages of the PostgreSQL frontend/backend protocol (version 3) that the front itself reads or writes.
 * Source: PostgreSQL documentation, "Message Formats".
 */
export const requestCodes = { ssl: 80877103, gss: 80877104, cancel: 80877102 } as const

/** One start-up packet: its code (a request above or a protocol version) and all of its bytes. */
export interface StartupPacket {
  readonly code: number
  readonly bytes: Buffer
}

const maxStartup = 10_000
const maxPassword = 65_536

/** The first start-up packet in `bytes`, null while it is incomplete. Throws RangeError on an impossible length. */
export function readStartup(bytes: Buffer): { message: StartupPacket; length: number } | null {
  if (bytes.length < 8) return null
  const length = bytes.readUInt32BE(0)
  if (length < 8 || length > maxStartup) throw new RangeError('start-up packet of an impossible length')
  if (bytes.length < length) return null
  return { message: { code: bytes.readUInt32BE(4), bytes: bytes.subarray(0, length) }, length }
}

/** The parameters (user, database, application_name …) of a StartupMessage. */
export function readParameters(packet: StartupPacket): ReadonlyMap<string, string> {
  const parts = packet.bytes.subarray(8).toString('utf8').split('\0')
  const found = new Map<string, string>()
  for (let i = 0; i + 1 < parts.length && parts[i] !== ''; i += 2) found.set(parts[i] ?? '', parts[i + 1] ?? '')
  return found
}

/** The password; null while incomplete. Throws RangeError where the message is something else. */
export function readPassword(bytes: Buffer): { message: string; length: number } | null {
  if (bytes.length < 5) return null
  const length = bytes.readUInt32BE(1)
  if (bytes[0] !== 0x70 || length < 5 || length > maxPassword) throw new RangeError('not a password message')
  if (bytes.length < length + 1) return null
  return { message: bytes.subarray(5, length).toString('utf8'), length: length + 1 }
}

/** AuthenticationCleartextPassword. */
export const askPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])

/** ErrorResponse of severity FATAL with an SQLSTATE. */
export function writeFatal(sqlState: string, message: string): Buffer {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`, 'utf8')
  const head = Buffer.alloc(5)
  head.write('E')
  head.writeUInt32BE(fields.length + 4, 1)
  return Buffer.concat([head, fields])
}
