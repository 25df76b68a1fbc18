import { createHash, createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { signDigest, verifyDigest } from '../../../infra/local/vault/p256.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const secret = Buffer.from(String(pair.privateKey.export({ format: 'jwk' }).d), 'base64url')
const publicKey = createPublicKey(pair.privateKey)
const raw = { dsaEncoding: 'ieee-p1363' } as const
const digestOf = (message: Buffer) => createHash('sha256').update(message).digest()

describe('signature over a digest', () => {
  it('is one that OpenSSL accepts for the message', () => {
    for (let round = 0; round < 50; round += 1) {
      const message = Buffer.from(`message ${round}`)
      expect(verify('sha256', message, { key: publicKey, ...raw }, signDigest(secret, digestOf(message)))).toBe(true)
    }
  })

  it('is verified where OpenSSL made it', () => {
    const message = Buffer.from('message')
    const signature = sign('sha256', message, { key: pair.privateKey, ...raw })
    expect(verifyDigest(secret, digestOf(message), signature)).toBe(true)
  })

  const message = Buffer.from('message')
  const good = signDigest(secret, digestOf(message))
  it.each([
    ['another message', digestOf(Buffer.from('other')), good],
    ['a changed signature', digestOf(message), Buffer.from(good.map((byte, at) => (at === 40 ? byte ^ 1 : byte)))],
    ['zeros', digestOf(message), Buffer.alloc(64)],
    ['ones', digestOf(message), Buffer.alloc(64, 0xff)],
    ['a short signature', digestOf(message), good.subarray(1)],
  ])('is refused for %s', (_what, digest, signature) => {
    expect(verifyDigest(secret, digest, signature)).toBe(false)
  })
})
