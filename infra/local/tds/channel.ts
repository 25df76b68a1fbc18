import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { type SecureContext, TLSSocket } from 'node:tls'
import { packetTypes, writeMessage } from './packets.ts'

const headerBytes = 8

/**
 * TLS inside TDS (MS-TDS 3.2.5.2): the handshake travels in PRELOGIN packets, everything after it as plain records.
 * `first` is what had come after the client's own PRELOGIN.
 */
export function secureChannel(socket: Socket, secureContext: SecureContext, first: Buffer): TLSSocket {
  let shaking = true
  let incoming = Buffer.alloc(0)
  let flight: Buffer[] = []
  // The client reads one message for each that it sent: the records of one flight go in one.
  const sendFlight = () => {
    if (flight.length > 0) socket.write(writeMessage(Buffer.concat(flight), packetTypes.prelogin))
    flight = []
  }
  const inner = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      if (!shaking) return void socket.write(chunk, () => done())
      if (flight.push(chunk) === 1) setImmediate(sendFlight)
      done()
    },
    final: (done) => void socket.end(() => done()),
  })
  const unwrap = (): void => {
    while (incoming[0] === packetTypes.prelogin && incoming.length >= headerBytes) {
      const length = incoming.readUInt16BE(2)
      if (length < headerBytes || incoming.length < length) return
      inner.push(incoming.subarray(headerBytes, length))
      incoming = incoming.subarray(length)
    }
    if (incoming.length === 0 || incoming[0] === packetTypes.prelogin) return
    sendFlight()
    shaking = false
    inner.push(incoming)
    incoming = Buffer.alloc(0)
  }
  const feed = (chunk: Buffer) => {
    if (!shaking) return void inner.push(chunk)
    incoming = Buffer.concat([incoming, chunk])
    unwrap()
  }
  socket.on('data', feed)
  socket.on('close', () => inner.destroy())
  feed(first)
  return new TLSSocket(inner, { isServer: true, secureContext, maxVersion: 'TLSv1.2' } as ConstructorParameters<
    typeof TLSSocket
  >[1])
}
