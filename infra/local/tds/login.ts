import { writeMessage } from './packets.ts'

const encryptionOn = 1
const encryptionNone = 2

/** The server's PRELOGIN (MS-TDS 2.2.6.5): its version, whether it encrypts, and that it wants a federated token. */
export function writePrelogin(encrypts: boolean): Buffer {
  const options: readonly (readonly [token: number, data: readonly number[]])[] = [
    [0x00, [12, 0, 8, 0, 0, 0]],
    [0x01, [encrypts ? encryptionOn : encryptionNone]],
    [0x02, [0]],
    [0x03, []],
    [0x04, [0]],
    [0x06, [1]],
  ]
  let offset = options.length * 5 + 1
  const heads = options.flatMap(([token, data]) => {
    const head = [token, offset >> 8, offset & 0xff, 0, data.length]
    offset += data.length
    return head
  })
  return writeMessage(Buffer.from([...heads, 0xff, ...options.flatMap(([, data]) => data)]))
}

/** What a LOGIN7 (MS-TDS 2.2.6.4) says; `token` is null where it brings no federated token. */
export interface Login {
  readonly token: string | null
  readonly program: string
  readonly database: string
}

/** Reads a LOGIN7. Throws RangeError where it points outside of itself. */
export function readLogin(data: Buffer): Login {
  const text = (at: number) => {
    const offset = data.readUInt16LE(at)
    return data.toString('utf16le', offset, offset + data.readUInt16LE(at + 2) * 2)
  }
  const hasExtension = ((data[27] ?? 0) & 0x10) !== 0
  const token = hasExtension ? readToken(data, data.readUInt32LE(data.readUInt16LE(56))) : null
  return { token, program: text(48), database: text(68) }
}

const fedAuth = 0x02
const lastFeature = 0xff
const securityToken = 0x01

function readToken(data: Buffer, start: number): string | null {
  for (let at = start; data[at] !== lastFeature && at < data.length; at += 5 + data.readUInt32LE(at + 1)) {
    const library = (data[at + 5] ?? 0) >> 1
    if (data[at] !== fedAuth || library !== securityToken) continue
    const length = data.readUInt32LE(at + 6)
    return data.toString('utf16le', at + 10, at + 10 + length)
  }
  return null
}
