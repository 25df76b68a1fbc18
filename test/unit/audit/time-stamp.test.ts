import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { encodeDer, readDer } from '../../../shared/audit/der.ts'
import { encodeStampRequest, readStampReply } from '../../../shared/audit/time-stamp.ts'
import { createAuthority } from '../../../shared/audit/time-stamp-http.ts'
import { createTimeStamper, type TimeStamperOptions } from '../../../shared/audit/time-stamper.ts'
import { createSigner, pairOf, writeBook } from '../../support/bundles/book.ts'
import { openssl, type StampingAuthority, startAuthority } from '../../support/stamping-authority.ts'
import { needs } from '../../support/tools.ts'

const request = { bytes: Buffer.from('a checkpoint\n'), nonce: Buffer.from('00ff01', 'hex') }
const withOpenssl = needs('openssl')
let authority: StampingAuthority | undefined

afterEach(() => {
  authority?.close()
  authority = undefined
})

async function start(): Promise<StampingAuthority> {
  authority = await startAuthority()
  return authority
}

const ask = (url: string) => createAuthority({ url, fetch })

interface Stamped {
  readonly tokens: Map<number, Uint8Array>
  readonly stamper: TimeStamperOptions
  now: number
}

async function makeStamper(url: string): Promise<Stamped> {
  const { anchors } = await writeBook(pairOf('stamps'), createSigner([]))
  const tokens = new Map<number, Uint8Array>()
  const world = { now: 0, tokens } as { now: number; tokens: Map<number, Uint8Array>; stamper: TimeStamperOptions }
  world.stamper = {
    ask: ask(url),
    clock: () => world.now,
    random: (size) => Buffer.alloc(size, 0x80),
    store: {
      readCheckpoint: anchors.readCheckpoint,
      putTimeToken: async (size, token) => void tokens.set(size, token),
      readTimeToken: async (size) => tokens.get(size) ?? null,
    },
  }
  return world
}

describe('a request for a time stamp', () => {
  withOpenssl('says to openssl what was meant', async () => {
    const { folder } = await start()
    writeFileSync(join(folder, 'q.tsq'), encodeStampRequest(request))
    const text = openssl(folder, ['ts', '-query', '-in', 'q.tsq', '-text'])
    expect(text).toMatch(/Hash Algorithm: sha256.*Nonce: 0xFF01.*Certificate required: yes/s)
  })

  it.each([0, 1, 127, 128, 255, 256, 70_000])('encodes %i bytes so that they are read back', (length) => {
    const [value, ...rest] = readDer(encodeDer(0x04, Buffer.alloc(length, 7))) ?? []
    expect([value?.tag, value?.content.length, rest]).toEqual([0x04, length, []])
  })
})

describe('a reply to it', () => {
  withOpenssl('is taken where it stamps these bytes, with this nonce, and openssl verifies it', async () => {
    const { url, root, folder } = await start()
    const reply = await ask(url)(encodeStampRequest(request))
    const read = readStampReply(reply, request)
    expect(read).toMatchObject({ ok: true })
    expect(read.ok && Math.abs(Date.parse(read.time) - Date.now())).toBeLessThan(60_000)
    writeFileSync(join(folder, 'reply'), reply)
    writeFileSync(join(folder, 'data'), request.bytes)
    const verified = openssl(folder, ['ts', '-verify', '-in', 'reply', '-data', 'data', '-CAfile', root])
    expect(verified).toContain('Verification: OK')
    const other = { ...request, bytes: Buffer.from('another checkpoint\n') }
    expect(readStampReply(reply, other)).toEqual({ ok: false, fault: 'other_imprint' })
    expect(readStampReply(reply, { ...request, nonce: Buffer.from([9]) })).toEqual({ ok: false, fault: 'other_nonce' })
    for (const cut of [0, 1, 5, 40, reply.length - 1]) {
      expect(readStampReply(reply.subarray(0, cut), request)).toEqual({ ok: false, fault: 'malformed' })
    }
  })

  it('is refused where the authority refuses', () => {
    const refused = encodeDer(0x30, encodeDer(0x30, encodeDer(0x02, Buffer.from([2]))))
    expect(readStampReply(refused, request)).toEqual({ ok: false, fault: 'refused' })
  })

  it.each([
    ['of another type', { type: 'text/plain', status: 200, size: 10 }],
    ['with another status', { type: 'application/timestamp-reply', status: 503, size: 10 }],
    ['of any size', { type: 'application/timestamp-reply', status: 200, size: 70_000 }],
  ])('%s is not taken', async (_, { type, status, size }) => {
    const fetched = async () => new Response(Buffer.alloc(size), { status, headers: { 'content-type': type } })
    const authority = createAuthority({ url: 'http://127.0.0.1/', fetch: fetched as typeof fetch })
    await expect(authority(new Uint8Array())).rejects.toThrow('the authority answered')
  })
})

describe('the stamping job', () => {
  withOpenssl('has the newest checkpoint stamped once an hour', async () => {
    const { url, count } = await start()
    const world = await makeStamper(url)
    const run = createTimeStamper(world.stamper)
    expect(await run()).toMatchObject({ kind: 'stamped' })
    world.now = 3_599_999
    expect(await run()).toEqual({ kind: 'not_due' })
    world.tokens.clear()
    world.now = 3_600_000
    expect(await run()).toMatchObject({ kind: 'stamped' })
    expect([count(), world.tokens.size]).toEqual([2, 1])
  })

  it('tells of an authority that is away, never rejects, and tries again at the next run', async () => {
    const world = await makeStamper('http://127.0.0.1:1/')
    const run = createTimeStamper(world.stamper)
    expect([(await run()).kind, (await run()).kind, world.tokens.size]).toEqual(['failed', 'failed', 0])
  })

  it('has nothing to do before the first checkpoint', async () => {
    const world = await makeStamper('http://127.0.0.1:1/')
    const store = { ...world.stamper.store, readCheckpoint: async () => null }
    expect(await createTimeStamper({ ...world.stamper, store })()).toEqual({ kind: 'nothing_to_stamp' })
  })
})
