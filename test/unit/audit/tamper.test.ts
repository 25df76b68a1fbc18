import { createSecretKey } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { canonicalBytes, type Json, parseCanonical } from '../../../shared/audit/canonical.ts'
import { headMac, leafDigest, rowMac } from '../../../shared/audit/chain.ts'
import type { StoredEntity } from '../../../shared/audit/record.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { called, heartbeat, key, kid, openWriter, permitted, recordCall, verify } from './fixture.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

type Rows = Map<string, StoredEntity>
type Document = Record<string, Json>
interface Found {
  kind: string
  lane: string
  seq: number
  toSeq?: number
}

const partition = 'L01|000001'
const second = 'L01|000002'
const hour = 3_600_000
const otherKey = createSecretKey(Buffer.alloc(32, 9))

let original: MemoryRows

// Lane L01: segment 1 holds rows 0 to 8 (the opening and four calls), segment 2 rows 9 to 13; lane L02 three rows.
beforeAll(async () => {
  original = createMemoryRows()
  const one = openWriter(original, { limits: { segmentRows: 9 } })
  for (let index = 0; index < 6; index++) await recordCall(one, `d${index}`)
  await one.recordEvent(heartbeat)
  const two = openWriter(original)
  await recordCall(two, 'e0')
  await Promise.all([one.close(), two.close()])
})

function copyStore(): MemoryRows {
  const copy = createMemoryRows()
  for (const table of ['rows', 'meta', 'pii'] as const) {
    for (const [id, entity] of original.tables[table]) copy.tables[table].set(id, structuredClone(entity))
  }
  return copy
}

function at(seq: number, segment = partition): string {
  return keyOf(segment, `r${String(seq).padStart(16, '0')}`)
}

function get(rows: Rows, id: string): StoredEntity {
  const entity = rows.get(id)
  if (!entity) throw new Error(`no ${id}`)
  return entity
}

function put(rows: Rows, id: string, properties: Record<string, unknown>): void {
  const [partitionKey = '', rowKey = ''] = id.split('\u0000')
  const before = rows.get(id)
  rows.set(id, { partitionKey, rowKey, etag: 'x', properties: { ...before?.properties, ...properties } })
}

function bytesOf(entity: StoredEntity): Uint8Array {
  return entity.properties.c as Uint8Array
}

function documentOf(entity: StoredEntity): Document {
  return parseCanonical(Buffer.from(bytesOf(entity))) as Document
}

function edit(rows: Rows, id: string, change: Document): void {
  put(rows, id, { c: canonicalBytes({ ...documentOf(get(rows, id)), ...change }) })
}

/** What an insider with the HMAC key can do: rewrite a row and give it a valid MAC. */
function rewrite(rows: Rows, id: string, change: Document | Uint8Array): void {
  const entity = get(rows, id)
  const bytes = change instanceof Uint8Array ? change : canonicalBytes({ ...documentOf(entity), ...change })
  const prev = entity.properties.prev as Uint8Array
  put(rows, id, { c: bytes, mac: rowMac(key, { kid, prev, leaf: leafDigest(bytes) }) })
}

function swap(rows: Rows, a: string, b: string): void {
  const [first, other] = [get(rows, a).properties, get(rows, b).properties]
  put(rows, a, other)
  put(rows, b, first)
}

function sealHead(rows: Rows, segment: string, change: Document): void {
  const id = keyOf(segment, '!head')
  const bytes = canonicalBytes({ ...documentOf(get(rows, id)), ...change })
  put(rows, id, { c: bytes, hmac: headMac(key, kid, bytes) })
}

function dropWhere(rows: Rows, test: (entity: StoredEntity) => boolean): void {
  for (const [id, entity] of rows) if (test(entity)) rows.delete(id)
}

const head = keyOf(partition, '!head')
const lane = 'L01'
const manipulations: [string, (rows: Rows) => void, Found[]][] = [
  ['a member edited', (rows) => edit(rows, at(3), { traceId: 'x' }), [{ kind: 'edited', lane, seq: 3 }]],
  [
    'one byte flipped',
    (rows) => {
      const bytes = Buffer.from(bytesOf(get(rows, at(2))))
      bytes[40] = (bytes[40] ?? 0) ^ 1
      put(rows, at(2), { c: bytes })
    },
    [{ kind: 'edited', lane, seq: 2 }],
  ],
  ['the content emptied', (rows) => put(rows, at(2), { c: new Uint8Array(0) }), [{ kind: 'edited', lane, seq: 2 }]],
  [
    'the content truncated',
    (rows) => put(rows, at(4), { c: bytesOf(get(rows, at(4))).slice(0, -1) }),
    [{ kind: 'edited', lane, seq: 4 }],
  ],
  [
    'white space added',
    (rows) => put(rows, at(1), { c: Buffer.concat([bytesOf(get(rows, at(1))), Buffer.from(' ')]) }),
    [{ kind: 'edited', lane, seq: 1 }],
  ],
  ['a MAC replaced', (rows) => put(rows, at(5), { mac: Buffer.alloc(32) }), [{ kind: 'edited', lane, seq: 5 }]],
  ['a MAC removed', (rows) => put(rows, at(5), { mac: undefined }), [{ kind: 'edited', lane, seq: 5 }]],
  [
    'a prev column replaced',
    (rows) => put(rows, at(5), { prev: Buffer.alloc(32) }),
    [{ kind: 'edited', lane, seq: 5 }],
  ],
  ['the opening edited', (rows) => edit(rows, at(0), { detail: { nonce: '00' } }), [{ kind: 'edited', lane, seq: 0 }]],
  ['the last row of a segment edited', (rows) => edit(rows, at(8), { code: 'x' }), [{ kind: 'edited', lane, seq: 8 }]],
  [
    'a row MACed with another key',
    (rows) => {
      const entity = get(rows, at(3))
      const leaf = leafDigest(bytesOf(entity))
      put(rows, at(3), { mac: rowMac(otherKey, { kid, prev: entity.properties.prev as Uint8Array, leaf }) })
    },
    [{ kind: 'edited', lane, seq: 3 }],
  ],
  [
    'a row under a key nobody knows',
    (rows) => put(rows, at(3), { kid: 'audit-hmac-1999-01/ffffffff' }),
    [{ kind: 'unknown_key', lane, seq: 3 }],
  ],
  [
    'one row deleted',
    (rows) => void rows.delete(at(4)),
    [
      { kind: 'deleted', lane, seq: 4, toSeq: 4 },
      { kind: 'dangling_intent', lane, seq: 3 },
    ],
  ],
  [
    'a whole call deleted',
    (rows) => [3, 4].forEach((seq) => void rows.delete(at(seq))),
    [{ kind: 'deleted', lane, seq: 3, toSeq: 4 }],
  ],
  [
    'two ranges deleted',
    (rows) => [1, 2, 5, 6].forEach((seq) => void rows.delete(at(seq))),
    [
      { kind: 'deleted', lane, seq: 1, toSeq: 2 },
      { kind: 'deleted', lane, seq: 5, toSeq: 6 },
    ],
  ],
  ['the opening deleted', (rows) => void rows.delete(at(0)), [{ kind: 'deleted', lane, seq: 0, toSeq: 0 }]],
  [
    'the tail of a segment deleted',
    (rows) => [7, 8].forEach((seq) => void rows.delete(at(seq))),
    [{ kind: 'deleted', lane, seq: 7, toSeq: 8 }],
  ],
  [
    'the tail of the lane deleted',
    (rows) => void rows.delete(at(13, second)),
    [{ kind: 'deleted', lane, seq: 13, toSeq: 13 }],
  ],
  [
    'all rows of a segment deleted, its head kept',
    (rows) => dropWhere(rows, (row) => row.partitionKey === second && row.rowKey !== '!head'),
    [{ kind: 'deleted', lane, seq: 9, toSeq: 13 }],
  ],
  [
    'two calls swapped',
    (rows) => {
      swap(rows, at(1), at(3))
      swap(rows, at(2), at(4))
    },
    [1, 2, 3, 4].map((seq) => ({ kind: 'reordered', lane, seq })),
  ],
  [
    'a row overwritten with a copy of a later one',
    (rows) => put(rows, at(2), get(rows, at(6)).properties),
    [
      { kind: 'reordered', lane, seq: 2 },
      { kind: 'dangling_intent', lane, seq: 1 },
    ],
  ],
  [
    'a row overwritten with one of another lane',
    (rows) => put(rows, at(2), get(rows, at(2, 'L02|000001')).properties),
    [
      { kind: 'inserted', lane, seq: 2 },
      { kind: 'dangling_intent', lane, seq: 1 },
    ],
  ],
  [
    'a row added above the head',
    (rows) => put(rows, at(14, second), get(rows, at(13, second)).properties),
    [{ kind: 'inserted', lane, seq: 14 }],
  ],
  [
    'a forged row added far above the head',
    (rows) => put(rows, at(500, second), { c: Buffer.from('{}'), mac: Buffer.alloc(32), prev: Buffer.alloc(32), kid }),
    [{ kind: 'inserted', lane, seq: 500 }],
  ],
  [
    'a row added under a strange row key',
    (rows) => put(rows, keyOf(partition, 'r0000000000000003a'), get(rows, at(3)).properties),
    [{ kind: 'inserted', lane, seq: 4 }],
  ],
  ['a partition added', (rows) => put(rows, keyOf('notes', 'x'), {}), [{ kind: 'inserted', lane: 'notes', seq: 0 }]],
  [
    'a column that says another verdict',
    (rows) => put(rows, at(3), { verdict: 'deny' }),
    [{ kind: 'column_mismatch', lane, seq: 3 }],
  ],
  [
    'a column that says another tenant',
    (rows) => put(rows, at(3), { tenant: 'other' }),
    [{ kind: 'column_mismatch', lane, seq: 3 }],
  ],
  [
    'a column that says another decision',
    (rows) => put(rows, at(4), { decisionId: 'd9' }),
    [{ kind: 'column_mismatch', lane, seq: 4 }],
  ],
  [
    'a column that says another time',
    (rows) => put(rows, at(4), { ts: '2020-01-01T00:00:00.000Z' }),
    [{ kind: 'column_mismatch', lane, seq: 4 }],
  ],
  [
    'a row rewritten with the key',
    (rows) => rewrite(rows, at(0), { time: '2026-01-01T00:00:00.000Z' }),
    [
      { kind: 'column_mismatch', lane, seq: 0 },
      { kind: 'forked', lane, seq: 1 },
    ],
  ],
  [
    'the last row rewritten with the key',
    (rows) => rewrite(rows, at(13, second), { detail: { calls: 5 } }),
    [{ kind: 'forked', lane, seq: 13 }],
  ],
  [
    'other JSON under a valid MAC',
    (rows) => rewrite(rows, at(0), Buffer.concat([bytesOf(get(rows, at(0))), Buffer.from('\n')])),
    [{ kind: 'not_canonical', lane, seq: 0 }],
  ],
  [
    'an unknown member under a valid MAC',
    (rows) => rewrite(rows, at(0), { note: 'x' }),
    [{ kind: 'malformed', lane, seq: 0 }],
  ],
  ['the head deleted', (rows) => void rows.delete(head), [{ kind: 'head_missing', lane, seq: 9 }]],
  ['the head edited', (rows) => edit(rows, head, { nextSeq: 5 }), [{ kind: 'head_altered', lane, seq: 9 }]],
  ["the head's columns edited", (rows) => put(rows, head, { state: 'open' }), [{ kind: 'head_altered', lane, seq: 9 }]],
  [
    'the head of another segment put here',
    (rows) => put(rows, head, get(rows, keyOf(second, '!head')).properties),
    [{ kind: 'head_altered', lane, seq: 9 }],
  ],
  [
    'the head rolled back',
    (rows) => sealHead(rows, second, { nextSeq: 12 }),
    [{ kind: 'head_rolled_back', lane, seq: 12, toSeq: 13 }],
  ],
  [
    'the head moved on without rows',
    (rows) => sealHead(rows, second, { nextSeq: 16 }),
    [{ kind: 'deleted', lane, seq: 14, toSeq: 15 }],
  ],
  [
    'the head naming another last row',
    (rows) => sealHead(rows, second, { mac: '00'.repeat(32) }),
    [{ kind: 'forked', lane, seq: 13 }],
  ],
  [
    'a segment taken out',
    (rows) => dropWhere(rows, (row) => row.partitionKey === partition),
    [{ kind: 'segment_missing', lane, seq: 0, toSeq: 8 }],
  ],
  [
    'the last segment taken out',
    (rows) => dropWhere(rows, (row) => row.partitionKey === second),
    [{ kind: 'segment_missing', lane, seq: 9 }],
  ],
  [
    'a lane taken out',
    (rows) => dropWhere(rows, (row) => row.partitionKey.startsWith('L02')),
    [{ kind: 'lane_missing', lane: 'L02', seq: 0 }],
  ],
]

describe('a manipulated store', () => {
  it.each(manipulations)('is found out: %s', async (_name, manipulate, expected) => {
    const store = copyStore()
    manipulate(store.tables.rows)
    const report = await verify(store, { now: Date.now() + hour })
    const found = report.findings.map(({ detail: _detail, ...place }) => place)
    expect(sorted(found)).toEqual(sorted(expected))
    expect(report.verdict).toBe('FAIL')
  })

  it('tells a changed prev column from changed content', async () => {
    const store = copyStore()
    put(store.tables.rows, at(5), { prev: Buffer.alloc(32) })
    put(store.tables.rows, at(3), { c: Buffer.from('{}') })
    const details = (await verify(store)).findings.map((finding) => finding.detail)
    expect(details).toEqual(['the content does not match its MAC', 'the prev column was changed'])
  })
})

describe('semantics of pairs', () => {
  it.each([
    [
      'an intent without outcome',
      async (writer: ReturnType<typeof openWriter>) => {
        await writer.recordPermitted(permitted('x1'))
      },
      'PASS WITH EXCEPTIONS',
      [{ kind: 'dangling_intent', lane, seq: 1 }],
    ],
    [
      'two intents of one decision',
      async (writer: ReturnType<typeof openWriter>) => {
        await recordCall(writer, 'x1')
        await recordCall(writer, 'x1')
      },
      'FAIL',
      [
        { kind: 'duplicate_decision', lane, seq: 3 },
        { kind: 'duplicate_outcome', lane, seq: 4 },
      ],
    ],
    [
      'two called decisions on one approval',
      async (writer: ReturnType<typeof openWriter>) => {
        const approval = { id: 'apr_1', voters: ['v1'] }
        const released = await writer.recordPermitted(permitted('x0', { approval }))
        await writer.recordOutcome(released, called({ status: 'not-called' }))
        await recordCall(writer, 'x1', { approval })
        await recordCall(writer, 'x2', { approval: { ...approval, id: 'apr_2' } })
        await recordCall(writer, 'x3', { approval })
      },
      'FAIL',
      [{ kind: 'approval_reused', lane, seq: 8 }],
    ],
    [
      'a call on an approval that a call of unknown fate has burnt',
      async (writer: ReturnType<typeof openWriter>) => {
        const approval = { id: 'apr_1', voters: ['v1'] }
        const lost = await writer.recordPermitted(permitted('x1', { approval }))
        await writer.recordOutcome(lost, called({ status: 'unknown', code: 'backend_failed' }))
        await recordCall(writer, 'x2', { approval })
      },
      'FAIL',
      [{ kind: 'approval_reused', lane, seq: 4 }],
    ],
    [
      'a call on an approval that a call without an outcome has claimed',
      async (writer: ReturnType<typeof openWriter>) => {
        const approval = { id: 'apr_1', voters: ['v1'] }
        await writer.recordPermitted(permitted('x1', { approval }))
        await recordCall(writer, 'x2', { approval })
      },
      'FAIL',
      [
        { kind: 'dangling_intent', lane, seq: 1 },
        { kind: 'approval_reused', lane, seq: 3 },
      ],
    ],
    [
      'two outcomes of one intent',
      async (writer: ReturnType<typeof openWriter>) => {
        const { intent } = await recordCall(writer, 'x1')
        await writer.recordOutcome(intent, called())
      },
      'FAIL',
      [{ kind: 'duplicate_outcome', lane, seq: 3 }],
    ],
    [
      'an outcome that names no intent',
      async (writer: ReturnType<typeof openWriter>) => {
        const intent = await writer.recordPermitted(permitted('x1'))
        await writer.recordOutcome({ ...intent, decisionId: 'x2' }, called())
      },
      'FAIL',
      [
        { kind: 'dangling_intent', lane, seq: 1 },
        { kind: 'outcome_without_intent', lane, seq: 2 },
      ],
    ],
    [
      'an outcome that names another row',
      async (writer: ReturnType<typeof openWriter>) => {
        const intent = await writer.recordPermitted(permitted('x1'))
        await writer.recordOutcome({ ...intent, mac: '00'.repeat(32) }, called())
      },
      'FAIL',
      [{ kind: 'outcome_without_intent', lane, seq: 2 }],
    ],
    [
      'a call after a refusal',
      async (writer: ReturnType<typeof openWriter>) => {
        const intent = await writer.recordRefused({ ...permitted('x1'), verdict: 'deny' })
        await writer.recordOutcome(intent, called())
      },
      'FAIL',
      [{ kind: 'called_without_permit', lane, seq: 2 }],
    ],
  ] as const)('are found out: %s', async (...[, record, verdict, expected]) => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    await record(writer)
    await writer.close()
    const report = await verify(store, { now: Date.now() + hour })
    expect(sorted(report.findings.map(({ detail: _detail, ...place }) => place))).toEqual(sorted([...expected]))
    expect(report.verdict).toBe(verdict)
  })
})

describe('an honest store', () => {
  it.each([
    ['a fresh copy', (_store: MemoryRows) => undefined],
    ['erased openings', (store: MemoryRows) => store.tables.pii.clear()],
    [
      'other ETags',
      (store: MemoryRows) => {
        for (const [id, entity] of store.tables.rows) store.tables.rows.set(id, { ...entity, etag: 'other' })
      },
    ],
    [
      'expired leases',
      (store: MemoryRows) => {
        for (const [id, entity] of store.tables.meta)
          put(store.tables.meta, id, { ...entity.properties, until: '2020-01-01T00:00:00.000Z' })
      },
    ],
  ])('passes: %s', async (_name, change) => {
    const store = copyStore()
    change(store)
    expect(await verify(store)).toMatchObject({ verdict: 'PASS', findings: [] })
  })

  it('counts an intent younger than the grace time as open, not as an exception', async () => {
    const store = createMemoryRows()
    const writer = openWriter(store)
    await writer.recordPermitted(permitted('d1'))
    await writer.close()
    expect(await verify(store)).toMatchObject({ verdict: 'PASS', counts: { open: 1 } })
  })

  it('passes while rows are appended', async () => {
    const store = createMemoryRows({ pageSize: 3 })
    const writer = openWriter(store, { limits: { segmentRows: 20 } })
    const appending = (async () => {
      for (let index = 0; index < 60; index++) await recordCall(writer, `d${index}`)
    })()
    await recordCall(writer, 'first')
    for (let round = 0; round < 8; round++) {
      expect(await verify(store)).toMatchObject({ verdict: 'PASS', findings: [] })
    }
    await appending
    await writer.close()
  })
})

describe('a verdict', () => {
  it('is INCOMPLETE for an empty store', async () => {
    expect(await verify(createMemoryRows())).toMatchObject({ verdict: 'INCOMPLETE', counts: { rows: 0 } })
  })

  it('is INCOMPLETE where anchors are required and there are none', async () => {
    expect(await verify(copyStore(), { requireAnchors: true })).toMatchObject({ verdict: 'INCOMPLETE' })
  })

  it('is INCOMPLETE where the store or a key cannot be read', async () => {
    const store = copyStore()
    const source = readStoredChain(store)
    const away = async () => Promise.reject(new Error('away'))
    expect(await verifyChain({ source, keys: away, now: Date.now() })).toMatchObject({ verdict: 'INCOMPLETE' })
    store.isAway = true
    expect(await verify(store)).toMatchObject({ verdict: 'INCOMPLETE' })
  })

  it('names rows that were written after their key was retired', async () => {
    const source = readStoredChain(copyStore())
    const keys = async () => ({ key, retiredAt: '2020-01-01T00:00:00.000Z' })
    const report = await verifyChain({ source, keys, now: Date.now() })
    expect(report.verdict).toBe('FAIL')
    expect(new Set(report.findings.map((finding) => finding.kind))).toEqual(new Set(['retired_key']))
  })

  it('keeps a bounded number of findings and counts all', async () => {
    const source = readStoredChain(copyStore())
    const report = await verifyChain({ source, keys: async () => null, now: Date.now() })
    expect(report.counts.findings).toBe(report.findings.length)
    expect(report.findings[0]).toMatchObject({ kind: 'unknown_key', lane: 'L01', seq: 0 })
  })
})

function sorted<T extends Found>(findings: readonly T[]): T[] {
  return [...findings].sort((a, b) => a.lane.localeCompare(b.lane) || a.seq - b.seq || a.kind.localeCompare(b.kind))
}
