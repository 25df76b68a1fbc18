import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NightlyFacts } from '../../../shared/audit/nightly.ts'
import type { AuditWriter } from '../../../shared/audit/writer.ts'
import { createNightWorld, day, judge, minute, type NightWorld } from '../../support/night-world.ts'
import { called, permitted, recordCall } from './fixture.ts'
import { createMemoryRows } from './memory-rows.ts'

type Intent = Awaited<ReturnType<AuditWriter['recordPermitted']>>

let world: NightWorld
let one: AuditWriter
let two: AuditWriter

// Lane L01 in segments of six rows, so that what belongs together stands in several parts; L02 in one.
beforeEach(async () => {
  world = createNightWorld(createMemoryRows({ pageSize: 50 }))
  world.now += 60 * minute
  one = world.openWriter(6)
  two = world.openWriter()
  await recordCall(one, 'first')
  await recordCall(two, 'second')
})
afterEach(() => world.close())

const begin = (decisionId: string, writer = one) => writer.recordPermitted(permitted(decisionId))
const left = called({ flow: 'left' })

function release({ decisionId, lane, segment, seq }: Intent, writer = one) {
  const seen = { status: 200, source: 'token', method: 'exchange', checkedAt: '2026-11-23T00:00:00.000Z' }
  return writer.recordEvent({ kind: 'release', detail: { decisionId, lane, segment, seq, ...seen } })
}

/** Rows that end the segment, so that whatever comes after them stands in another part. */
async function fill(prefix: string): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await recordCall(one, `${prefix}${turn}`)
}

async function night(later = minute): Promise<NightlyFacts> {
  world.now += later
  await world.seal()
  return world.night()
}

const placesOf = ({ findings }: NightlyFacts) => findings.map(({ kind, lane, seq }) => [kind, lane, seq])

describe('a stream over several parts of a night', () => {
  it('is whole where its release and its outcome stand in other segments', async () => {
    const intent = await begin('flows')
    await fill('a')
    await release(intent)
    await fill('b')
    await one.recordOutcome(intent, left)
    const facts = await night()
    expect([judge(facts), placesOf(facts)]).toEqual(['PASS', []])
  })

  it('lacks its release where none of the parts has it', async () => {
    const intent = await begin('flows')
    await fill('a')
    const { lane, seq } = await one.recordOutcome(intent, left)
    expect(placesOf(await night())).toEqual([['outcome_without_release', lane, seq]])
  })

  it('lacks its release within one part, too', async () => {
    const intent = await begin('flows', two)
    const { lane, seq } = await two.recordOutcome(intent, left)
    expect(placesOf(await night())).toEqual([['outcome_without_release', lane, seq]])
  })

  it.each([
    ['in the same part', async () => undefined],
    ['in another part', () => fill('a')],
  ])('has no release of a call that did not flow, %s', async (_, between) => {
    const { intent } = await recordCall(one, 'plain')
    await between()
    const { lane, seq } = await release(intent)
    expect(placesOf(await night())).toEqual([['release_without_intent', lane, seq]])
  })

  it('has no second release in another part', async () => {
    const intent = await begin('flows')
    await release(intent)
    await fill('a')
    const { lane, seq } = await release(intent)
    await one.recordOutcome(intent, left)
    expect(placesOf(await night())).toEqual([['duplicate_release', lane, seq]])
  })

  it('has a release by another lane where what became of it was found out afterwards', async () => {
    const intent = await begin('flows')
    await release(intent)
    const { decisionId, lane, segment, seq, mac } = intent
    const found = called({ status: 'unknown', evidence: 'none' })
    await two.recordReconciled({ decisionId, lane, segment, seq, mac }, found, world.now + day)
    expect(placesOf(await night())).toEqual([])
  })

  it('has a release in another lane where the outcome that was found out stands beside the intent', async () => {
    const intent = await begin('flows')
    await release(intent, two)
    const { decisionId, lane, segment, seq, mac } = intent
    const found = called({ status: 'unknown', evidence: 'none' })
    await one.recordReconciled({ decisionId, lane, segment, seq, mac }, found, world.now + day)
    expect(placesOf(await night())).toEqual([])
  })
})

describe('a release that is carried across nights', () => {
  it('is paired with the outcome of the next day', async () => {
    const intent = await begin('flows')
    await release(intent)
    expect(placesOf(await night())).toEqual([])
    await one.recordOutcome(intent, left)
    const facts = await night(day)
    expect([judge(facts), placesOf(facts)]).toEqual(['PASS', []])
    expect(placesOf(await night(day))).toEqual([])
  })

  it('is missed where the intent was carried and the outcome says that content left', async () => {
    const intent = await begin('flows')
    // Within the lease, so that the writer stays in its lane.
    expect(placesOf(await night(1_000))).toEqual([])
    const { lane, seq } = await one.recordOutcome(intent, left)
    expect(placesOf(await night(day))).toEqual([['outcome_without_release', lane, seq]])
    expect(placesOf(await night(day))).toEqual([])
  })

  it('is found where the outcome of the next day says that nothing flowed', async () => {
    const intent = await begin('flows')
    const { lane, seq } = await release(intent)
    expect(placesOf(await night())).toEqual([])
    await one.recordOutcome(intent, called())
    expect(placesOf(await night(day))).toEqual([['release_without_intent', lane, seq]])
    expect(placesOf(await night(day))).toEqual([])
  })

  it('has no second one a night later', async () => {
    const intent = await begin('flows')
    await release(intent)
    expect(placesOf(await night())).toEqual([])
    const { lane, seq } = await release(intent)
    await one.recordOutcome(intent, left)
    expect(placesOf(await night(day))).toEqual([['duplicate_release', lane, seq]])
  })

  it('lets the intent dangle until it is closed, and is itself not found', async () => {
    const intent = await begin('flows')
    await release(intent)
    const open = [['dangling_intent', intent.lane, intent.seq]]
    expect(placesOf(await night(20 * minute))).toEqual(open)
    expect(placesOf(await night(day))).toEqual(open)
    const { decisionId, lane, segment, seq, mac } = intent
    const found = called({ status: 'unknown', evidence: 'none' })
    await two.recordReconciled({ decisionId, lane, segment, seq, mac }, found, world.now + day)
    expect(placesOf(await night(day))).toEqual([])
  })
})
