import { describe, expect, it } from 'vitest'
import type { LineCase } from '../support/line-case.ts'
import { lineCases } from '../support/line-cases.ts'
import { createWorld, type Ending, inboundFor, run, secrets, type World } from '../support/line-world.ts'

async function play({ inbound, options, faults }: LineCase): Promise<{ world: World; ending: Ending }> {
  const world = createWorld({ ...options, ...(faults === undefined ? {} : { faults }) })
  return { world, ending: await run(world, inbound ?? inboundFor('getItem')) }
}

const intentOf = ({ rows }: World) => rows.find((row) => row.kind === 'intent')
const outcomeOf = ({ rows }: World) => rows.find((row) => row.kind === 'outcome')

describe('line', () => {
  it.each(lineCases)('$name', async (each) => {
    const { world, ending } = await play(each)
    expect({ used: world.used, status: ending.status, code: ending.code }).toEqual({
      used: each.used,
      status: each.status,
      code: each.code,
    })
    expect(intentOf(world)?.facts.verdict ?? null).toBe(each.verdict)
    const outcome = outcomeOf(world)
    expect(outcome === undefined ? null : [outcome.facts.status, outcome.facts.code]).toEqual(each.fate)
    expect(world.rows.length).toBe((each.verdict === null ? 0 : 1) + (each.fate === null ? 0 : 1))
  })

  it.each(lineCases)('holds the promises of the book: $name', async (each) => {
    const { world, ending } = await play(each)
    const intent = intentOf(world)
    const outcome = outcomeOf(world)
    // Neither exchanged nor called without a durable permitted intent; never answered without its outcome.
    const acted = world.exchanges.length + world.calls.length
    expect(acted === 0 || intent?.facts.verdict === 'permit').toBe(true)
    for (const call of world.calls) expect(call.intent).toMatchObject({ seq: intent?.seq, lane: 'lane-1' })
    if (ending.answer !== undefined) expect(outcome).toMatchObject({ of: intent?.seq })
  })

  it.each(lineCases)('lets nothing out: $name', async (each) => {
    const { world, ending } = await play(each)
    const { answer, code } = ending
    const seen = JSON.stringify([answer ?? null, world.rows, world.logged])
    expect(seen).not.toContain(secrets.assertion)
    expect(seen).not.toContain(secrets.backendToken)
    expect(JSON.stringify(answer ?? null).includes(secrets.data)).toBe(code === 'ok')
  })

  it.each(lineCases.filter(({ code }) => code === 'internal'))(
    'logs the class of a surprise only: $name',
    async (each) => {
      const { world } = await play(each)
      expect(world.logged).toHaveLength(1)
      expect(world.logged[0]).toMatchObject({
        event: 'unexpected',
        fields: { error: expect.stringMatching(/Error|Problem/) },
      })
      expect(JSON.stringify(world.logged)).not.toContain(secrets.data)
    },
  )
})

describe('intent row', () => {
  it('names the reason of a refusal that is no denial', async () => {
    const { world } = await play({ ...lineCases[0]!, options: { perMinute: 0 } })
    expect(intentOf(world)?.facts).toMatchObject({ reasons: ['quota_exceeded'], rules: ['rule-1'] })
  })

  it("names policy's reasons of a denial and none else", async () => {
    const { world } = await play({
      ...lineCases[0]!,
      faults: { decide: () => ({ verdict: 'deny', reasons: ['guest'] }) },
    })
    expect(intentOf(world)?.facts.reasons).toEqual(['guest'])
  })

  it('counts what was never understood as the worst effect', async () => {
    const { world } = await play({ ...lineCases[0]!, inbound: inboundFor('nothing') })
    expect(intentOf(world)?.facts).toMatchObject({ effect: 'admin', backend: 'unknown', operation: 'unknown' })
  })

  it('keeps claimed headers as personal values, cut at 512 units', async () => {
    const headers = {
      'content-type': 'application/json',
      'countersign-purpose': 'p'.repeat(600),
      'countersign-agent': 'scout',
    }
    const { world } = await play({ ...lineCases[0]!, inbound: inboundFor('getItem', {}, { headers }) })
    const { personal, ...rest } = intentOf(world)!.facts as { personal: unknown }
    expect(personal).toEqual({ inputs: '{}', purpose: 'p'.repeat(512), claimedAgent: 'scout' })
    expect(JSON.stringify(rest)).not.toContain('scout')
  })
})

describe('outcome row', () => {
  it('keeps proof and ids of an answer that is withheld', async () => {
    const identity = { source: 'backend', method: 'x', checkedAt: '', matches: false } as const
    const { world } = await play({ ...lineCases[0]!, faults: { call: () => ({ identity }) } })
    expect(outcomeOf(world)?.facts).toMatchObject({ identity, backendIds: { 'x-request-id': 'backend-1' }, rows: 0 })
    expect(world.logged.map(({ event }) => event)).toEqual(['identity_mismatch'])
  })

  it('keeps proof and ids of an answer that could not be masked', async () => {
    const { world } = await play({
      ...lineCases[0]!,
      faults: { call: () => ({ columns: [{ name: 'a', source: null }] }) },
    })
    expect(outcomeOf(world)?.facts).toMatchObject({
      identity: { source: 'backend', matches: true },
      backendIds: { 'x-request-id': 'backend-1' },
    })
  })
})
