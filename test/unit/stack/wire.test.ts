import { describe, expect, it } from 'vitest'
import { readParameters, readPassword, readStartup, writeFatal } from '../../../infra/local/postgres/wire.ts'

function startup(parameters: string, length?: number): Buffer {
  const body = Buffer.from(parameters)
  const packet = Buffer.concat([Buffer.alloc(8), body])
  packet.writeUInt32BE(length ?? packet.length, 0)
  packet.writeUInt32BE(196608, 4)
  return packet
}

function password(text: string): Buffer {
  const body = Buffer.from(`${text}\0`)
  const head = Buffer.from([0x70, 0, 0, 0, 0])
  head.writeUInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}

describe('the start-up packet', () => {
  const bytes = startup('user\0alice@x.example\0application_name\0a b\0\0')

  it('gives its parameters, however its bytes arrive', () => {
    for (let cut = 0; cut < bytes.length; cut += 1) expect(readStartup(bytes.subarray(0, cut))).toBeNull()
    const found = readStartup(Buffer.concat([bytes, Buffer.from('rest')]))
    expect(found?.length).toBe(bytes.length)
    const parameters = found === null ? new Map() : readParameters(found.message)
    expect([...parameters]).toEqual([
      ['user', 'alice@x.example'],
      ['application_name', 'a b'],
    ])
  })

  it.each([0, 7, 10_001, 4_294_967_295])('is refused with a length of %d', (length) => {
    expect(() => readStartup(startup('user\0a\0\0', length))).toThrow(RangeError)
  })
})

describe('the password message', () => {
  it('gives the password, and how many bytes it took', () => {
    const bytes = password('a.b.c')
    expect(readPassword(bytes.subarray(0, -1))).toBeNull()
    expect(readPassword(Buffer.concat([bytes, Buffer.from('Q')]))).toEqual({ message: 'a.b.c', length: bytes.length })
  })

  it('is refused where it is another message or too long', () => {
    expect(() => readPassword(Buffer.from('Q\0\0\0\x04'))).toThrow(RangeError)
    expect(() => readPassword(Buffer.from([0x70, 0, 2, 0, 0]))).toThrow(RangeError)
  })
})

describe('a fatal error', () => {
  it('says its own length', () => {
    const bytes = writeFatal('28P01', 'no')
    expect(bytes.readUInt32BE(1)).toBe(bytes.length - 1)
    expect(bytes.toString('latin1')).toContain('C28P01\0Mno\0\0')
  })
})
