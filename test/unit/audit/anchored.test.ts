import { beforeEach, describe, expect, it } from 'vitest'
import type { AnchorFacts, AnchorRecord, Seal } from '../../../shared/audit/anchor.ts'
import { createAnchorRecorder } from '../../../shared/audit/anchor-records.ts'
import { createSealerMemory, runSealer, type SealerOptions } from '../../../shared/audit/sealer.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { verifyChain } from '../../../shared/audit/verify.ts'
import { openAnchorLog } from '../../../shared/audit/verify-anchor-log.ts'
import type { AuditWriterOptions } from '../../../shared/audit/writer.ts'
import { called, digest, key, kid, openWriter, origin, permitted, recordCall } from './fixture.ts'
import { createMemoryAnchors, logKey, type MemoryAnchors, signWith } from './memory-anchors.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

const minute = 60_000
const later = 'audit-hmac-2026-12/1b2c3d4e'
const lookup = async (id: string) => (id === kid || id === later ? { key } : null)
const limits = { segmentRows: 5 }

let rows: MemoryRows
let anchors: MemoryAnchors
let now: number

beforeEach(() => {
  rows = createMemoryRows()
  anchors = createMemoryAnchors()
  now = Date.parse('2026-11-22T12:00:00.000Z')
})

const writer = (more: Partial<AuditWriterOptions> = {}, store = rows) =>
  openWriter(store, { clock: () => now, limits, ...more })
const options = (more: Partial<SealerOptions> = {}): SealerOptions => ({
  ...{ rows, keys: lookup, store: anchors, sign: signWith(logKey), publicKey: logKey.publicKey, origin },
  clock: () => now,
  ...more,
})
const seal = (more: Partial<SealerOptions> = {}) => runSealer(options(more))
const recorder = () => createAnchorRecorder(options())
const records = () => anchors.lines.map((line) => JSON.parse(line) as AnchorRecord)
const ofKind = <Kind extends AnchorFacts['kind']>(kind: Kind) =>
  records().filter((record): record is AnchorRecord & { kind: Kind } => record.kind === kind)
const openLog = () =>
  openAnchorLog({ lines: anchors.lines, note: anchors.newest(), origin, publicKey: logKey.publicKey })

const verify = (store = rows) =>
  verifyChain({ source: readStoredChain(store), keys: lookup, now, origin, anchors: async () => openLog() })

async function places(store = rows) {
  const { verdict, findings } = await verify(store)
  return [verdict, ...findings.map(({ kind, lane, seq, toSeq }) => [kind, lane, seq, ...(toSeq ? [toSeq] : [])])]
}

/** Calls of one writer, each a step later, sealed after each. */
async function record(ids: readonly string[], more: Partial<AuditWriterOptions> = {}, step = 1000) {
  const one = writer(more)
  for (const id of ids) {
    await recordCall(one, id)
    now += step
  }
  await one.close()
}

const remove = (partition: string, store = rows) => {
  for (const id of store.tables.rows.keys()) if (id.startsWith(`${partition}\u0000`)) store.tables.rows.delete(id)
}
const sealOf = (segment: number): Seal => {
  const found = ofKind('seal').find(({ seal }) => seal.lane === 'L01' && seal.segment === segment)
  if (found === undefined) throw new Error('no such seal')
  return found.seal
}

describe('the anchor log', () => {
  it('says each lane’s opening once, before anything else of it', async () => {
    await record(['a'])
    await seal()
    await record(['b', 'c', 'd'])
    now += minute
    await seal()
    const first = [...rows.tables.rows.values()].find(({ rowKey }) => rowKey.endsWith('r0000000000000000'))
    expect(ofKind('lane')).toMatchObject([
      { index: 0, lane: 'L01', prev: Buffer.from(first?.properties.prev as Uint8Array).toString('hex') },
    ])
    expect(openLog()).toMatchObject({
      ok: true,
      book: { openings: new Map([['L01', { prev: ofKind('lane')[0]?.prev, after: '' }]]) },
    })
  })

  it('says which keys are in use, and when the last lane has left one', async () => {
    const one = writer()
    const two = writer()
    for (const [at, each] of [one, two].entries()) await recordCall(each, `a${at}`)
    await seal()
    await Promise.all([one.close(), two.close()])
    const states = () => ofKind('key').map(({ kid: id, state }) => [id, state])
    expect(states()).toEqual([[kid, 'active']])
    const renewed = { keys: { current: async () => ({ kid: later, key }) } }
    const three = writer(renewed)
    await recordCall(three, 'b0')
    now += minute
    await seal()
    expect(states().slice(1)).toEqual([[later, 'active']])
    const four = writer(renewed)
    await recordCall(four, 'b1')
    now += minute
    await seal()
    expect(states().slice(2)).toEqual([[kid, 'retired']])
    now += minute
    await seal()
    expect(states()).toHaveLength(3)
  })

  it.each([
    ['of a commitment', { decisions: 7, ticket: digest }, { decisions: 7, ticket: digest }],
    ['of something else', { ticket: 'INC-1' }, { decisions: 0, ticket: expect.stringMatching(/^[0-9a-f]{64}$/) }],
  ])('repeats an erasure %s once, whoever seals', async (_, detail, expected) => {
    const one = writer()
    await one.recordEvent({ kind: 'erasure', detail })
    const memory = createSealerMemory()
    await seal({ memory })
    for (let index = 0; index < 4; index++) await recordCall(one, `a${index}`)
    await one.close()
    now += minute
    await seal({ memory })
    now += minute
    await seal()
    expect(ofKind('erasure')).toMatchObject([expected])
    expect(JSON.stringify(records())).not.toContain('INC-1')
  })

  it('does not lose what a run read and could not anchor', async () => {
    const memory = createSealerMemory()
    const one = writer()
    await recordCall(one, 'a')
    await seal({ memory })
    await one.recordEvent({ kind: 'erasure', detail: { decisions: 1, ticket: digest } })
    now += minute
    const away = { ...anchors, appendLines: async () => false }
    expect((await seal({ memory, store: away })).isLost).toBe(true)
    const broken = { ...anchors, appendLines: () => Promise.reject(new Error('away')) }
    await expect(seal({ memory, store: broken })).rejects.toThrow('away')
    await seal({ memory })
    expect(ofKind('erasure')).toHaveLength(1)
  })

  it('is not appended to twice where the reply to an append was lost', async () => {
    const memory = createSealerMemory()
    await record(['a', 'b', 'c'])
    const lost = {
      ...anchors,
      appendLines: async (at: number, lines: readonly string[]) => {
        await anchors.appendLines(at, lines)
        throw new Error('reset')
      },
    }
    await expect(seal({ memory, store: lost })).rejects.toThrow('reset')
    const kept = [...anchors.lines]
    expect((await seal({ memory })).isLost).toBe(false)
    expect([anchors.lines, [...anchors.notes.keys()]]).toEqual([kept, [kept.length]])
    expect(await places()).toEqual(['PASS'])
  })

  it('is read once: a later run takes the tail and the newest note', async () => {
    const memory = createSealerMemory()
    const asked: unknown[] = []
    const store = {
      ...anchors,
      readLines: (from?: number) => {
        asked.push(from)
        return anchors.readLines(from)
      },
      readCheckpoint: (size?: number) => {
        asked.push(`note ${size}`)
        return anchors.readCheckpoint(size)
      },
    }
    await record(['a'])
    await seal({ memory, store })
    asked.length = 0
    await record(['b'])
    now += minute
    await seal({ memory, store })
    expect(asked).toEqual([3, 'note 3'])
  })

  it.each([
    [
      'changed before it was read',
      'anchor_log_altered',
      () => void anchors.lines.splice(0, 1, anchors.lines[0]?.replace('L01', 'L02') ?? ''),
    ],
    ['cut off', 'anchor_log_truncated', () => void anchors.lines.pop()],
    ['without its notes', 'checkpoint_invalid', () => anchors.notes.set(3, 'forged')],
    ['filled with other words', 'anchor_malformed', () => void anchors.lines.push('{}')],
  ])('is not gone on with where it was %s', async (_, fault, tamper) => {
    await record(['a'])
    await seal()
    tamper()
    await expect(seal()).rejects.toThrow(fault)
  })

  it('is left alone where its store is not immutable', async () => {
    await record(['a'])
    const run = await seal({ objection: async () => 'the policy is not locked' })
    expect([run.refused.map(({ detail }) => detail), anchors.lines, anchors.segments.size]).toEqual([
      ['the policy is not locked'],
      [],
      0,
    ])
  })

  it('lets a lane end with a closed segment', async () => {
    await record(['a', 'b'])
    await seal()
    remove('L01|000002')
    now += minute
    expect((await seal()).refused).toEqual([])
  })
})

describe('verification of lanes', () => {
  it('names one that the anchors do not know though they go on after it began', async () => {
    await record(['a'])
    const second = writer({}, rows)
    const first = writer({}, rows)
    await Promise.all([recordCall(second, 'x'), recordCall(first, 'y')])
    const inserted = structuredClone([...rows.tables.rows].filter(([id]) => id.startsWith('L02')))
    for (const [id] of inserted) rows.tables.rows.delete(id)
    rows.tables.meta.delete('lane\u0000L02')
    await seal()
    now += 10 * minute
    await record(['b'])
    await seal()
    for (const [id, entity] of inserted) rows.tables.rows.set(id, entity)
    expect(await places()).toEqual(['FAIL', ['inserted', 'L02', 0, inserted.length - 2]])
  })

  it('lets one be that began just now', async () => {
    const one = writer()
    await recordCall(one, 'a')
    await seal()
    now += 20_000
    await recordCall(writer(), 'b')
    expect(await places()).toEqual(['PASS'])
  })
})

describe('the time of a row', () => {
  /** Somebody who holds the key writes a call with another clock; then it is anchored. */
  async function backdate(shift: number, where: string) {
    const isNewLane = where === 'a new lane'
    await record(['a'])
    await seal()
    now += 60 * minute
    let offset = isNewLane ? shift : 0
    const holder = isNewLane ? writer() : null
    if (holder) await recordCall(holder, 'keeps the first lane')
    const one = writer({ clock: () => now + offset })
    await recordCall(one, 'b')
    offset = shift
    await recordCall(one, 'c')
    await one.close()
    await seal()
    return places()
  }

  it.each([
    [
      ['before the anchor under it', -70 * minute, 'its lane'],
      ['FAIL', ['time_implausible', 'L01', 5, 6]],
    ],
    [
      ['long after the anchor above it', 10 * minute, 'its lane'],
      ['FAIL', ['time_implausible', 'L01', 5, 6]],
    ],
    [['a little after the anchor above it', 4 * minute, 'its lane'], ['PASS']],
    [['between the two', -30 * minute, 'its lane'], ['PASS']],
    [
      ['before an anchor that did not know its lane', -70 * minute, 'a new lane'],
      ['FAIL', ['time_implausible', 'L02', 0, 4]],
    ],
    [['after the last anchor that did not know its lane', -30 * minute, 'a new lane'], ['PASS']],
  ] as const)('%s', async ([, shift, where], expected) => {
    expect(await backdate(shift, where)).toEqual(expected)
  })

  it('may be older than a late seal, since rows go on while the sealer is away', async () => {
    await record(['a'])
    await seal()
    await record(['b', 'c', 'd'], {}, minute)
    now += 120 * minute
    await seal()
    expect(await places()).toEqual(['PASS'])
  })
})

describe('a log that ends before the rows', () => {
  it.each([
    ['one call, looked at after a minute', { pauses: [0], wait: 60_000 }, false],
    ['one call after an hour of silence', { pauses: [3_600_000], wait: 1000 }, false],
    ['calls over a minute', { pauses: [0, 60_000], wait: 0 }, false],
    ['calls over a minute and a half', { pauses: [0, 90_000], wait: 0 }, true],
    ['one call, looked at after six minutes', { pauses: [0], wait: 6 * minute }, true],
  ])('by %s', async (_, { pauses, wait }, isStale) => {
    await record(['a'], {}, 0)
    await seal()
    for (const [at, pause] of pauses.entries()) {
      now += pause
      await record([`b${at}`], {}, 0)
    }
    now += wait
    expect(await places()).toEqual(isStale ? ['PASS WITH EXCEPTIONS', ['anchors_stale', 'anchors', 3]] : ['PASS'])
  })
})

describe('a segment removed at the end of its time', () => {
  beforeEach(async () => {
    await record(['a', 'b', 'c', 'd', 'e', 'f'])
    await seal()
  })

  it('is missing without its record, and none with it', async () => {
    const { root } = sealOf(1)
    remove('L01|000001')
    expect(await places()).toEqual(['FAIL', ['segment_missing', 'L01', 0, 4]])
    await recorder().appendRetention('L01', 1, root)
    const report = await verify()
    expect([report.verdict, report.counts.removed]).toEqual(['PASS', 5])
  })

  it('may be half removed', async () => {
    await recorder().appendRetention('L01', 1, sealOf(1).root)
    for (const seq of [0, 1, 3]) rows.tables.rows.delete(`L01|000001\u0000r000000000000000${seq}`)
    expect(await places()).toEqual(['PASS'])
    rows.tables.rows.delete('L01|000001\u0000!head')
    expect(await places()).toEqual(['PASS'])
  })

  it('may be the last of its lane', async () => {
    const one = recorder()
    for (const { seal } of ofKind('seal')) await one.appendRetention('L01', seal.segment, seal.root)
    for (const { seal } of ofKind('seal')) remove(`L01|00000${seal.segment}`)
    expect((await places())[0]).toBe('PASS')
  })

  it('excuses nothing else: the next segment, and what a record of no seal names', async () => {
    await recorder().appendRetention('L01', 1, sealOf(1).root)
    remove('L01|000001')
    remove('L01|000002')
    expect((await places())[0]).toBe('FAIL')
    await expect(recorder().appendRetention('L01', 2, digest)).rejects.toThrow('only a sealed segment')
    await expect(recorder().appendRetention('L01', 9, digest)).rejects.toThrow('only a sealed segment')
  })

  it('is recorded once', async () => {
    const one = recorder()
    for (let round = 0; round < 2; round++) await one.appendRetention('L01', 1, sealOf(1).root)
    await recorder().appendRetention('L01', 1, sealOf(1).root)
    expect(ofKind('retention')).toHaveLength(1)
    now += minute
    expect((await seal()).refused).toEqual([])
  })

  it.each(['outcome', 'intent'])('may hold the %s of a call whose other half stays in another lane', async (half) => {
    rows = createMemoryRows()
    anchors = createMemoryAnchors()
    const [one, two] = [writer(), writer()]
    await recordCall(one, 'a')
    await recordCall(two, 'b')
    const [gone, stays] = half === 'intent' ? [one, two] : [two, one]
    const intent = await (half === 'intent' ? gone : stays).recordPermitted(permitted('split'))
    await (half === 'intent' ? stays : gone).recordOutcome(intent, called())
    for (let index = 0; index < 3; index++) await recordCall(gone, `more ${index}`)
    await Promise.all([one.close(), two.close()])
    await seal()
    const [record] = ofKind('seal')
    if (record === undefined) throw new Error('nothing was sealed')
    now += 20 * minute
    await recorder().appendRetention(record.seal.lane, record.seal.segment, record.seal.root)
    remove(`${record.seal.lane}|000001`)
    expect(await places()).toEqual(['PASS'])
  })
})

describe('rows that a change of region lost', () => {
  let early: [string, unknown][]

  beforeEach(async () => {
    await record(['a'], { limits: {} })
    await seal()
    early = structuredClone([...rows.tables.rows])
    now += minute
    await record(['b'], { limits: {} })
    await seal()
    rows.tables.rows.clear()
    for (const [id, entity] of early) rows.tables.rows.set(id, entity as never)
  })

  it('are truncated without a record, and a declared loss with it', async () => {
    expect(await places()).toEqual(['FAIL', ['truncated', 'L01', 3, 4]])
    await recorder().appendFailover('L01', 3, 4)
    expect(await places()).toEqual(['PASS WITH EXCEPTIONS', ['failover_loss_declared', 'L01', 3, 4]])
  })

  it('let the sealer go on, and what comes after is anchored anew', async () => {
    expect((await seal()).refused).toHaveLength(1)
    await recorder().appendFailover('L01', 3, 4)
    await recorder().appendFailover('L01', 3, 4)
    now += 2 * minute
    await record(['c', 'd'], { limits: {} })
    expect((await seal()).refused).toEqual([])
    expect(await places()).toEqual(['PASS WITH EXCEPTIONS', ['failover_loss_declared', 'L01', 3, 4]])
    rows.tables.rows.clear()
    for (const [id, entity] of early) rows.tables.rows.set(id, entity as never)
    expect((await places())[0]).toBe('FAIL')
  })

  it('are not those of a sealed segment', async () => {
    await recorder().appendFailover('L01', 3, 4)
    await record(['c', 'd', 'e', 'f'])
    await seal()
    await expect(recorder().appendFailover('L01', 0, 99)).rejects.toThrow('a sealed row is not lost')
  })
})
