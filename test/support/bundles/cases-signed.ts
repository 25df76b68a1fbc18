// Cases about the log, its key and its checkpoints, and about what a holder of the log's key could have signed.
import type { AnchorFacts } from '../../../shared/audit/anchor.ts'
import { canonicalText, type Json } from '../../../shared/audit/canonical.ts'
import { leafDigest } from '../../../shared/audit/chain.ts'
import { treeRoot } from '../../../shared/audit/merkle.ts'
import { anchorFacts, headOf, signRoot } from './book.ts'
import { type BundleCase, type Place, sizeOf } from './cases.ts'
import { change, edit, type Files, joinLines, linesOf, reseal, textOf } from './files.ts'
import { bundleOf, bundleOfLanes, lineAt, type World } from './world.ts'

const sealed = 'rows-L01-000001.ndjson'

/** The key, the checkpoint and the anchor log. */
export function logCases(world: World): BundleCase[] {
  const { whole, forged, book } = world
  const note = textOf(whole, 'checkpoint.txt')
  const [size, before] = [sizeOf(note), sizeOf(book.early)]
  const rolled = {
    'anchors.ndjson': joinLines(linesOf(whole, 'anchors.ndjson').slice(0, before)),
    'checkpoint.txt': book.early,
  }
  const checkpoint = (text: string) => reseal(change(whole, { 'checkpoint.txt': text }))
  const invalid: Place = ['checkpoint_invalid', 'anchors', 0]
  const strangers = textOf(forged, 'log-public.pem')
  const table: [string, Files, Place, Partial<BundleCase>?][] = [
    ['judged by another fingerprint', whole, invalid, { pin: 'stranger' }],
    ['forged whole, with a key of its own', forged, invalid],
    ['forged whole, against a key file', forged, invalid, { pin: 'key' }],
    ['another key in the folder', reseal(change(whole, { 'log-public.pem': strangers })), invalid, { pin: 'key' }],
    ['a key that is none', reseal(change(whole, { 'log-public.pem': 'no key' })), invalid, { pin: 'none' }],
    ['no checkpoint', change(whole, { 'checkpoint.txt': null }), invalid],
    ['a checkpoint of more records', checkpoint(note.replace(`\n${size}\n`, `\n${size + 1}\n`)), invalid],
    ['a checkpoint with an extension', checkpoint(note.replace('\n\n', '\nextension\n\n')), invalid],
    ['a size with a leading zero', checkpoint(note.replace(`\n${size}\n`, `\n0${size}\n`)), invalid],
    ['one good and one wrong signature', checkpoint(note + wrongLine(note)), invalid],
    ['no signature', checkpoint(note.slice(0, note.indexOf('—'))), invalid],
    ['a kept checkpoint of another log', whole, invalid, { since: [textOf(forged, 'checkpoint.txt')] }],
    [
      'a record changed',
      edit(whole, 'anchors.ndjson', (lines) => lines.with(1, `${lines[1]} `)),
      ['anchor_log_altered', 'anchors', size],
    ],
    [
      'a record gone',
      edit(whole, 'anchors.ndjson', (lines) => lines.slice(0, -1)),
      ['anchor_log_truncated', 'anchors', size - 1],
    ],
    ['no anchors', reseal(change(whole, { 'anchors.ndjson': null })), ['anchor_log_truncated', 'anchors', 0]],
    [
      'rolled back behind a kept checkpoint',
      reseal(change(whole, rolled)),
      ['anchor_log_rewritten', 'anchors', before],
      { since: [note] },
    ],
    [
      'written anew by the holder of its key',
      rewritten(world),
      ['anchor_log_rewritten', 'anchors', before],
      { since: [book.early] },
    ],
    ['a time stamp of another log', reseal(change(whole, { 'time-3.txt': textOf(forged, 'checkpoint.txt') })), invalid],
  ]
  const without = change(whole, { 'checkpoint.txt': null, 'checkpoint.sig': null, 'anchors.ndjson': null })
  return [
    ...table.map(([name, files, finding, more]) => ({ name, files, verdict: 'FAIL', findings: [finding], ...more })),
    {
      name: 'nothing signed at all',
      ...{ files: reseal(without), verdict: 'INCOMPLETE', notes: ['no_anchors', 'no_rows_verified'] },
    },
    { name: 'rolled back to an earlier checkpoint', ...rolledBack(world, rolled) },
  ]
}

/** Shows as a log that ends long before the scope does: all that can be seen without an earlier checkpoint. */
function rolledBack({ whole }: World, rolled: Record<string, string>): Omit<BundleCase, 'name'> {
  const files = change(whole, { ...rolled, 'rows-L02-000001.ndjson': null, 'report-2026-11-21.json': null })
  return {
    files: reseal(
      edit(files, 'rows-L01-000002.ndjson', (lines) => lines.slice(0, 3)),
      { to: '2026-11-22T11:00:00.000Z' },
    ),
    verdict: 'PASS WITH EXCEPTIONS',
    findings: [['anchors_stale', 'anchors', sizeOf(textOf(files, 'checkpoint.txt'))]],
  }
}

function wrongLine(note: string): string {
  const line = note.split('\n').at(-2) ?? ''
  const [dash, name, blob = ''] = line.split(' ')
  const bytes = Buffer.from(blob, 'base64')
  bytes[bytes.length - 1] = (bytes[bytes.length - 1] ?? 0) ^ 1
  return `${dash} ${name} ${bytes.toString('base64')}\n`
}

function rewritten({ whole, pair, signer }: World): Files {
  const records = linesOf(whole, 'anchors.ndjson')
  const lines = [
    lineAt(0, { kind: 'heads', heads: [] }, { time: JSON.parse(records[0] ?? '{}').time }),
    ...records.slice(1),
  ]
  const root = treeRoot(lines.map((line) => leafDigest(Buffer.from(line))))
  const rows = Object.fromEntries(
    [...whole].filter(([name]) => name.startsWith('rows-')).map(([n, b]) => [n, b.toString()]),
  )
  return bundleOf(whole, { lines, note: signRoot({ pair, signer }, { size: lines.length, root }) }, rows)
}

/** What only the holder of the log's key could sign: the rows are anchored as they stand, and are wrong. */
export function signedCases(world: World): BundleCase[] {
  const rows = linesOf(world.whole, sealed)
  const [opening = '', intent = '', outcome = '', next = '', last = ''] = rows
  const alter = (line: string, by: (row: never) => void) => {
    const row = JSON.parse(line) as never
    by(row)
    return canonicalText(row as Json)
  }
  const at = (line: string, seq: number, more: object = {}) =>
    alter(line, (row: object) => Object.assign(row, { seq, ...more }))
  const lane = (...lines: string[]) => bundleOfLanes(world, { L01: lines })
  const denied = alter(intent, (row: { intent: { verdict: string } }) => Object.assign(row.intent, { verdict: 'deny' }))
  const approved = alter(intent, (row: { intent: object }) =>
    Object.assign(row.intent, { approval: { id: 'a1', voters: [] } }),
  )
  const elsewhere = alter(outcome, (row: { outcome: { intent: object } }) =>
    Object.assign(row.outcome.intent, { seq: 0 }),
  )
  const long = '2026-11-22T09:30:00.000Z'
  const table: [string, Files, readonly Place[]][] = [
    ['a row that is not canonical', lane(opening, intent.replace('{', '{ '), outcome), [['not_canonical', 'L01', 1]]],
    ['a number that is no integer', lane(opening.replace('"v":1', '"v":1.0')), [['not_canonical', 'L01', 0]]],
    [
      'a row that lacks what pairs it',
      lane(
        opening,
        alter(intent, (row: object) => Reflect.deleteProperty(row, 'decisionId')),
        outcome,
      ),
      [['malformed', 'L01', 1]],
    ],
    ['a time that there is not', lane(at(opening, 0, { time: '2026-11-22T25:00:00.000Z' })), [['malformed', 'L01', 0]]],
    ['a row that states another place', lane(opening, at(intent, 2), outcome), [['reordered', 'L01', 1]]],
    ['a decision twice', lane(opening, intent, outcome, at(intent, 3)), [['duplicate_decision', 'L01', 3]]],
    ['an outcome twice', lane(opening, intent, outcome, at(outcome, 3)), [['duplicate_outcome', 'L01', 3]]],
    ['an outcome of no intent', lane(opening, at(outcome, 1)), [['outcome_without_intent', 'L01', 1]]],
    ['an outcome of another row', lane(opening, intent, elsewhere), [['outcome_without_intent', 'L01', 2]]],
    ['called after a denial', lane(opening, denied, outcome), [['called_without_permit', 'L01', 2]]],
    ['an approval used twice', lane(opening, approved, outcome, next, last), [['approval_reused', 'L01', 4]]],
    ['a segment rewritten between two anchors', between(world), [['rewritten', 'L01', 0, 2]]],
  ]
  const dangling = bundleOfLanes(world, { L01: [opening, at(intent, 1, { time: long })] })
  return [
    ...table.map(([name, files, findings]) => ({ name, files, verdict: 'FAIL', findings })),
    ...recordCases(world),
    {
      name: 'an intent without outcome',
      ...{ files: dangling, verdict: 'PASS WITH EXCEPTIONS', findings: [['dangling_intent', 'L01', 1]] },
    },
    { name: 'an outcome whose intent stands outside of the scope', ...partOf(world, rows) },
    ...removalCases(world, rows),
  ] as BundleCase[]
}

function between(world: World): Files {
  const rows = linesOf(world.whole, sealed)
  const changed = [...rows.slice(0, 2), (rows[2] ?? '').replace('"rows":3', '"rows":4')]
  const { pair, signer, whole } = world
  const log = anchorFacts({
    pair,
    signer,
    facts: [headOf('L01', rows.slice(0, 3)), headOf('L01', changed.concat(rows[3] ?? ''))],
  })
  return bundleOf(whole, log, { [sealed]: joinLines([...changed, rows[3] ?? '']) })
}

function recordCases({ whole, pair, signer }: World): BundleCase[] {
  const quiet: AnchorFacts = { kind: 'heads', heads: [] }
  const sign = (...lines: string[]) => {
    const root = treeRoot(lines.map((line) => leafDigest(Buffer.from(line))))
    return bundleOf(whole, { lines, note: signRoot({ pair, signer }, { size: lines.length, root }) }, {})
  }
  const early = { time: '2026-11-22T10:01:59.999Z' }
  const table: [string, Files, number][] = [
    ['a record with a wrong index', sign(lineAt(0, quiet), lineAt(2, quiet)), 1],
    ['a record of another log', sign(lineAt(0, quiet, { origin: 'audit.test/two' })), 0],
    ['time that runs backwards', sign(lineAt(0, quiet), lineAt(1, quiet, early)), 1],
    ['a record of no known kind', sign(lineAt(0, { kind: 'oath' } as never)), 0],
    ['a record that is no document', sign(lineAt(0, quiet), '{"kind":"heads"'), 1],
  ]
  return table.map(([name, files, at]) => ({
    ...{ name, files, verdict: 'FAIL', findings: [['anchor_malformed', 'anchors', at]] as Place[] },
  }))
}

function partOf(world: World, rows: readonly string[]): Omit<BundleCase, 'name'> {
  const row = JSON.parse(rows[2] ?? '') as { seq: number; outcome: { intent: { lane: string } } }
  row.outcome.intent.lane = 'L07'
  const line = canonicalText({ ...row, seq: 1 } as unknown as Json)
  return { files: bundleOfLanes(world, { L01: [rows[0] ?? '', line] }), verdict: 'PASS' }
}

/** Segments that the log itself says are gone. */
function removalCases(world: World, rows: readonly string[]): BundleCase[] {
  const retention: AnchorFacts = { kind: 'retention', lane: 'L02', segment: 1, root: 'cd'.repeat(32) }
  const removed = bundleOfLanes(world, { L01: rows.slice(0, 3), L02: [rows[0] ?? ''] }, [retention])
  const failover: AnchorFacts = { kind: 'failover', lane: 'L01', seq: 3, toSeq: 4 }
  const lost = edit(bundleOfLanes(world, { L01: rows.slice(0, 5) }, [failover]), sealed, (lines) => lines.slice(0, 3))
  const more = edit(lost, sealed, (lines) => lines.slice(0, 2))
  return [
    {
      name: 'a segment that retention removed',
      files: reseal(change(removed, { 'rows-L02-000001.ndjson': null })),
      verdict: 'PASS',
    },
    {
      name: 'rows lost in a failover',
      files: lost,
      verdict: 'INCOMPLETE',
      findings: [['failover_loss_declared', 'L01', 3, 4]],
      notes: ['no_rows_verified'],
    },
    { name: 'more rows gone than a failover lost', files: more, verdict: 'FAIL', findings: [['deleted', 'L01', 0, 4]] },
  ]
}
