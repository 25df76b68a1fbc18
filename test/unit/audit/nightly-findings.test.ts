import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NightlyFacts } from '../../../shared/audit/nightly.ts'
import type { StoredEntity } from '../../../shared/audit/record.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { openAnchorLog } from '../../../shared/audit/verify-anchor-log.ts'
import type { AuditWriter } from '../../../shared/audit/writer.ts'
import { createNightWorld, judge, minute, type NightWorld, recordCalls } from '../../support/night-world.ts'
import { called, origin, permitted, recordCall } from './fixture.ts'
import { logKey } from './memory-anchors.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

const hour = 60 * minute
const day = 24 * hour
let rows: MemoryRows
let world: NightWorld
let one: AuditWriter
let two: AuditWriter

// Lane L01: rows 0 to 8 and 9 to 14 in two segments; L02: rows 0 to 4; L03 is the verifier's. All is anchored.
beforeEach(async () => {
  rows = createMemoryRows({ pageSize: 50 })
  world = createNightWorld(rows)
  world.now += hour
  one = world.openWriter(9)
  await recordCalls(one, 'c', 7)
  two = world.openWriter()
  await recordCalls(two, 'e', 2)
  // The verifier has a lane of its own, so that the others stay as they are.
  await world.ports.recordEvent({ kind: 'start', detail: {} })
  await world.seal()
})
afterEach(() => world.close())

const table = () => rows.tables.rows
const at = (segment: string, seq: number) => keyOf(segment, `r${String(seq).padStart(16, '0')}`)
const head = (segment: string) => keyOf(segment, '!head')

function put(id: string, properties: Record<string, unknown>): void {
  const stored = get(id)
  table().set(id, { ...stored, properties: { ...stored.properties, ...properties } })
}

function get(id: string): StoredEntity {
  const stored = table().get(id)
  if (!stored) throw new Error(`no ${id}`)
  return stored
}

function swap(a: string, b: string): void {
  const [first, other] = [get(a).properties, get(b).properties]
  put(a, other)
  put(b, first)
}

function dropAll(prefix: string): void {
  for (const id of [...table().keys()]) if (id.startsWith(prefix)) table().delete(id)
}

const [first, second, other] = ['L01|000001', 'L01|000002', 'L02|000001'] as const
const manipulations: [string, () => void][] = [
  ['nothing', () => undefined],
  ['a row edited', () => put(at(first, 4), { c: Buffer.from('{}') })],
  ['a MAC changed', () => put(at(second, 10), { mac: Buffer.alloc(32) })],
  ['a column changed', () => put(at(first, 3), { verdict: 'deny' })],
  ['a row deleted', () => table().delete(at(first, 5))],
  ['the first row deleted', () => table().delete(at(first, 0))],
  ['the last row of a closed segment deleted', () => table().delete(at(first, 8))],
  ['the last row deleted', () => table().delete(at(second, 14))],
  ['rows over the end of a segment deleted', () => [at(first, 8), at(second, 9)].map((id) => table().delete(id))],
  ['two rows swapped', () => swap(at(first, 3), at(first, 5))],
  ['two rows of two segments swapped', () => swap(at(first, 3), at(second, 11))],
  ['a row of another lane put over one', () => put(at(first, 3), get(at(other, 3)).properties)],
  [
    'a row repeated above the head',
    () => table().set(at(second, 15), { ...get(at(second, 14)), rowKey: 'r0000000000000015' }),
  ],
  ['an entity beside the rows', () => table().set(keyOf(first, 'note'), { ...get(at(first, 3)), rowKey: 'note' })],
  ['a head deleted', () => table().delete(head(first))],
  ['the last head deleted', () => table().delete(head(second))],
  ['a head altered', () => put(head(first), { hmac: Buffer.alloc(32) })],
  ['a key id changed', () => put(at(first, 2), { kid: 'audit-hmac-1999-01/00000000' })],
  ['a segment deleted', () => dropAll(first)],
  ['a lane deleted', () => dropAll('L02')],
]

/** What the walk of everything says about the same store. */
async function verifyWhole(): Promise<string[]> {
  const note = world.anchors.newest()
  const anchors = async () => openAnchorLog({ lines: world.anchors.lines, note, origin, publicKey: logKey.publicKey })
  const { keys } = world.ports
  const report = await verifyChain({ source: readStoredChain(rows), keys, now: world.now, anchors })
  return report.findings.map(({ kind, lane }) => `${kind} ${lane}`).sort()
}

const brief = ({ findings }: NightlyFacts) => findings.map(({ kind, lane }) => `${kind} ${lane}`).sort()

describe('a night in parts', () => {
  it.each(manipulations)('finds what the walk of everything finds: %s', async (_, manipulate) => {
    manipulate()
    const expected = await verifyWhole()
    expect(brief(await world.night())).toEqual(expected)
  })
})

describe('the last segment of a lane', () => {
  it('that is gone with its head gives one finding, from its first to its last anchored row', async () => {
    dropAll(second)
    const { findings } = await world.night()
    expect(findings).toMatchObject([{ kind: 'segment_missing', lane: 'L01', seq: 9, toSeq: 14 }])
  })
})

async function sleep(nights = 1): Promise<void> {
  world.now += nights * day
  await world.seal()
}

describe('calls over several parts', () => {
  it('that ended on another day are whole', async () => {
    const intent = await one.recordPermitted(permitted('late'))
    world.now += minute
    await world.seal()
    expect(brief(await world.night())).toEqual([])
    await two.recordOutcome(intent, called())
    await sleep()
    const facts = await world.night()
    expect([judge(facts), facts.findings]).toEqual(['PASS', []])
  })

  it('that never ended dangle every night until they are closed', async () => {
    const intent = await one.recordPermitted(permitted('open'))
    world.now += 20 * minute
    await world.seal()
    const expected = [{ kind: 'dangling_intent', lane: intent.lane, seq: intent.seq }]
    expect((await world.night()).findings).toMatchObject(expected)
    await sleep()
    expect((await world.night()).findings).toMatchObject(expected)
    const { decisionId, lane, segment, seq, mac } = intent
    await two.recordReconciled({ decisionId, lane, segment, seq, mac }, called({ status: 'unknown' }), world.now + day)
    await sleep()
    expect((await world.night()).findings).toEqual([])
  })

  it('of one decision that is recorded in two lanes are named', async () => {
    await recordCall(two, 'c3')
    world.now += minute
    await world.seal()
    expect(brief(await world.night())).toEqual(['duplicate_decision L02'])
  })

  it('with a second outcome in another lane are named', async () => {
    const { intent } = await recordCall(one, 'twice')
    await two.recordOutcome(intent, called())
    world.now += minute
    await world.seal()
    expect(brief(await world.night())).toEqual(['duplicate_outcome L02'])
  })

  it('on one approval are named, though a night lies between them', async () => {
    const approval = { id: 'a1', voters: ['v1'] }
    await recordCall(one, 'x1', { approval })
    world.now += minute
    await world.seal()
    expect((await world.night()).findings).toEqual([])
    const { outcome } = await recordCall(two, 'x2', { approval })
    await sleep()
    expect((await world.night()).findings).toMatchObject([
      { kind: 'approval_reused', lane: outcome.lane, seq: outcome.seq },
    ])
    await sleep()
    expect((await world.night()).findings).toEqual([])
  })

  it('whose outcome was edited give one finding', async () => {
    const intent = await one.recordPermitted(permitted('cross'))
    const { seq } = await recordCall(two, 'other').then(({ outcome }) => outcome)
    await two.recordOutcome(intent, called())
    world.now += 20 * minute
    await world.seal()
    put(at(other, seq + 1), { c: Buffer.from('{}') })
    expect(brief(await world.night())).toEqual(['edited L02'])
  })
})

describe('a lane written anew by a holder of the key', () => {
  it('is named from where it was anchored or verified otherwise', async () => {
    await world.night()
    const forged = createMemoryRows()
    const forger = createNightWorld(forged)
    const writer = forger.openWriter(9)
    await recordCalls(writer, 'f', 9)
    await forger.close()
    dropAll('L01')
    for (const [id, entity] of forged.tables.rows) table().set(id, entity)
    await sleep()
    const facts = await world.night()
    expect([judge(facts), brief(facts).some((text) => /^(rewritten|forked) L01$/.test(text))]).toEqual(['FAIL', true])
  })
})
