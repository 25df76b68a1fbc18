import { type Markup, markup } from '../audit/report-markup.ts'
import { style } from '../audit/report-style.ts'
import { drawFacts } from '../audit/report-table.ts'

/** A recording as it is kept (`v` 1), with its decision and the digest that the decision's outcome names. */
export interface ShownRecording {
  readonly decisionId: string
  readonly digest: string
  readonly recorded: {
    readonly backend: string
    readonly operation: string
    readonly inputs: Readonly<Record<string, unknown>>
    readonly data: unknown
    readonly masked: readonly { readonly path: string; readonly label: string; readonly strategy: string }[]
  }
}

/** Most rows on a page that people read; the JSON answer has all. */
const mostRows = 500

/** What the agent asked and what it was given, as a page without a script: every value is text and nothing else. */
export function drawRecording({ decisionId, digest, recorded }: ShownRecording): string {
  const { backend, operation, inputs, data, masked } = recorded
  const facts = drawFacts([
    ['Decision', decisionId],
    ['Operation', `${backend}/${operation}`],
    ['SHA-256 of what is kept', digest],
  ])
  const { html } = markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>Recording ${decisionId}</title><style>${{ html: style }}</style></head><body>
<header><p class="brand">Countersign</p><h1>What was asked, and what was answered</h1>${facts}</header>
<main><h2>Asked</h2>${Object.entries(inputs).map(drawInput)}
<h2>Answered</h2>${drawData(data)}
<h2>Masked</h2>${drawMasks(masked)}</main>
<footer><p class="soft">The answer is shown as the agent got it: what is masked here was masked there.</p></footer>
</body></html>
`
  return html
}

function drawInput([name, value]: readonly [string, unknown]): Markup {
  return markup`<h3>${name}</h3><pre><code>${show(value)}</code></pre>`
}

function drawMasks(masked: ShownRecording['recorded']['masked']): Markup {
  if (masked.length === 0) return markup`<p>Nothing was masked.</p>`
  const head = ['Where', 'Class', 'Strategy']
  return drawGrid(
    head,
    masked.map(({ path, label, strategy }) => [path, label, strategy]),
  )
}

function drawData(data: unknown): Markup {
  if (!isTable(data)) return markup`<pre><code>${show(data)}</code></pre>`
  const grid = drawGrid(data.columns, data.rows.slice(0, mostRows))
  const rest = data.rows.length - mostRows
  return rest > 0 ? markup`${grid}<p class="rest">${rest} more rows: the JSON has them.</p>` : grid
}

function drawGrid(head: readonly string[], rows: readonly (readonly unknown[])[]): Markup {
  const titles = head.map((title) => markup`<th scope="col">${title}</th>`)
  const body = rows.map((row) => markup`<tr>${row.map((cell) => markup`<td>${show(cell)}</td>`)}</tr>`)
  const table = markup`<table><thead><tr>${titles}</tr></thead><tbody>${body}</tbody></table>`
  return markup`<div class="scroll" role="region" aria-label="Rows" tabindex="0">${table}</div>`
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2)
}

function isTable(data: unknown): data is { readonly columns: string[]; readonly rows: unknown[][] } {
  if (typeof data !== 'object' || data === null || !('columns' in data) || !('rows' in data)) return false
  return Array.isArray(data.columns) && Array.isArray(data.rows) && data.rows.every(Array.isArray)
}
