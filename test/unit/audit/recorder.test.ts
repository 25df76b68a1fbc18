import { hash, randomBytes } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { createRecorder } from '../../../shared/audit/recorder.ts'
import { decrypt, encrypt, personKeyPartition, recordingPartition } from '../../../shared/audit/recording.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

const alice = { tid: 'home', oid: 'alice' }
const bob = { tid: 'home', oid: 'bob' }
const content = Buffer.from('{"answer":"marker"}')
let rows: MemoryRows
let now: number
let version: string

const open = () =>
  createRecorder({
    rows,
    secret: async () => ({ version, secret: Buffer.alloc(32, version) }),
    pacing: {
      clock: () => now,
      wait: async (ms) => void (await new Promise((done) => setTimeout(done, ms / 10))),
      random: randomBytes,
    },
  })
const keys = () => [...rows.tables.pii.values()].filter(({ partitionKey }) => partitionKey.startsWith('key|'))

beforeEach(() => {
  rows = createMemoryRows()
  now = Date.parse('2026-11-30T12:00:00.000Z')
  version = 'v1'
})

describe('a recording', () => {
  it('is stored encrypted, under a digest of what is stored', async () => {
    const digest = await open().keep({ decisionId: 'd1', person: alice, content })
    const [stored] = [...rows.tables.pii.values()].filter(
      ({ partitionKey }) => partitionKey === recordingPartition('d1'),
    )
    expect(hash('sha256', stored?.properties.c0 as Uint8Array, 'hex')).toBe(digest)
    expect(
      JSON.stringify([...rows.tables.pii.values()].map(({ properties }) => Object.values(properties).map(String))),
    ).not.toContain('marker')
    expect(await open().open('d1', 'home')).toEqual({ digest, content })
  })

  it.each([0, 1, 64 * 1024, 14 * 64 * 1024 + 1, 5_000_000])('of %i bytes comes back as it was', async (size) => {
    const large = randomBytes(size)
    await open().keep({ decisionId: 'd1', person: alice, content: large })
    expect(Buffer.compare((await open().open('d1', null))?.content ?? Buffer.of(1), large)).toBe(0)
  })

  it('above 16 MiB is refused', async () => {
    const keep = open().keep({ decisionId: 'd1', person: alice, content: Buffer.alloc(16 * 1024 * 1024 + 1) })
    await expect(keep).rejects.toMatchObject({ code: 'audit_unavailable' })
  })

  it('is one person’s and month’s: each has a key, which is not derived from anything', async () => {
    await open().keep({ decisionId: 'd1', person: alice, content })
    await open().keep({ decisionId: 'd2', person: alice, content })
    await open().keep({ decisionId: 'd3', person: bob, content })
    now += 86_400_000
    await open().keep({ decisionId: 'd4', person: alice, content })
    expect(keys().map(({ partitionKey, rowKey }) => [partitionKey, rowKey])).toEqual([
      [personKeyPartition(alice), '2026-11.v1'],
      [personKeyPartition(bob), '2026-11.v1'],
      [personKeyPartition(alice), '2026-12.v1'],
    ])
  })

  it('cannot be opened without its person’s key, though its bytes are still there', async () => {
    await open().keep({ decisionId: 'd1', person: alice, content })
    rows.tables.pii.delete(
      [...rows.tables.pii.entries()].find(([, { partitionKey }]) => partitionKey.startsWith('key|'))?.[0] ?? '',
    )
    expect(await open().open('d1', 'home')).toBeNull()
  })

  it.each([
    ['another tenant asks', async () => open().open('d1', 'other')],
    ['it is put under another decision', async () => open().open('d2', 'home')],
    [
      'a part is missing',
      async () => {
        rows.tables.pii.delete(`${recordingPartition('d1')}\u00000001`)
        return open().open('d1', 'home')
      },
    ],
  ])('is none where %s', async (_what, ask) => {
    await open().keep({ decisionId: 'd1', person: alice, content: randomBytes(1_000_000) })
    for (const entity of rows.tables.pii.values()) {
      if (entity.partitionKey !== recordingPartition('d1')) continue
      const moved = { ...entity, partitionKey: recordingPartition('d2') }
      rows.tables.pii.set(`${moved.partitionKey}\u0000${moved.rowKey}`, moved)
    }
    expect(await ask()).toBeNull()
  })

  it('goes on under a new key where the wrapping secret was rotated, and cannot say what the old one held', async () => {
    await open().keep({ decisionId: 'd1', person: alice, content })
    version = 'v2'
    await open().keep({ decisionId: 'd2', person: alice, content })
    expect((await open().open('d2', 'home'))?.content).toEqual(content)
    await expect(open().open('d1', 'home')).rejects.toMatchObject({ code: 'audit_unavailable' })
  })

  it('agrees on one key where two instances record the first call at once', async () => {
    const made = await Promise.all(
      ['d1', 'd2', 'd3'].map((decisionId) => open().keep({ decisionId, person: alice, content })),
    )
    expect([new Set(made).size, keys().length]).toEqual([3, 1])
    for (const decisionId of ['d1', 'd2', 'd3'])
      expect((await open().open(decisionId, 'home'))?.content).toEqual(content)
  })

  it.each(['before', 'after', 'throttled'] as const)('survives one lost exchange (%s)', async (mishap) => {
    let count = 0
    rows.mishap = () => (++count % 2 === 1 ? mishap : 'none')
    await open().keep({ decisionId: 'd1', person: alice, content })
    expect((await open().open('d1', 'home'))?.content).toEqual(content)
  })

  it('fails where the table refuses', async () => {
    rows.mishap = () => 'rejected'
    const clock = setInterval(() => (now += 1000), 5)
    await expect(open().keep({ decisionId: 'd1', person: alice, content })).rejects.toMatchObject({
      code: 'audit_unavailable',
    })
    clearInterval(clock)
  })
})

describe('encryption', () => {
  it('binds what it says', () => {
    const key = Buffer.alloc(32, 1)
    const sealed = encrypt(key, content, { nonce: Buffer.alloc(12, 2), binding: ['recording/v1', 'd1', 'home'] })
    expect(decrypt(key, sealed, ['recording/v1', 'd1', 'home'])).toEqual(content)
    expect(decrypt(key, sealed, ['recording/v1', 'd2', 'home'])).toBeNull()
    expect(decrypt(key, sealed, ['recording-key/v1', 'd1', 'home'])).toBeNull()
    expect(decrypt(Buffer.alloc(32, 3), sealed, ['recording/v1', 'd1', 'home'])).toBeNull()
    expect(decrypt(key, sealed.subarray(0, 27), ['recording/v1', 'd1', 'home'])).toBeNull()
    for (let at = 0; at < sealed.length; at++) {
      const altered = Buffer.from(sealed)
      altered[at] = (altered[at] ?? 0) ^ 1
      expect(decrypt(key, altered, ['recording/v1', 'd1', 'home'])).toBeNull()
    }
  })
})
