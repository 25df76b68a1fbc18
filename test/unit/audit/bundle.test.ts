import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyFingerprint } from '../../../shared/audit/checkpoint.ts'
import { runSealer } from '../../../shared/audit/sealer.ts'
import { type BundleReport, segmentFile, verifyBundle } from '../../../shared/audit/verify-bundle.ts'
import { heartbeat, key, kid, openWriter, origin, permitted, recordCall } from './fixture.ts'
import { createMemoryAnchors, logKey, type MemoryAnchors, signWith } from './memory-anchors.ts'
import { createMemoryRows, type MemoryRows } from './memory-rows.ts'

type Files = Map<string, string>

const scope = { origin, from: '2026-01-01T00:00:00.000Z', to: '2099-01-01T00:00:00.000Z' }
const sealed = segmentFile('L01', 1)
const open = segmentFile('L01', 2)

let rows: MemoryRows
let anchors: MemoryAnchors
let early = ''

// L01: rows 0 to 8 sealed, 9 to 13 open and anchored twice (at 12 and 14); L02: rows 0 to 2.
beforeAll(async () => {
  rows = createMemoryRows()
  anchors = createMemoryAnchors()
  const seal = () =>
    runSealer({
      ...{ rows, keys: async (id: string) => (id === kid ? { key } : null), store: anchors, origin },
      ...{ sign: signWith(logKey), publicKey: logKey.publicKey, clock: Date.now },
    })
  const one = openWriter(rows, { limits: { segmentRows: 9 } })
  for (let index = 0; index < 5; index++) await recordCall(one, `d${index}`)
  await one.recordEvent(heartbeat)
  await seal()
  early = anchors.newest()
  await recordCall(one, 'd5')
  const two = openWriter(rows)
  await recordCall(two, 'e0')
  await Promise.all([one.close(), two.close()])
  await seal()
})

function bundle(): Files {
  const files: Files = new Map([
    ['anchors.ndjson', `${anchors.lines.join('\n')}\n`],
    ['checkpoint.txt', anchors.newest()],
  ])
  for (const entity of [...rows.tables.rows.values()].sort((a, b) => (a.rowKey < b.rowKey ? -1 : 1))) {
    if (entity.rowKey === '!head') continue
    const [lane = '', segment] = entity.partitionKey.split('|')
    const name = segmentFile(lane, Number(segment))
    files.set(name, `${files.get(name) ?? ''}${Buffer.from(entity.properties.c as Uint8Array).toString('utf8')}\n`)
  }
  return files
}

interface Judging {
  readonly publicKey?: KeyObject
  readonly isPinned?: boolean
  readonly since?: readonly string[]
  readonly scope?: Partial<typeof scope>
}

function judge(files: Files, { publicKey = logKey.publicKey, isPinned = true, since, ...more }: Judging = {}) {
  const read = async (name: string) => (files.has(name) ? Buffer.from(files.get(name) ?? '', 'utf8') : null)
  const given = since ? { since } : {}
  return verifyBundle({ read, scope: { ...scope, ...more.scope }, key: { publicKey, isPinned }, ...given })
}

const places = ({ findings }: BundleReport) => findings.map(({ kind, lane, seq, toSeq }) => [kind, lane, seq, toSeq])

function edit(files: Files, name: string, change: (lines: string[]) => string[]): Files {
  const lines = (files.get(name) ?? '').trimEnd().split('\n')
  return files.set(name, `${change(lines).join('\n')}\n`)
}

const flip = (at: number) => (lines: string[]) => lines.with(at, (lines[at] ?? '').replace('2026', '2027'))

const manipulations: [string, (files: Files) => Files, (string | number)[]][] = [
  ['a byte changed in a sealed segment', (files) => edit(files, sealed, flip(4)), ['edited', 'L01', 0, 8]],
  ['a byte changed before the first anchor', (files) => edit(files, open, flip(1)), ['edited', 'L01', 9, 11]],
  ['a byte changed between two anchors', (files) => edit(files, open, flip(4)), ['edited', 'L01', 12, 13]],
  ['a row gone', (files) => edit(files, sealed, (lines) => lines.toSpliced(3, 1)), ['deleted', 'L01', 0, 8]],
  ['a tail gone', (files) => edit(files, open, (lines) => lines.slice(0, 3)), ['deleted', 'L01', 12, 13]],
  [
    'two rows swapped',
    (files) => edit(files, sealed, ([a = '', b = '', ...rest]) => [b, a, ...rest]),
    ['edited', 'L01', 0, 8],
  ],
  [
    'a row after the seal',
    (files) => edit(files, sealed, (lines) => [...lines, lines[0] ?? '']),
    ['inserted', 'L01', 9, 9],
  ],
  [
    'white space added',
    (files) => edit(files, sealed, (lines) => lines.with(0, `${lines[0]} `)),
    ['edited', 'L01', 0, 8],
  ],
  ['a segment left out', (files) => without(files, sealed), ['segment_missing', 'L01', 0, 8]],
  ['a lane left out', (files) => without(files, segmentFile('L02', 1)), ['segment_missing', 'L02', 0, 2]],
]

const script = fileURLToPath(new URL('../../../infra/evidence/verify_bundle.py', import.meta.url))
const tools = ['python3', 'openssl'].every((tool) => spawnSync(tool, ['version']).error === undefined)

/** The same bundle as files, judged by the independent verifier. */
function judgeIndependently(files: Files, args: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'))
  try {
    const pem = logKey.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (const [name, text] of [...files, ['log-public.pem', pem], ['manifest.json', JSON.stringify(scope)]] as const) {
      writeFileSync(join(folder, name), text)
    }
    const { status, stdout, stderr } = spawnSync('python3', [script, folder, ...args], { encoding: 'utf8' })
    expect(stderr).toBe('')
    return { status, report: JSON.parse(stdout) as BundleReport }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

describe.skipIf(!tools && process.env.REQUIRE_TOOLS !== '1')('an independent verifier (needs python3, openssl)', () => {
  const pinned = ['--fingerprint', keyFingerprint(logKey.publicKey)]

  it('passes the bundle with the same counts', async () => {
    const { status, report } = judgeIndependently(bundle(), pinned)
    expect([status, report.verdict, report.findings]).toEqual([0, 'PASS', []])
    const { findings: _, ...counts } = (await judge(bundle())).counts
    expect(report.counts).toEqual(counts)
  })

  it('is INCOMPLETE under a key that only came with it', () => {
    const { status, report } = judgeIndependently(bundle(), [])
    expect([status, report.notes]).toEqual([3, ['key_not_pinned']])
  })

  it('fails under another fingerprint', () => {
    const { status, report } = judgeIndependently(bundle(), ['--fingerprint', 'ab'.repeat(32)])
    expect([status, places(report)[0]?.[0]]).toEqual([1, 'checkpoint_invalid'])
  })

  it.each(manipulations)('names %s at the same place', (_, change, place) => {
    const { status, report } = judgeIndependently(change(bundle()), pinned)
    expect([status, places(report)]).toEqual([1, [place]])
  })
})

describe('a bundle', () => {
  it('passes without any secret, under the pinned key', async () => {
    const report = await judge(bundle(), { since: [early] })
    expect([report.verdict, report.findings, report.notes]).toEqual(['PASS', [], []])
    expect(report.counts).toMatchObject({
      rows: 17,
      verified: 17,
      notAnchored: 0,
      segments: 3,
      intents: 7,
      outcomes: 7,
    })
    expect(report.anchoredUpTo?.size).toBe(anchors.lines.length)
  })

  it('is INCOMPLETE under a key that only came with it', async () => {
    const report = await judge(bundle(), { isPinned: false })
    expect([report.verdict, report.notes[0]?.split(':')[0]]).toEqual(['INCOMPLETE', 'key_not_pinned'])
  })

  it('that was forged whole, with anchors and a key of its own, does not pass', async () => {
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const report = await judge(bundle(), { publicKey: other.publicKey })
    expect([report.verdict, places(report)[0]?.[0]]).toEqual(['FAIL', 'checkpoint_invalid'])
  })

  it('leaves out what lies outside of its scope', async () => {
    const report = await judge(bundle(), { scope: { from: '2098-01-01T00:00:00.000Z' } })
    expect([report.verdict, report.counts.segments]).toEqual(['INCOMPLETE', 0])
  })

  it.each(manipulations)('with %s fails at its place', async (_, change, place) => {
    const report = await judge(change(bundle()))
    expect([report.verdict, places(report)]).toEqual(['FAIL', [place]])
  })

  it('counts rows above the anchors and does not vouch for them', async () => {
    const report = await judge(edit(bundle(), open, (lines) => [...lines, '{"a":1}']))
    expect([report.verdict, report.counts.notAnchored, report.counts.verified]).toEqual(['PASS', 1, 17])
  })

  it('whose anchors end before a checkpoint that the reader kept does not pass', async () => {
    const files = bundle()
    edit(files, 'anchors.ndjson', (lines) => lines.slice(0, 2)).set('checkpoint.txt', early)
    const report = await judge(files, { since: [anchors.newest()] })
    expect(places(report)[0]?.[0]).toBe('anchor_log_rewritten')
  })

  it('without anchors is not believed', async () => {
    const report = await judge(without(bundle(), 'checkpoint.txt'))
    expect([report.verdict, places(report)[0]?.[0]]).toEqual(['FAIL', 'checkpoint_invalid'])
  })

  it('names an outcome whose intent was never there', async () => {
    expect(permitted('x').verdict).toBe('permit')
    const forged = createMemoryRows()
    const store = createMemoryAnchors()
    const writer = openWriter(forged)
    const { intent } = await recordCall(writer, 'd0')
    await writer.recordOutcome({ ...intent, seq: 0 } as typeof intent, {
      ...{ status: 'not-called', code: 'ok', backendIds: {}, rows: 0, bytes: 0, labels: [], masked: [] },
      identity: { source: 'none', method: '', checkedAt: '2026-11-22T10:00:00.000Z', matches: null },
    })
    await writer.close()
    await runSealer({
      ...{ rows: forged, keys: async () => ({ key }), store, origin, clock: Date.now },
      ...{ sign: signWith(logKey), publicKey: logKey.publicKey },
    })
    ;[rows, anchors] = [forged, store]
    expect(places(await judge(bundle())).map(([kind]) => kind)).toEqual(['duplicate_outcome'])
  })
})

function without(files: Files, name: string): Files {
  files.delete(name)
  return files
}
