import { hash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import type { AnchorRecord } from '../../../shared/audit/anchor.ts'
import { leafDigest } from '../../../shared/audit/chain.ts'
import { openCheckpoint } from '../../../shared/audit/checkpoint.ts'
import { treeRoot } from '../../../shared/audit/merkle.ts'
import { createSealerMemory, runSealer, type SealerOptions } from '../../../shared/audit/sealer.ts'
import { readStoredChain } from '../../../shared/audit/stored-chain.ts'
import { type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { openAnchorLog } from '../../../shared/audit/verify-anchor-log.ts'
import type { AuditWriterOptions } from '../../../shared/audit/writer.ts'
import { heartbeat, key, kid, openWriter, origin, recordCall } from './fixture.ts'
import { createMemoryAnchors, logKey, type MemoryAnchors, signWith } from './memory-anchors.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

const lookup = async (id: string) => (id === kid ? { key } : null)
const minute = 60_000

let rows: MemoryRows
let anchors: MemoryAnchors
let now: number

// Lane L01: segments of 9 rows, so 0 to 8 in the first (closed) and 9 to 13 in the second (open); lane L02 three rows.
beforeEach(async () => {
  rows = createMemoryRows()
  anchors = createMemoryAnchors()
  now = Date.parse('2026-11-22T12:00:00.000Z')
  const one = writer({ limits: { segmentRows: 9 } })
  for (let index = 0; index < 6; index++) await recordCall(one, `d${index}`)
  await one.recordEvent(heartbeat)
  const two = writer()
  await recordCall(two, 'e0')
  await Promise.all([one.close(), two.close()])
})

const writer = (more: Partial<AuditWriterOptions> = {}, store: MemoryRows = rows) =>
  openWriter(store, { clock: () => now, ...more })
const options = (more: Partial<SealerOptions> = {}): SealerOptions => ({
  ...{ rows, keys: lookup, store: anchors, sign: signWith(logKey), publicKey: logKey.publicKey, origin },
  clock: () => now,
  ...more,
})
const seal = (more: Partial<SealerOptions> = {}) => runSealer(options(more))
const records = () => anchors.lines.map((line) => JSON.parse(line) as AnchorRecord)
const open = (since: string[] = []) =>
  openAnchorLog({ lines: anchors.lines, note: anchors.newest(), origin, publicKey: logKey.publicKey, since })

function verify(store = rows): Promise<VerifyReport> {
  return verifyChain({ source: readStoredChain(store), keys: lookup, now, anchors: async () => open() })
}

/** The same calls, recorded anew by somebody who holds the key: every MAC is right, none is what it was. */
async function forgeBook(calls: number): Promise<MemoryRows> {
  const forged = createMemoryRows()
  const one = writer({ limits: { segmentRows: 9 } }, forged)
  for (let index = 0; index < calls; index++) await recordCall(one, `d${index}`)
  await one.recordEvent(heartbeat)
  const two = writer({}, forged)
  await recordCall(two, 'e0')
  await Promise.all([one.close(), two.close()])
  return forged
}

describe('a run of the sealer', () => {
  it('keeps closed segments, anchors them and every lane, and signs the log', async () => {
    const run = await seal()
    expect([run.sealed, run.refused, run.isLost]).toEqual([['L01|000001'], [], false])
    expect(run.anchored.map(({ lane, nextSeq }) => [lane, nextSeq])).toEqual([
      ['L01', 14],
      ['L02', 3],
    ])
    expect(records().map(({ kind, index }) => [kind, index])).toEqual([
      ['lane', 0],
      ['lane', 1],
      ['key', 2],
      ['seal', 3],
      ['heads', 4],
    ])
    expect(openCheckpoint(anchors.newest(), { origin, publicKey: logKey.publicKey })?.size).toBe(5)
  })

  it('keeps the very bytes of the rows, under a root that anybody can compute', async () => {
    await seal()
    const ndjson = anchors.segments.get('L01|000001') ?? Buffer.alloc(0)
    const lines = Buffer.from(ndjson).toString('utf8').trimEnd().split('\n')
    const record = records().find(({ kind }) => kind === 'seal')
    if (record?.kind !== 'seal') throw new Error('no seal')
    const root = treeRoot(lines.map((line) => leafDigest(Buffer.from(line, 'utf8'))))
    expect(lines).toHaveLength(9)
    expect(record.seal).toMatchObject({ first: 0, count: 9, root: Buffer.from(root).toString('hex') })
    expect(record.seal.digest).toBe(hash('sha256', ndjson, 'hex'))
  })

  it.each([
    ['with', createSealerMemory()],
    ['without', undefined],
  ])('anchors the root of an open segment, %s a memory of what it read', async (_, memory) => {
    const more = memory ? { memory } : {}
    await seal(more)
    await recordCall(writer({ limits: { segmentRows: 9 } }), 'later')
    now += minute
    await seal(more)
    const heads = records().flatMap((record) => (record.kind === 'heads' ? record.heads : []))
    const last = heads.at(-1)
    if (last === undefined) throw new Error('no head')
    const leaves = Array.from({ length: last.nextSeq - last.first }, (_, offset) => {
      const row = rows.tables.rows.get(
        `${last.lane}|${String(last.segment).padStart(6, '0')}\u0000r${String(last.first + offset).padStart(16, '0')}`,
      )
      return leafDigest(row?.properties.c as Uint8Array)
    })
    expect(last.root).toBe(Buffer.from(treeRoot(leaves)).toString('hex'))
    expect(heads).toHaveLength(3)
  })

  it('adds nothing while nothing happens, and a sign of life after ten minutes', async () => {
    await seal()
    now += minute
    await seal()
    expect(anchors.lines).toHaveLength(5)
    now += 10 * minute
    await seal()
    expect(records()[5]).toMatchObject({ kind: 'heads', heads: [], index: 5 })
  })

  it('goes on where it was, each checkpoint continuing the one before', async () => {
    await seal()
    const kept = anchors.newest()
    await recordCall(writer({ limits: { segmentRows: 9 } }), 'later')
    now += minute
    const run = await seal()
    expect(run.anchored).toHaveLength(1)
    expect(open([kept]).ok).toBe(true)
  })

  it('lets one of two at once win, and loses nothing', async () => {
    const runs = await Promise.all([seal(), seal()])
    expect(runs.map(({ isLost }) => isLost).sort()).toEqual([false, true])
    expect(open().ok).toBe(true)
    expect((await verify()).counts.notAnchored).toBe(0)
  })

  it('signs what a crash left unsigned', async () => {
    const dies = async () => Promise.reject(new Error('killed'))
    await expect(seal({ sign: dies })).rejects.toThrow('killed')
    expect([anchors.lines.length, anchors.notes.size]).toEqual([5, 0])
    await seal()
    expect([anchors.lines.length, [...anchors.notes.keys()]]).toEqual([5, [5]])
  })

  it('never lets its time go back', async () => {
    await seal()
    now -= 3_600_000
    await recordCall(writer(), 'later')
    await seal()
    expect(records().map(({ time }) => time)).toEqual(
      records()
        .map(({ time }) => time)
        .sort(),
    )
    expect(open().ok).toBe(true)
  })

  it.each([
    ['a row changed', (table: Table) => change(table, 'L01|000001 r0000000000000003', { c: Buffer.from('{"a":1}') })],
    ['a row gone', (table: Table) => table.delete(`L01|000001\u0000r0000000000000003`)],
    ['a forged head', (table: Table) => change(table, 'L01|000001 !head', { hmac: Buffer.alloc(32) })],
  ])('refuses to seal a segment with %s', async (_, tamper) => {
    tamper(rows.tables.rows)
    const run = await seal()
    expect(run.refused.map(({ lane, segment }) => [lane, segment])).toEqual([['L01', 1]])
    expect([run.sealed, anchors.segments.size]).toEqual([[], 0])
    expect(run.anchored.map(({ lane }) => lane)).toEqual(['L02'])
  })

  it('refuses to follow a lane back behind its anchor', async () => {
    const early = structuredClone([...rows.tables.rows])
    await recordCall(writer(), 'later')
    await seal()
    rows.tables.rows.clear()
    for (const [id, entity] of early) rows.tables.rows.set(id, entity)
    now += minute
    const run = await seal()
    expect(run.refused).toHaveLength(1)
    expect(anchors.lines).toHaveLength(5)
  })

  it('refuses to go on with a log that was changed', async () => {
    await seal()
    anchors.lines[4] = (anchors.lines[4] ?? '').replace('"nextSeq":3', '"nextSeq":2')
    await recordCall(writer(), 'later')
    await expect(seal()).rejects.toThrow('anchor_log_altered')
  })
})

type Table = MemoryRows['tables']['rows']

function change(table: Table, place: string, properties: Record<string, unknown>): void {
  const id = place.replace(' ', '\u0000')
  const stored = table.get(id)
  if (stored === undefined) throw new Error(`no ${id}`)
  table.set(id, { ...stored, properties: { ...stored.properties, ...properties } })
}

describe('verification against anchors', () => {
  it('passes, and says how far it is anchored', async () => {
    await seal()
    const report = await verify()
    expect([report.verdict, report.findings, report.counts.notAnchored]).toEqual(['PASS', [], 0])
    expect(report.anchoredUpTo).toMatchObject({ size: 5, time: '2026-11-22T12:00:00.000Z', lanes: { L01: 13, L02: 2 } })
  })

  it('counts what came after the anchors, and passes', async () => {
    await seal()
    await recordCall(writer(), 'later')
    const report = await verify()
    expect([report.verdict, report.counts.notAnchored]).toEqual(['PASS', 2])
  })

  it('names a book that a holder of the key wrote anew', async () => {
    await seal()
    const report = await verify(await forgeBook(6))
    expect(report.findings.map(({ kind, lane, seq, toSeq }) => [kind, lane, seq, toSeq])).toEqual([
      ['rewritten', 'L01', 0, 13],
      ['rewritten', 'L02', 0, 2],
    ])
    expect(report.verdict).toBe('FAIL')
  })

  it('names a tail that was cut off together with its head', async () => {
    const early = structuredClone([...rows.tables.rows])
    const late = writer()
    const lane = (await recordCall(late, 'later')).intent.lane
    await late.close()
    await seal()
    rows.tables.rows.clear()
    for (const [id, entity] of early) rows.tables.rows.set(id, entity)
    const { verdict, findings } = await verify()
    expect([verdict, findings.map((finding) => [finding.kind, finding.lane])]).toEqual(['FAIL', [['truncated', lane]]])
  })

  it('names a lane that was removed with its directory entry', async () => {
    await seal()
    for (const [id, { partitionKey }] of [...rows.tables.rows]) {
      if (partitionKey.startsWith('L02')) rows.tables.rows.delete(id)
    }
    rows.tables.meta.delete('lane\u0000L02')
    const { findings } = await verify()
    expect(findings.map(({ kind, lane, toSeq }) => [kind, lane, toSeq])).toEqual([['lane_missing', 'L02', 2]])
  })

  it('names a lane of an empty store, which nothing else would miss', async () => {
    await seal()
    const report = await verify(createMemoryRows())
    expect(report.findings.map(({ kind, lane }) => [kind, lane])).toEqual([
      ['lane_missing', 'L01'],
      ['lane_missing', 'L02'],
    ])
  })

  it('blames an edit once, as an edit', async () => {
    await seal()
    change(rows.tables.rows, 'L01|000002 r0000000000000013', { c: Buffer.from('{"a":1}') })
    expect((await verify()).findings.map(({ kind, seq }) => [kind, seq])).toEqual([['edited', 13]])
  })
})

describe('an anchor log', () => {
  const forgeries: [string, string, () => void][] = [
    ['a changed record', 'anchor_log_altered', () => swap(4, '"nextSeq":3', '"nextSeq":2')],
    ['a record gone', 'anchor_log_truncated', () => void anchors.lines.pop()],
    ['two records swapped', 'anchor_log_altered', () => void anchors.lines.reverse()],
    ['a record put before', 'anchor_log_altered', () => void anchors.lines.unshift(anchors.lines[0] ?? '')],
    ['a checkpoint of another key', 'checkpoint_invalid', () => void anchors.notes.set(5, 'forged')],
  ]

  function swap(at: number, from: string, to: string): void {
    anchors.lines[at] = (anchors.lines[at] ?? '').replace(from, to)
  }

  it.each(forgeries)('with %s is not believed', async (_, fault, forge) => {
    await seal()
    forge()
    expect(open()).toMatchObject({ ok: false, fault })
    const report = await verify()
    expect([report.verdict, report.findings[0]?.kind, report.anchoredUpTo]).toEqual(['FAIL', fault, null])
  })

  it('that was written anew and signed anew is known by a checkpoint that somebody kept', async () => {
    await seal()
    const kept = anchors.newest()
    anchors = createMemoryAnchors()
    now += minute
    rows = await forgeBook(7)
    await seal()
    await recordCall(writer(), 'later')
    await seal()
    expect(open().ok).toBe(true)
    expect(open([kept])).toMatchObject({ ok: false, fault: 'anchor_log_rewritten' })
  })

  it('shorter than a checkpoint that somebody kept is rewritten', async () => {
    await seal()
    await recordCall(writer(), 'later')
    await seal()
    const kept = anchors.newest()
    anchors.lines.splice(5)
    anchors.notes.delete(6)
    expect(open([kept])).toMatchObject({ ok: false, fault: 'anchor_log_rewritten', index: 5 })
  })

  it('says nothing by lines that are not signed yet', async () => {
    await seal()
    anchors.lines.push('anything')
    expect(open()).toMatchObject({ ok: true, book: { checkpoint: { size: 5 } } })
  })

  it('holds nothing personal', async () => {
    await seal()
    const text = anchors.lines.join('\n')
    expect(text).not.toMatch(/11111111|22222222|33333333|sales\.orders/)
  })
})
