import { type Markup, markup } from './report-markup.ts'
import { sayNumber } from './report-words.ts'

/** A cell: numbers are set to the right, with separators; null is "not known". */
export type Cell = string | number | Markup | null

export interface Table {
  readonly caption: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly Cell[])[]
  /** What stands there where there are no rows. */
  readonly none: string
}

/** Most rows of one table: a report is read by people, and the JSON has all. */
const most = 60

/** A table with its caption, which a narrow screen can scroll by keyboard too. */
export function drawTable({ caption, head, rows, none }: Table): Markup {
  if (rows.length === 0) return markup`<p class="none"><span class="caption">${caption}:</span> ${none}</p>`
  const shown = rows.slice(0, most)
  const isNumber = head.map((_, at) => shown.every((row) => typeof row[at] === 'number'))
  const titles = head.map((title, at) => markup`<th scope="col"${numeric(isNumber[at])}>${title}</th>`)
  const body = shown.map((row) => markup`<tr>${row.map((cell, at) => drawCell(cell, at === 0))}</tr>`)
  const table = markup`<table><caption><span>${caption}</span></caption><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table>`
  const region = markup`<div class="scroll" role="region" aria-label="${caption}" tabindex="0">${table}</div>`
  return rows.length > most ? markup`${region}${drawRest(rows.length)}` : region
}

function drawRest(total: number): Markup {
  return markup`<p class="rest">The first ${most} of ${sayNumber(total)}. report.json has them all.</p>`
}

function drawCell(cell: Cell, isFirst: boolean): Markup {
  const content = typeof cell === 'number' ? sayNumber(cell) : (cell ?? 'not known')
  if (isFirst) return markup`<th scope="row"${numeric(typeof cell === 'number')}>${content}</th>`
  return markup`<td${numeric(typeof cell === 'number')}>${content}</td>`
}

function numeric(isNumber: boolean | undefined): Markup | null {
  return isNumber === true ? markup` class="number"` : null
}

/** Terms and what they are. */
export function drawFacts(facts: readonly (readonly [term: string, value: Cell])[]): Markup {
  const pairs = facts.map(([term, value]) => {
    const content = typeof value === 'number' ? sayNumber(value) : (value ?? 'not known')
    return markup`<div><dt>${term}</dt><dd>${content}</dd></div>`
  })
  return markup`<dl class="facts">${pairs}</dl>`
}

/** A list of sentences. */
export function drawList(items: readonly Cell[]): Markup {
  return markup`<ul>${items.map((item) => markup`<li>${item}</li>`)}</ul>`
}

/** An id, a digest, a name of the machine's: in fixed width, broken anywhere. */
export function code(text: string): Markup {
  return markup`<code>${text}</code>`
}
