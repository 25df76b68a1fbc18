import { type Markup, markup } from './report-markup.ts'
import type { Night } from './report-schema.ts'
import { sayCount, sayDate } from './report-words.ts'

const width = 360
const height = 84
const step = 12
const floor = 62
const tallest = 54
const bar = 7

const classes: ReadonlyMap<Night['result'], string> = new Map([
  ['PASS', 'pass'],
  ['PASS WITH EXCEPTIONS', 'exceptions'],
  ['FAIL', 'fail'],
  ['INCOMPLETE', 'incomplete'],
])

/** The last nights as a picture: a bar for the calls, a mark for the verdict whose form says it without its colour. */
export function drawTrend(trend: readonly Night[]): Markup {
  const left = width - trend.length * step
  const most = Math.max(1, ...trend.map(({ calls }) => calls ?? 0))
  const nights = trend.map((night, at) => drawNight(night, { x: left + at * step, most }))
  const [first, last] = [trend[0], trend.at(-1)]
  const summary = summarize(trend)
  return markup`<figure>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="trend-title"><title id="trend-title">${summary}</title>
<line x1="0" y1="${floor}" x2="${width}" y2="${floor}" class="axis"/>${nights}</svg>
<figcaption><span>${first ? sayDate(first.date) : ''}</span><span>${last ? sayDate(last.date) : ''}</span></figcaption>
<p class="legend">Bars: calls in the night, ${sayCount(most, 'call')} at most. Marks: ${drawLegend()}</p>
<p>${summary}</p></figure>`
}

function drawLegend(): readonly Markup[] {
  const entries = [
    ['PASS', 'passed'],
    ['PASS WITH EXCEPTIONS', 'with exceptions'],
    ['FAIL', 'failed'],
    ['INCOMPLETE', 'incomplete'],
    [null, 'no report'],
  ] as const
  return entries.map(
    ([result, says]) =>
      markup`<span><svg viewBox="-6 -6 12 12" class="key" aria-hidden="true">${drawMark(result)}</svg>${says}</span> `,
  )
}

function drawNight(night: Night, { x, most }: { x: number; most: number }): Markup {
  const size = Math.round((tallest * (night.calls ?? 0)) / most)
  const calls = night.calls === null ? 'calls not known' : sayCount(night.calls, 'call')
  const label = `${sayDate(night.date)}: ${night.result ?? 'no report'}, ${calls}`
  const side = (step - bar) / 2
  return markup`<g><title>${label}</title>
<rect x="${x + side}" y="${floor - size}" width="${bar}" height="${size}" class="bar"/>
<g transform="translate(${x + step / 2} ${floor + 11})">${drawMark(night.result)}</g></g>`
}

function drawMark(result: Night['result']): Markup {
  const name = classes.get(result) ?? 'absent'
  if (result === 'PASS') return markup`<circle r="3" class="${name}"/>`
  if (result === 'PASS WITH EXCEPTIONS') return markup`<path d="M0 -4 4 3.5H-4Z" class="${name}"/>`
  if (result === 'FAIL') return markup`<path d="M-4 -4H4V4H-4Z" class="${name}"/>`
  if (result === 'INCOMPLETE') return markup`<circle r="3" class="hollow"/>`
  return markup`<path d="M-3 -3 3 3M3 -3-3 3" class="absent"/>`
}

function summarize(trend: readonly Night[]): string {
  const count = (result: Night['result']) => trend.filter((night) => night.result === result).length
  const parts = [
    `${count('PASS')} passed`,
    `${count('PASS WITH EXCEPTIONS')} with exceptions`,
    `${count('FAIL')} failed`,
    `${count('INCOMPLETE')} incomplete`,
    `${count(null)} without a report`,
  ]
  return `${sayCount(trend.length, 'night')}: ${parts.join(', ')}.`
}
