// What the cases of bundles.json are made from.
import { type AnchorFacts, anchorLine } from '../../../shared/audit/anchor.ts'
import { openEvidence } from '../../../shared/audit/evidence-source.ts'
import { exportBundle } from '../../../shared/audit/export.ts'
import { exportDecision } from '../../../shared/audit/export-decision.ts'
import { origin } from '../../unit/audit/fixture.ts'
import { anchorFacts, type BundleBook, headOf, type Pair, pairOf, reportText, type Signer, writeBook } from './book.ts'
import { change, type Files, joinLines, reseal } from './files.ts'

export interface World {
  readonly pair: Pair
  readonly stranger: Pair
  readonly signer: Signer
  readonly book: BundleBook
  /** The whole book as a bundle; its proof of decision d1; and the wholly different book of a stranger. */
  readonly whole: Files
  readonly decision: Files
  readonly forged: Files
}

export const scope = { from: '2026-11-22T09:00:00.000Z', to: '2026-11-22T10:10:00.000Z' }

export async function makeWorld(signer: Signer): Promise<World> {
  const [pair, stranger] = [pairOf('the log of the vectors'), pairOf('a stranger')]
  const book = await writeBook(pair, signer)
  const evidence = await openEvidence(book.source)
  const bytes = Buffer.from(reportText)
  const report = [
    { name: 'report-2026-11-21.json', bytes },
    { name: 'report-2026-11-21.json.sig', bytes: signer.signText(bytes, pair) },
  ]
  const whole = await collect(exportBundle(evidence, scope, report))
  const decision = await collect(await exportDecision(evidence, 'd1'))
  const forgery = await openEvidence((await writeBook(stranger, signer)).source)
  return { pair, stranger, signer, book, whole, decision, forged: await collect(exportBundle(forgery, scope)) }
}

async function collect(
  files: AsyncIterable<{ name: string; bytes: Uint8Array }> | Iterable<{ name: string; bytes: Uint8Array }>,
): Promise<Files> {
  const found = new Map<string, Buffer>()
  for await (const { name, bytes } of files) found.set(name, Buffer.from(bytes))
  return found
}

/** A bundle of these lanes' lines, anchored by the log's own key: what only its holder could have made. */
export function bundleOfLanes(
  { pair, signer, whole }: World,
  lanes: Readonly<Record<string, readonly string[]>>,
  more: readonly AnchorFacts[] = [],
): Files {
  const facts = [...Object.entries(lanes).map(([lane, lines]) => headOf(lane, lines)), ...more]
  const { lines, note } = anchorFacts({ pair, signer, facts })
  const files = Object.entries(lanes).map(([lane, rows]) => [`rows-${lane}-000001.ndjson`, joinLines(rows)])
  return bundleOf(whole, { lines, note }, Object.fromEntries(files))
}

/** A bundle with this log and these files, and nothing of the rows that the other one had. */
export function bundleOf(whole: Files, log: { lines: string[]; note: string }, files: Record<string, string>): Files {
  const rows = [...whole.keys()].filter((name) => name.startsWith('rows-') || name.startsWith('report-'))
  const without = change(whole, Object.fromEntries(rows.map((name) => [name, null])))
  const signature = Buffer.from(log.note.trimEnd().split(' ').at(-1) ?? '', 'base64').subarray(4)
  const changes = { 'anchors.ndjson': joinLines(log.lines), 'checkpoint.txt': log.note, 'checkpoint.sig': signature }
  return reseal(change(without, { ...changes, ...files }))
}

/** A record as it would stand at this index. */
export function lineAt(index: number, fact: AnchorFacts, more: object = {}): string {
  return anchorLine({ ...fact, v: 1, origin, index, time: '2026-11-22T10:02:00.000Z', ...more } as never)
}
