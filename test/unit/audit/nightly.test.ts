import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { NightlyFacts } from '../../../shared/audit/nightly.ts'
import { createNightWorld, day, judge, minute, type NightWorld, recordCalls } from '../../support/night-world.ts'
import { createMemoryRows, keyOf, type MemoryRows } from './memory-rows.ts'

let rows: MemoryRows
let world: NightWorld

beforeEach(() => {
  rows = createMemoryRows({ pageSize: 50 })
  world = createNightWorld(rows)
})
afterEach(() => world.close())

const hour = 60 * minute

/** Calls during the day, in segments of ten rows; the sealer runs; then it is the hour of the nightly run. */
async function live(calls: number, prefix = `c${world.now}-`): Promise<void> {
  const writer = world.openWriter(10)
  await recordCalls(writer, prefix, calls)
  await writer.close()
  await world.seal()
  const next = Math.floor(world.now / day) * day + hour
  world.now = next > world.now ? next : next + day
  await world.seal()
}

/** From one night to the next. */
async function sleep(nights = 1): Promise<void> {
  world.now += nights * day
  await world.seal()
}

const kinds = ({ findings }: NightlyFacts) => findings.map(({ kind, lane, seq }) => [kind, lane, seq])
const reportRows = () => [...rows.tables.rows.values()].filter(({ properties }) => properties.kind === 'report').length

describe('a night', () => {
  it('walks everything once and is reported once', async () => {
    await live(12)
    const facts = await world.night()
    expect([judge(facts), facts.findings, facts.notes]).toEqual(['PASS', [], []])
    expect(facts.rows).toMatchObject({ found: facts.rows.expected, verified: facts.rows.expected })
    expect(facts.period).toEqual({ calls: 12 })
    expect([world.reports.size, reportRows(), world.posted.length]).toEqual([1, 1, 2])
  })

  it('does nothing more when the timer wakes again', async () => {
    await live(3)
    await world.night()
    const tasks = await world.wake()
    expect([tasks, world.reports.size, reportRows(), world.posted.length]).toEqual([[], 1, 1, 2])
  })

  it('walks only what is new the next time, and counts it', async () => {
    await live(12)
    await world.night()
    await live(4)
    const facts = await world.night()
    expect([judge(facts), facts.period]).toEqual(['PASS', { calls: 4 }])
    // Last night's report and this one's heartbeat are rows as well, and a lane may have been opened.
    expect(facts.rows.found).toBe(facts.rows.expected)
    expect([8 + 2, 8 + 3]).toContain(facts.rows.found)
    expect(facts.checkpoint).toMatchObject({ consistent: true })
    expect(facts.coverage.byReason.rolling).toBeGreaterThan(0)
  })

  it('is due from its hour on, not before', async () => {
    const writer = world.openWriter()
    await recordCalls(writer, 'c', 1)
    world.now = Date.parse('2026-11-23T00:59:59.000Z')
    expect((await world.wake()).map(({ run }) => run)).toEqual(['2026-11-22'])
    world.now += 1000
    expect((await world.wake()).some(({ run }) => run === '2026-11-23')).toBe(true)
  })

  it('without any call passes by its heartbeat', async () => {
    await live(2)
    await world.night()
    await sleep()
    const facts = await world.night()
    expect([judge(facts), facts.period, facts.rows.found]).toEqual(['PASS', { calls: 0 }, 2])
  })

  it('over an empty store verifies its own heartbeat', async () => {
    world.now += hour
    const facts = await world.night()
    expect(facts.rows).toMatchObject({ found: 2, verified: 2, notAnchored: 2 })
    expect([judge(facts), facts.notes]).toEqual(['INCOMPLETE', ['no row is anchored']])
  })

  it('that verified nothing never passes', async () => {
    world.now += hour
    await runWith({ recordEvent: async () => ({ lane: 'L01', segment: 1, seq: 0 }) })
    const facts = [...world.reports.values()][0]?.facts
    expect(facts?.notes).toContain('no row was verified')
  })
})

async function runWith(ports: Partial<NightWorld['ports']>): Promise<void> {
  const other = { ...world, ports: { ...world.ports, ...ports } }
  const { wakeNightly, workSegment } = await import('../../../shared/audit/nightly-wake.ts')
  for (const task of (await wakeNightly(other.ports)).messages) await workSegment(other.ports, task)
}

describe('two wakes at once', () => {
  it('give one run', async () => {
    await live(5)
    const tasks = (await Promise.all([world.wake(), world.wake(), world.wake()])).flat()
    await world.work(tasks)
    expect([world.reports.size, reportRows()]).toEqual([1, 1])
    const heartbeats = [...rows.tables.rows.values()].filter(({ properties }) => properties.kind === 'heartbeat')
    expect(heartbeats).toHaveLength(1)
  })

  it('of which one died are followed by one that goes on when its time is up', async () => {
    await live(5)
    await expect(runWith({ recordEvent: async () => Promise.reject(new Error('killed')) })).resolves.toBeUndefined()
    expect(await world.wake()).toEqual([])
    world.now += 11 * minute
    await world.seal()
    expect(judge(await world.night())).toBe('PASS')
  })
})

describe('missed nights', () => {
  it('are covered by one run, each named and alarmed', async () => {
    await live(5)
    await world.night()
    await sleep(3)
    await live(3)
    const facts = await world.night()
    expect(facts.missedNights).toEqual(['2026-11-24', '2026-11-25', '2026-11-26'])
    expect(kinds(facts)).toEqual([
      ['night_missed', 'nights', 20261124],
      ['night_missed', 'nights', 20261125],
      ['night_missed', 'nights', 20261126],
    ])
    expect([judge(facts), facts.period]).toEqual(['PASS WITH EXCEPTIONS', { calls: 3 }])
    expect([...world.reports.keys()]).toEqual(['2026-11-23', '2026-11-27'])
    expect(world.logged.filter(({ event }) => event === 'night_missed').map(({ fields }) => fields.run)).toHaveLength(3)
  })

  it('of which one was begun and never reported show as well', async () => {
    await live(5)
    await expect(runWith({ publish: async () => Promise.reject(new Error('away')) })).rejects.toThrow('away')
    expect(world.reports.size).toBe(0)
    await sleep(1)
    const failing = {
      publish: async (facts: NightlyFacts) => {
        if (facts.date === '2026-11-23') throw new Error('away')
        return world.ports.publish(facts)
      },
    }
    await runWith(failing)
    const facts = world.reports.get('2026-11-24')?.facts
    expect([facts?.missedNights, facts?.period]).toEqual([['2026-11-23'], { calls: 5 }])
  })
})

describe('a segment without result', () => {
  it('is waited for, given out again, and named when it is too late', async () => {
    await live(12)
    const tasks = await world.wake()
    await world.work(tasks.slice(1))
    expect(world.reports.size).toBe(0)
    world.now += 15 * minute
    expect(await world.wake()).toEqual(tasks.slice(0, 1))
    world.now += 2 * hour
    await world.wake()
    const facts = [...world.reports.values()][0]?.facts
    expect(facts?.segments.missing).toEqual(['L01|000001'])
    expect(facts && judge(facts)).toBe('INCOMPLETE')
  })

  it('is walked on the next night, with what came after it, and counted once', async () => {
    await live(12)
    const tasks = await world.wake()
    await world.work(tasks.slice(1))
    world.now += 2 * hour
    await world.wake()
    await sleep()
    const facts = await world.night()
    expect([judge(facts), facts.period]).toEqual(['PASS', { calls: 12 }])
  })
})

describe('messages', () => {
  it('may come twice and in any order', async () => {
    await live(12)
    const tasks = await world.wake()
    await world.work([...tasks, ...tasks].reverse())
    await Promise.all([world.work(tasks), world.work(tasks)])
    expect([world.reports.size, reportRows()]).toEqual([1, 1])
    expect(judge(await world.night())).toBe('PASS')
  })

  it('are done by several at once', async () => {
    await live(40)
    const tasks = await world.wake()
    await Promise.all(tasks.map((task) => world.work([task])))
    expect([world.reports.size, reportRows()]).toEqual([1, 1])
  })

  it.each([
    ['that is no task', { hello: 1 }],
    ['of a night that has no such task', { run: '2026-11-23', lane: 'L09', segment: 4 }],
    ['that is no JSON', 'no'],
  ])('%s are dropped', async (_, message) => {
    await live(2)
    const tasks = await world.wake()
    await world.work([message as never])
    expect(world.logged.at(-1)?.event).toMatch(/^segment_task_/)
    await world.work(tasks)
    expect(world.reports.size).toBe(1)
  })
})

describe('anchors', () => {
  it.each([
    [30, 'PASS', []],
    [90, 'PASS WITH EXCEPTIONS', ['anchors_stale']],
  ])('that are %i s behind', async (seconds, verdict, expected) => {
    await live(5)
    const writer = world.openWriter()
    await recordCalls(writer, 'late', 1)
    world.now += seconds * 1000
    const facts = await world.night()
    expect([judge(facts), facts.findings.map(({ kind }) => kind)]).toEqual([verdict, expected])
    expect(facts.rows.notAnchored).toBeGreaterThanOrEqual(3)
  })

  it('that fell silent show, though nothing waits for them', async () => {
    await live(5)
    world.now += 12 * minute
    const facts = await world.night()
    expect(facts.findings.map(({ kind, lane }) => [kind, lane])).toEqual([['anchors_stale', 'anchors']])
  })

  it('that were written anew are known by the last night', async () => {
    await live(5)
    await world.night()
    const { createMemoryAnchors } = await import('./memory-anchors.ts')
    world.anchors = createMemoryAnchors()
    await sleep()
    const facts = await world.night()
    expect(facts.findings.map(({ kind }) => kind)).toContain('anchor_log_rewritten')
    expect([facts.checkpoint.consistent, judge(facts)]).toEqual([false, 'FAIL'])
  })

  it('that are gone whole are a finding', async () => {
    await live(5)
    await world.night()
    world.anchors.lines.length = 0
    world.anchors.notes.clear()
    world.now += day
    const facts = await world.night()
    expect(facts.findings.map(({ kind }) => kind)).toContain('anchor_log_truncated')
  })

  it('that cannot be read for an hour are done without, and that is said', async () => {
    await live(5)
    const away = { ...world.ports.anchors, readLines: async () => Promise.reject(new Error('away')) }
    await runWith({ anchors: away })
    expect(world.reports.size).toBe(0)
    world.now += 61 * minute
    await runWith({ anchors: away })
    const facts = [...world.reports.values()][0]?.facts
    expect(facts?.notes).toContain('the anchor log could not be read')
  })
})

/** Changes a stored row as somebody with the account could. */
function tamper(lane: string, segment: number, seq: number): void {
  const id = keyOf(`${lane}|${String(segment).padStart(6, '0')}`, `r${String(seq).padStart(16, '0')}`)
  const stored = rows.tables.rows.get(id)
  if (!stored) throw new Error(`no ${id}`)
  rows.tables.rows.set(id, { ...stored, properties: { ...stored.properties, c: Buffer.from('{"a":1}') } })
}

describe('a changed row', () => {
  it('is found as new', async () => {
    await live(12)
    tamper('L01', 2, 13)
    const facts = await world.night()
    expect([judge(facts), kinds(facts)]).toEqual(['FAIL', [['edited', 'L01', 13]]])
  })

  it.each(['rolling', 'sample'] as const)(
    'is found by %s within thirty nights, and then every night',
    async (reason) => {
      await live(60)
      await world.night()
      tamper('L01', 3, 23)
      let facts = await world.night()
      for (let nights = 0; facts.findings.length === 0 && nights < 30; nights++) {
        await sleep()
        facts = await world.night()
      }
      expect([reason, kinds(facts)]).toEqual([reason, [['edited', 'L01', 23]]])
      await sleep()
      expect(kinds(await world.night())).toEqual([['edited', 'L01', 23]])
    },
  )

  it('in the open segment is found again until it is mended', async () => {
    const writer = world.openWriter()
    await recordCalls(writer, 'c', 4)
    world.now += hour
    await world.seal()
    tamper('L01', 1, 3)
    expect(kinds(await world.night())).toEqual([['edited', 'L01', 3]])
    await recordCalls(writer, 'd', 2)
    await sleep()
    const facts = await world.night()
    expect(facts.period).toEqual({ calls: 2 })
    // The sealer anchors nothing that does not verify, and so nothing after it.
    expect(kinds(facts)).toEqual([
      ['edited', 'L01', 3],
      ['anchors_stale', 'L01', 9],
    ])
  })

  it('in a sealed copy is found by the weekly walk, and placed', async () => {
    await live(30)
    await world.night()
    const name = 'L01|000002'
    const text = Buffer.from(world.anchors.segments.get(name) ?? []).toString('utf8')
    const lines = text.split('\n')
    lines[4] = (lines[4] ?? '').replace('"v":1', '"v":2')
    world.anchors.segments.set(name, Buffer.from(lines.join('\n')))
    world.now = Date.parse('2026-11-29T01:00:00.000Z')
    await world.seal()
    const facts = await world.night()
    expect(facts.findings.filter(({ kind }) => kind !== 'night_missed')).toMatchObject([
      { kind: 'edited', lane: 'L01', seq: 14, toSeq: 14 },
    ])
    expect(facts.coverage.byReason.weekly).toBeGreaterThan(0)
  })
})

describe('a store that was put back', () => {
  it('behind the last night is named', async () => {
    await live(4)
    const early = structuredClone([...rows.tables.rows])
    await live(4)
    await world.night()
    const own = [...rows.tables.rows].filter(([id]) => !id.startsWith('L01'))
    rows.tables.rows.clear()
    for (const [id, entity] of [...own, ...early]) rows.tables.rows.set(id, entity)
    await sleep()
    const facts = await world.night()
    expect(judge(facts)).toBe('FAIL')
    expect(facts.findings.map(({ kind, lane }) => [kind, lane])).toContainEqual(['truncated', 'L01'])
  })

  it('without a lane is named', async () => {
    await recordCalls(world.openWriter(), 'c', 4)
    // The verifier has its own lane then.
    await world.ports.recordEvent({ kind: 'start', detail: {} })
    world.now += hour
    await world.seal()
    await world.night()
    for (const id of [...rows.tables.rows.keys()]) if (id.startsWith('L01')) rows.tables.rows.delete(id)
    rows.tables.meta.delete(keyOf('lane', 'L01'))
    await sleep()
    const facts = await world.night()
    expect([judge(facts), kinds(facts)]).toEqual(['FAIL', [['lane_missing', 'L01', 0]]])
  })
})

describe('documents of a run', () => {
  it.each(['result|L01|000001', 'outcome'])('that were changed (%s) are not believed', async (name) => {
    await live(12)
    await world.work(name === 'outcome' ? await world.wake() : (await world.wake()).slice(0, 1))
    const run = 'run|2026-11-23'
    const stored = rows.tables.runs.get(keyOf(run, name))
    if (!stored) throw new Error('no document')
    const properties = { ...stored.properties, digest: '0'.repeat(64) }
    rows.tables.runs.set(keyOf(run, name), { ...stored, properties })
    if (name === 'outcome') {
      await sleep()
      // Without what the last night left everything is walked again.
      expect((await world.night()).period).toEqual({ calls: 12 })
    } else {
      await world.work(await world.wake())
      world.now += 2 * hour
      await world.wake()
      expect([...world.reports.values()][0]?.facts.segments.missing).toEqual(['L01|000001'])
    }
  })
})

describe('those who are told', () => {
  it('are told later where they could not be reached, once', async () => {
    await live(3)
    world.isDeaf = true
    await world.night()
    expect([world.posted.length, world.logged.filter(({ event }) => event === 'report_not_told').length]).toEqual([
      0, 2,
    ])
    world.isDeaf = false
    world.now += 15 * minute
    await world.wake()
    await world.wake()
    expect(world.posted.map(({ url }) => url)).toEqual(world.ports.webhooks)
  })
})
