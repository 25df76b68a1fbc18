import { beforeEach, describe, expect, it } from 'vitest'
import type { StoredEntity } from '../../../shared/audit/record.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { key, kid, openWriter, recordCall } from './fixture.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

const long = 'ü'.repeat(50_000)
let store: MemoryRows

// Rows: 0 the opening of the lane, then intents at 1, 3 and 5 with their outcomes.
beforeEach(async () => {
  store = createMemoryRows()
  const writer = openWriter(store)
  await recordCall(writer, 'd0', { personal: { inputs: '{"sql":"SELECT 1"}', purpose: 'a test' } })
  await recordCall(writer, 'd1', { personal: { statement: long } })
  await recordCall(writer, 'd2')
  await writer.close()
})

function verifyFully() {
  const keys = async (id: string) => (id === kid ? { key } : null)
  const openings = (partition: string, id: string) => store.read('pii', partition, id)
  return verifyChain({ source: readStoredChain(store), keys, now: Date.now(), openings })
}

/** Changes the stored opening of a decision; undefined removes a property. */
function change(decisionId: string, properties: Record<string, unknown>): void {
  for (const [id, entity] of store.tables.pii) {
    if (entity.properties.decisionId !== decisionId) continue
    const all = Object.entries({ ...entity.properties, ...properties }).filter(([, value]) => value !== undefined)
    store.tables.pii.set(id, { ...entity, properties: Object.fromEntries(all) } satisfies StoredEntity)
  }
}

describe('openings', () => {
  it('that are as they were written are counted and give no finding, in one chunk or several', async () => {
    const { verdict, counts, findings } = await verifyFully()
    expect([verdict, counts.openings, findings]).toEqual(['PASS', 2, []])
  })

  it.each<[string, string, Record<string, unknown>]>([
    ['a value changed', 'd0', { inputs_0: Buffer.from('{"sql":"SELECT 2"}') }],
    ['a salt changed', 'd0', { purpose_salt: Buffer.alloc(16) }],
    ['a salt removed', 'd0', { purpose_salt: undefined }],
    ['a value emptied', 'd0', { inputs_0: undefined }],
    ['a value as text', 'd0', { inputs_0: '{"sql":"SELECT 1"}' }],
    ['bytes that are no text', 'd0', { purpose_0: Buffer.from([0xff]) }],
    ['the last chunk removed', 'd1', { statement_1: undefined }],
    ['a chunk added', 'd1', { statement_2: Buffer.from('x') }],
    ['another decision', 'd1', { decisionId: 'd9' }],
    ['a value that no row commits to', 'd1', { claimedAgent_salt: Buffer.alloc(16), claimedAgent_0: Buffer.from('x') }],
  ])('with %s are a finding at their row', async (_what, decisionId, properties) => {
    change(decisionId, properties)
    const seq = decisionId === 'd0' ? 1 : 3
    const { verdict, findings } = await verifyFully()
    expect(verdict).toBe('FAIL')
    expect(findings).toEqual([expect.objectContaining({ kind: 'opening_mismatch', lane: 'L01', seq })])
  })

  it('that are exchanged between two rows are a finding at each', async () => {
    const [one, other] = [...store.tables.pii]
    if (!one || !other) throw new Error('no openings')
    store.tables.pii.set(one[0], other[1])
    store.tables.pii.set(other[0], one[1])
    const { findings } = await verifyFully()
    expect(findings.map(({ kind, seq }) => [kind, seq])).toEqual([
      ['opening_mismatch', 1],
      ['opening_mismatch', 3],
    ])
  })

  it('that were erased, whole or one value with its salt, give no finding', async () => {
    change('d0', { inputs_salt: undefined, inputs_0: undefined })
    const [whole] = [...store.tables.pii].filter(([, entity]) => entity.properties.decisionId === 'd1')
    store.tables.pii.delete(whole?.[0] ?? '')
    const { verdict, counts } = await verifyFully()
    expect([verdict, counts.openings]).toEqual(['PASS', 1])
  })

  it('that cannot be read leave the verification incomplete', async () => {
    const keys = async (id: string) => (id === kid ? { key } : null)
    const openings = () => Promise.reject(new Error('away'))
    const report = await verifyChain({ source: readStoredChain(store), keys, now: Date.now(), openings })
    expect(report.verdict).toBe('INCOMPLETE')
  })

  it('are not looked at where a row itself is in doubt', async () => {
    change('d0', { inputs_0: Buffer.from('x') })
    for (const [id, entity] of store.tables.rows) {
      if (!entity.rowKey.endsWith('1')) continue
      store.tables.rows.set(id, { ...entity, properties: { ...entity.properties, mac: Buffer.alloc(32) } })
    }
    const { findings } = await verifyFully()
    expect(findings.map(({ kind, seq }) => [kind, seq])).toEqual([['edited', 1]])
  })
})
