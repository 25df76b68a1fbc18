import { hash } from 'node:crypto'
import { type Markup, markup } from './report-markup.ts'
import type { Report } from './report-schema.ts'
import { drawAttestation, drawFindings, drawReviews, drawVerdict } from './report-sections.ts'
import { drawActivity } from './report-sections-activity.ts'
import { drawChanges, drawControls } from './report-sections-changes.ts'
import { drawMethod, drawReconciliation, drawScope } from './report-sections-method.ts'
import { style } from './report-style.ts'
import { drawTrend } from './report-trend.ts'
import { sayDate, sayTime } from './report-words.ts'

/** Content-Security-Policy of the page: nothing but its own style sheet, which its digest names. */
export const reportPolicy = `default-src 'none'; style-src 'sha256-${hash('sha256', style, 'base64')}'; base-uri 'none'; form-action 'none'`

/**
 * The report as one HTML document, from the JSON and the SHA-256 of its bytes alone: no script, nothing from elsewhere,
 * every value escaped. It forbids both to the browser itself.
 */
export function renderReport(report: Report, digest: string): string {
  const { date, scope, verdict, method } = report
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${reportPolicy}">
<meta name="referrer" content="no-referrer"><meta name="robots" content="noindex">
<title>${verdict.result}: report of ${sayDate(date)}</title><style>${sheet}</style></head>
<body><a class="skip" href="#verdict">To the verdict</a>
<header><p class="brand">Countersign, nightly report</p><h1>${sayDate(date)}</h1>
<p class="soft">${scope.origin}</p>${drawContents()}</header>
<main>${drawVerdict(report)}
<h2 id="trend">The last 30 nights</h2>${drawTrend(report.trend)}
${drawFindings(report)}${drawScope(report)}${drawActivity(report)}${drawReconciliation(report)}${drawChanges(report)}
${drawReviews(report)}${drawMethod(report)}${drawControls(report)}${drawAttestation(report, digest)}</main>
<footer>Verified ${sayTime(method.endedAt)}. Format ${report.schema}. How to read it: docs/reading-a-report.md.</footer></body></html>
`.html
}

const sheet: Markup = { html: style }

const contents = [
  ['verdict', 'Verdict'],
  ['trend', '30 nights'],
  ['findings', 'Findings'],
  ['scope', 'What was looked at'],
  ['activity', 'What was done'],
  ['access', 'Who saw what'],
  ['refusals', 'Refused'],
  ['duties', 'Duties'],
  ['changes', 'Changes'],
  ['review', 'Review'],
  ['controls', 'Controls'],
  ['limits', 'Limits'],
  ['attestation', 'Attestation'],
] as const

function drawContents(): Markup {
  const links = contents.map(([id, title]) => markup`<li><a href="#${id}">${title}</a></li>`)
  return markup`<nav aria-label="Sections"><ul>${links}</ul></nav>`
}
