import { type Markup, markup } from './report-markup.ts'
import type { Report } from './report-schema.ts'
import { drawAbsence } from './report-sections.ts'
import { code, drawTable } from './report-table.ts'
import { sayTime } from './report-words.ts'

type Changes = NonNullable<Report['changes']>

/** What changed: keys, what decides calls, erasures, retention, holds. */
export function drawChanges(report: Report): Markup {
  const { changes } = report
  const head = markup`<h2 id="changes">What changed</h2>`
  if (changes === null) return markup`${head}${drawAbsence(report, '/changes')}`
  return markup`${head}${drawInForce(changes)}
${drawEvents('Keys of the book', changes.keys)}${drawEvents('Policy', changes.policy)}
${drawEvents('Lanes that were opened', changes.lanes)}${drawEvents('Erasures of personal values', changes.erasures)}
${drawEvents('Segments removed at the end of their time', changes.retention)}${drawEvents('Legal holds', changes.holds)}
${drawEvents('Approvals whose seal did not hold', changes.forgedApprovals)}
<h3>Roles</h3>${drawAbsence(report, '/changes/roles')}${drawEvents('Suspensions and their ends', changes.suspensions)}`
}

const news = new Map([
  [true, 'yes'],
  [false, 'no'],
])

function drawInForce({ inForce }: Changes): Markup {
  return drawTable({
    caption: 'What decided calls, by its digest',
    head: ['What', 'Of', 'Digest', 'First row', 'Last row', 'Rows', 'New'],
    rows: inForce.map((one) => [
      ...[one.what, one.of === '' ? 'everything' : one.of, code(one.digest.slice(0, 16))],
      ...[sayTime(one.first), sayTime(one.last), one.rows],
      one.isNew === null ? 'not known' : (news.get(one.isNew) ?? ''),
    ]),
    none: 'no row names any.',
  })
}

function drawEvents(caption: string, events: Changes['keys']): Markup {
  return drawTable({
    caption,
    head: ['When', 'Place', 'What'],
    rows: events.map(({ time, lane, seq, detail }) => [
      sayTime(time),
      `${lane}, row ${seq}`,
      Object.entries(detail)
        .map(([name, value]) => `${name}: ${value}`)
        .join('; '),
    ]),
    none: 'none.',
  })
}

/** Which controls this supports. */
export function drawControls({ controls }: Report): Markup {
  return markup`<h2 id="controls">Which controls this supports</h2>
<p>Supporting is not complying: each control also needs work of your own. docs/control-mapping.md says which.</p>
${drawTable({
  caption: 'Controls and their evidence in report.json',
  head: ['Framework', 'Control', 'Supports', 'Evidence'],
  rows: controls.map((one) => [
    ...[one.framework, one.control, one.supports],
    markup`${one.evidence.map((pointer) => markup`${code(pointer)} `)}`,
  ]),
  none: '',
})}`
}
