// What is done to a bundle and what must be found: the table from which bundles.json is made.
import type { FindingKind } from '../../../shared/audit/verify-findings.ts'
import { signRoot } from './book.ts'
import { change, edit, type Files, type Links, reseal, textOf } from './files.ts'
import { scope, type World } from './world.ts'

export type Place = readonly [kind: FindingKind, lane: string, seq: number, toSeq?: number]

export interface BundleCase {
  readonly name: string
  readonly files: Files
  readonly links?: Links
  /** What the reader pinned: the log's fingerprint where nothing is said. */
  readonly pin?: 'key' | 'none' | 'stranger'
  /** Notes that the reader kept. */
  readonly since?: readonly string[]
  readonly decision?: string
  readonly verdict: string
  readonly findings?: readonly Place[]
  readonly notes?: readonly string[]
}

const sealed = 'rows-L01-000001.ndjson'
const open = 'rows-L01-000002.ndjson'
const second = 'rows-L02-000001.ndjson'
const flip = (at: number) => (lines: string[]) => lines.with(at, (lines[at] ?? '').replace('2026', '2027'))

/** Bundles that nobody changed, and what differs honestly. */
export function honestCases({ whole, book, stranger, signer }: World): BundleCase[] {
  const witness = textOf(whole, 'checkpoint.txt') + witnessLine()
  const stamped = change(whole, { 'time-2.txt': book.early, 'time-2.tsr': 'as the authority gave it' })
  function witnessLine(): string {
    const note = signRoot({ pair: stranger, signer }, { size: 1, root: Buffer.alloc(32, 1), origin: 'witness.example' })
    return `${note.split('\n').at(-2)}\n`
  }
  return [
    { name: 'whole', files: whole, verdict: 'PASS' },
    { name: 'judged by a key file', files: whole, pin: 'key', verdict: 'PASS' },
    { name: 'judged by its own key', files: whole, pin: 'none', verdict: 'INCOMPLETE', notes: ['key_not_pinned'] },
    { name: 'continuing a kept checkpoint', files: whole, since: [book.early], verdict: 'PASS' },
    { name: 'a witness signed too', files: reseal(change(whole, { 'checkpoint.txt': witness })), verdict: 'PASS' },
    { name: 'a checkpoint with a time stamp', files: reseal(stamped), verdict: 'PASS' },
    { name: 'of the first seconds only', ...narrow({ to: '2026-11-22T10:00:04.500Z' }), verdict: 'PASS' },
    {
      name: 'of a time without rows',
      ...narrow({ from: '2026-11-22T08:00:00.000Z', to: '2026-11-22T08:30:00.000Z' }),
      verdict: 'INCOMPLETE',
      notes: ['no_rows_verified'],
    },
    {
      name: 'rows above the newest anchor',
      files: edit(whole, open, (lines) => [...lines, '{"not":"anchored"}']),
      verdict: 'PASS',
    },
    {
      name: 'no newline at the end',
      files: reseal(change(whole, { [open]: textOf(whole, open).trimEnd() })),
      verdict: 'PASS',
    },
    {
      name: 'more time claimed than was anchored',
      files: reseal(whole, { to: '2026-11-22T12:00:00.000Z' }),
      verdict: 'PASS WITH EXCEPTIONS',
      findings: [['anchors_stale', 'anchors', sizeOf(textOf(whole, 'checkpoint.txt'))]],
    },
  ]
  function narrow(part: Partial<typeof scope>): { files: Files } {
    const names = part.from === undefined ? [open, second] : [sealed, open, second]
    return { files: reseal(change(whole, Object.fromEntries(names.map((name) => [name, null]))), part) }
  }
}

/** Rows changed by somebody who has no key, and who makes the manifest fit. */
export function rowCases({ whole }: World): BundleCase[] {
  const cut = whole.get(open) ?? Buffer.alloc(0)
  const bad = Buffer.concat([Buffer.from([0xff]), cut.subarray(1)])
  const table: [string, Files, Place, Links?][] = [
    ['a byte of a sealed row', edit(whole, sealed, flip(4)), ['edited', 'L01', 0, 8]],
    ['a byte before the first anchor', edit(whole, open, flip(1)), ['edited', 'L01', 9, 11]],
    ['a byte between two anchors', edit(whole, open, flip(4)), ['edited', 'L01', 12, 14]],
    ['a byte that is no text', reseal(change(whole, { [open]: bad })), ['edited', 'L01', 9, 11]],
    ['a row gone', edit(whole, sealed, (lines) => lines.toSpliced(3, 1)), ['deleted', 'L01', 0, 8]],
    ['the tail gone', edit(whole, open, (lines) => lines.slice(0, 3)), ['deleted', 'L01', 12, 14]],
    ['cut in the middle of a row', reseal(change(whole, { [open]: cut.subarray(0, -99) })), ['edited', 'L01', 12, 14]],
    ['an empty file', reseal(change(whole, { [open]: '' })), ['deleted', 'L01', 9, 14]],
    ['two rows swapped', edit(whole, sealed, swapFirst), ['edited', 'L01', 0, 8]],
    ['a row twice', edit(whole, open, (lines) => lines.toSpliced(2, 0, lines[1] ?? '')), ['edited', 'L01', 9, 11]],
    ['a row after the seal', edit(whole, sealed, (lines) => [...lines, '{}']), ['inserted', 'L01', 9, 9]],
    ['white space', edit(whole, sealed, (lines) => lines.with(0, `${lines[0]} `)), ['edited', 'L01', 0, 8]],
    [
      'line ends of another system',
      edit(whole, sealed, (lines) => lines.map((one) => `${one}\r`)),
      ['edited', 'L01', 0, 8],
    ],
    ['a segment left out', reseal(change(whole, { [sealed]: null })), ['segment_missing', 'L01', 0, 8]],
    ['a lane left out', reseal(change(whole, { [second]: null })), ['segment_missing', 'L02', 0, 2]],
    ['a segment that is a link', whole, ['segment_missing', 'L01', 0, 8], [sealed]],
    [
      'a segment under another name',
      reseal(change(whole, { [second]: textOf(whole, sealed) })),
      ['edited', 'L02', 0, 2],
    ],
    [
      'rows of a lane that nobody anchored',
      reseal(change(whole, { 'rows-L09-000001.ndjson': textOf(whole, second) })),
      ['inserted', 'bundle', 0],
    ],
    ['the scope widened', reseal(narrowed(whole), scope), ['segment_missing', 'L01', 9, 14]],
  ]
  return table.map(([name, files, finding, links]) => ({
    ...{ name, files, verdict: 'FAIL', findings: name === 'the scope widened' ? [finding, lost] : [finding] },
    ...(links ? { links } : {}),
  }))
}

const lost: Place = ['segment_missing', 'L02', 0, 2]

function narrowed(whole: Files): Files {
  return change(whole, { [open]: null, [second]: null })
}

function swapFirst([first = '', next = '', ...rest]: string[]): string[] {
  return [next, first, ...rest]
}

/** Everything but rows: the manifest, the files beside it, what the reader asks for. */
export function fileCases({ whole }: World): BundleCase[] {
  const table: [string, Files, Place][] = [
    ['no manifest', change(whole, { 'manifest.json': null }), ['malformed', 'bundle', 0]],
    ['a manifest that is no document', change(whole, { 'manifest.json': '{"v":1' }), ['malformed', 'bundle', 0]],
    ['a manifest that leads out of the folder', leading(whole), ['malformed', 'bundle', 0]],
    [
      'a scope that ends before it begins',
      reseal(whole, { to: scope.from, from: scope.to }),
      ['malformed', 'bundle', 0],
    ],
    ['a scope that is no time', reseal(whole, { to: '2026-02-30T00:00:00.000Z' }), ['malformed', 'bundle', 0]],
    ['the bundle of another book', reseal(whole, { origin: 'audit.test/two' }), ['checkpoint_invalid', 'anchors', 0]],
    ['a file that is not what the manifest says', change(whole, { 'README.md': 'trust me' }), ['edited', 'bundle', 0]],
    ['a file gone', change(whole, { 'README.md': null }), ['deleted', 'bundle', 0]],
    ['a report with another verdict', altered(whole), ['report_altered', 'bundle', 5]],
    ['a report that nothing tells and nobody signed', planted(whole, {}), ['report_altered', 'bundle', 5]],
    [
      'a report that nothing tells, with the signature of another',
      planted(whole, { 'report-2026-11-20.json.sig': whole.get('report-2026-11-21.json.sig') ?? '' }),
      ['report_altered', 'bundle', 5],
    ],
  ]
  return [
    ...table.map(([name, files, finding]) => ({ name, files, verdict: 'FAIL', findings: [finding] })),
    {
      name: 'asked for a decision',
      files: whole,
      decision: 'd1',
      verdict: 'FAIL',
      findings: [['malformed', 'bundle', 0]],
    },
  ]
}

function leading(whole: Files): Files {
  const text = textOf(whole, 'manifest.json').replace('"README.md"', '"../README.md"')
  return change(whole, { 'manifest.json': text })
}

function planted(whole: Files, more: Record<string, string | Buffer>): Files {
  return reseal(change(whole, { 'report-2026-11-20.json': '{"date":"2026-11-20","verdict":"PASS"}\n', ...more }))
}

function altered(whole: Files): Files {
  return reseal(change(whole, { 'report-2026-11-21.json': '{"date":"2026-11-21","verdict":"FAIL"}\n' }))
}

/** Number of records that a checkpoint's note covers. */
export function sizeOf(note: string): number {
  return Number(note.split('\n')[1])
}
