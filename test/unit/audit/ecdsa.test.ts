import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { derOfSignature } from '../../../shared/audit/ecdsa.ts'

const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const halves = (text: Buffer) => sign('sha256', text, { key: privateKey, dsaEncoding: 'ieee-p1363' })

describe('a signature in DER', () => {
  it('verifies as the two halves did, whatever their leading bytes', () => {
    const texts = Array.from({ length: 600 }, (_, index) => Buffer.from(`text ${index}`))
    const wrong = texts.filter((text) => !verify('sha256', text, publicKey, derOfSignature(halves(text))))
    expect(wrong).toEqual([])
  })

  it.each([
    [
      'small numbers',
      Buffer.concat([Buffer.alloc(31), Buffer.from([1]), Buffer.alloc(31), Buffer.from([2])]),
      '3006020101020102',
    ],
    [
      'numbers that would read as negative',
      Buffer.alloc(64, 0xff),
      `3046022100${'ff'.repeat(32)}022100${'ff'.repeat(32)}`,
    ],
  ])('is minimal for %s', (_, given, der) => {
    expect(Buffer.from(derOfSignature(given)).toString('hex')).toBe(der)
  })

  it.each([0, 63, 65, 96])('is not made from %i bytes', (length) => {
    expect(() => derOfSignature(Buffer.alloc(length))).toThrow(TypeError)
  })
})
