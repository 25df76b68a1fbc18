/** The packets of the Tabular Data Stream (MS-TDS 2.2.3) that the stand-in reads and writes. */
export const packetTypes = {
  batch: 0x01,
  rpc: 0x03,
  answer: 0x04,
  attention: 0x06,
  login: 0x10,
  prelogin: 0x12,
} as const

/** One whole message. `reset`: the session is to be made new before it is carried out. */
export interface Message {
  readonly type: number
  readonly reset: boolean
  readonly data: Buffer
}

const headerBytes = 8
const statusEnd = 0x01
const statusIgnore = 0x02
const statusReset = 0x08
const maxMessage = 32 * 1024 * 1024

/** Puts chunks together to messages; `take` gets each whole one. Throws RangeError on what cannot be a packet. */
export function makeMessageReader(take: (message: Message) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0)
  let parts: Buffer[] = []
  let reset = false
  const keep = (packet: Buffer): void => {
    const [type = 0, status = 0] = packet
    parts.push(packet.subarray(headerBytes))
    reset = reset || (status & statusReset) !== 0
    if ((status & statusEnd) === 0) return
    const message = { type, reset, data: Buffer.concat(parts) }
    parts = []
    reset = false
    if ((status & statusIgnore) === 0) take(message)
  }
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk])
    if (waiting.length > maxMessage) throw new RangeError('message too large')
    for (let length = lengthOf(waiting); length !== null; length = lengthOf(waiting)) {
      const packet = waiting.subarray(0, length)
      waiting = waiting.subarray(length)
      keep(packet)
    }
  }
}

/** Bytes of the first packet, or null while it is not all there. */
function lengthOf(bytes: Buffer): number | null {
  if (bytes.length < headerBytes) return null
  const length = bytes.readUInt16BE(2)
  if (length < headerBytes) throw new RangeError('packet of an impossible length')
  return bytes.length < length ? null : length
}

const payloadBytes = 4096 - headerBytes

/** The packets of one message. */
export function writeMessage(data: Buffer, type: number = packetTypes.answer): Buffer {
  const count = Math.max(1, Math.ceil(data.length / payloadBytes))
  const packets = Array.from({ length: count }, (_none, index) => {
    const payload = data.subarray(index * payloadBytes, (index + 1) * payloadBytes)
    const header = Buffer.alloc(headerBytes)
    header[0] = type
    header[1] = index === count - 1 ? statusEnd : 0
    header.writeUInt16BE(payload.length + headerBytes, 2)
    header[6] = (index + 1) % 256
    return Buffer.concat([header, payload])
  })
  return Buffer.concat(packets)
}
