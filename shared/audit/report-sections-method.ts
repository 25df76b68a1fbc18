import { type Markup, markup } from './report-markup.ts'
import type { Report } from './report-schema.ts'
import { drawAbsence } from './report-sections.ts'
import { type Cell, code, drawFacts, drawTable } from './report-table.ts'
import { sayCount, sayDate, sayList, sayNumber, sayTime } from './report-words.ts'

/** What this report covers, and how complete it is. */
export function drawScope({ scope, anchored }: Report): Markup {
  const { requested, found, segments, rows } = scope
  const missing = segments.missing.length > 0 ? sayList(segments.missing) : 'none'
  const anchoredTo = new Map(anchored.lanes.map(({ lane, seq }) => [lane, seq]))
  return markup`<h2 id="scope">What was looked at</h2>
${drawFacts([
  ['Book', code(scope.origin)],
  [
    'Period that was asked for',
    `${requested.from ? sayTime(requested.from) : 'the first row'} to ${sayTime(requested.to ?? '')}`,
  ],
  ['First and last row found', found.from && found.to ? `${sayTime(found.from)} to ${sayTime(found.to)}` : 'no row'],
  [
    'Rows expected, found, verified',
    `${sayNumber(rows.expected)}, ${sayNumber(rows.found)}, ${sayNumber(rows.verified)}`,
  ],
  ['Segments expected, checked', `${sayNumber(segments.expected)}, ${sayNumber(segments.checked)}`],
  ['Segments without a result', missing],
  ['Anchored up to', anchored.upTo ? sayTime(anchored.upTo) : 'nothing is anchored'],
  ['Rows not yet anchored', anchored.notAnchored],
])}${drawTable({
  caption: 'Lanes, and how far each was verified and anchored',
  head: ['Lane', 'Segment', 'Verified up to row', 'Anchored up to row'],
  rows: scope.lanes.map(({ lane, segment, nextSeq }) => [lane, segment, nextSeq - 1, anchoredTo.get(lane) ?? 'none']),
  none: 'there is no lane.',
})}${drawTable({
  caption: 'Rows by kind',
  head: ['Kind', 'Rows'],
  rows: (scope.rowsByKind ?? []).map(({ kind, rows: count }) => [kind, count]),
  none: 'no row.',
})}`
}

/** How it was verified. */
export function drawMethod(report: Report): Markup {
  const { method } = report
  const { checkpoint, coverage } = method
  return markup`<h2 id="method">How it was verified</h2>
${drawFacts([
  ['Run', code(method.runId)],
  ['Started and ended', `${sayTime(method.startedAt)} to ${sayTime(method.endedAt)}`],
  ['Build of the verifier', code(method.verifier)],
  ['Keys, by id', markup`${method.keyIds.map((id) => markup`${code(id)} `)}`],
  ['Checkpoint of the report before', sayMark(checkpoint.before)],
  ['Checkpoint of tonight', sayMark(checkpoint.now)],
  ['Tonight’s continues that one', sayConsistency(checkpoint.isConsistent)],
  ['Clock differs by', method.clockOffsetMs === null ? 'not collected' : `${method.clockOffsetMs} ms`],
  ['Time stamps of an authority', method.timeTokens ?? 'not collected'],
  ['Lot was drawn from', code(coverage.seed)],
  [
    'Oldest last check of a segment',
    coverage.oldestCheck ? sayDate(coverage.oldestCheck) : 'one was not read again yet',
  ],
])}${drawTable({
  caption: 'Rows that were walked, and why',
  head: ['Why', 'Rows'],
  rows: [
    ['new since the report before', coverage.new],
    ['their turn in 30 nights', coverage.rolling],
    ['drawn by lot', coverage.sample],
    ['weekly walk of everything', coverage.weekly],
  ],
  none: '',
})}${drawImmutability(report)}`
}

function drawImmutability(report: Report): Markup {
  const { immutability } = report.method
  if (immutability === null) return drawAbsence(report, '/method/immutability')
  return drawTable({
    caption: 'Protection of the evidence against change, as read back',
    head: ['Container', 'Policy', 'Days', 'Appending allowed'],
    rows: immutability.map((one) => [
      one.container,
      one.state,
      one.days ?? 'not known',
      one.allowsAppends ? 'yes' : 'no',
    ]),
    none: '',
  })
}

function sayMark(mark: { size: number; root: string } | null): Cell {
  return mark === null ? 'none' : markup`${sayCount(mark.size, 'record')}, root ${code(mark.root)}`
}

function sayConsistency(isConsistent: boolean | null): string {
  if (isConsistent === null) return 'there is nothing to compare'
  return isConsistent ? 'yes' : 'no'
}

const states: ReadonlyMap<string, string> = new Map([
  ['reconciled', 'compared'],
  ['awaiting_source', 'not arrived yet'],
  ['not_reconcilable', 'not reconcilable: it has no log that could be compared'],
  ['failed', 'could not be compared'],
])

function sayCounts(counts: Readonly<Record<string, number>> | null): string {
  const named = Object.entries(counts ?? {}).filter(([, count]) => count > 0)
  return named.map(([name, count]) => `${name} ${sayNumber(count)}`).join(', ')
}

/** What the backends' own logs say. */
export function drawReconciliation(report: Report): Markup {
  const { reconciliation } = report
  const head = markup`<h2 id="logs">The backends’ own logs</h2>`
  if (reconciliation === null) return markup`${head}${drawAbsence(report, '/reconciliation')}`
  return markup`${head}${drawTable({
    caption: 'Compared in both directions',
    head: ['Backend', 'State', 'Source', 'Counts', 'Note'],
    rows: reconciliation.map(({ backend, status, source, counts, note }) => [
      ...[backend, states.get(status) ?? status, source ?? 'none'],
      ...[sayCounts(counts), note],
    ]),
    none: 'no backend is configured.',
  })}`
}
