import { type Markup, markup, nothing } from './report-markup.ts'
import type { Report, ReportFinding, ReportResult } from './report-schema.ts'
import { code, drawFacts, drawList } from './report-table.ts'
import { sayCount, sayDate, sayNumber, sayPlace, sayTime } from './report-words.ts'

const looks: Readonly<Record<ReportResult, readonly [name: string, says: string]>> = {
  PASS: ['pass', 'Passed'],
  'PASS WITH EXCEPTIONS': ['exceptions', 'Passed with exceptions'],
  FAIL: ['fail', 'Failed'],
  INCOMPLETE: ['incomplete', 'Incomplete'],
}

/** The verdict, what has to be known with it, and the four counts. */
export function drawVerdict({ verdict }: Report): Markup {
  const { result, sentence, remarks, because, counts } = verdict
  const [name, says] = looks[result]
  return markup`<section class="verdict ${name}" id="verdict"><h2>${says}</h2>
<p class="sentence">${sentence}</p>${remarks.map((text) => markup`<p>${text}</p>`)}${drawReasons(because)}</section>
<dl class="counts"><div><dt>Rows verified</dt><dd>${sayNumber(counts.verified)}</dd></div>
<div><dt>Rows expected</dt><dd>${sayNumber(counts.expected)}</dd></div>
<div><dt>Exceptions</dt><dd>${sayNumber(counts.exceptions)}</dd></div>
<div><dt>Not verified</dt><dd>${sayNumber(counts.notVerified)}</dd></div></dl>`
}

const mostReasons = 6

function drawReasons(because: Report['verdict']['because']): Markup {
  // Findings have their own section; here stands what is not one of them, and how many there are.
  const weights = { fail: 0, incomplete: 1, exception: 2 }
  const sorted = [...because].sort((a, b) => weights[a.effect] - weights[b.effect])
  if (sorted.length < 2) return nothing
  const shown = sorted.slice(0, mostReasons).map(({ text }) => text)
  const rest = sorted.length - mostReasons
  return drawList(rest > 0 ? [...shown, `And ${sayCount(rest, 'more reason')}, below.`] : shown)
}

/** The three lists of findings, and what was explained before. */
export function drawFindings({ findings }: Report): Markup {
  const { integrity, unresolved, operations, explained } = findings
  return markup`<h2 id="findings">Findings</h2>
<h3>Integrity of the book</h3>${drawCards(integrity, 'Nothing was found.')}
<h3>Calls without a known outcome</h3>${drawCards(unresolved, 'Every call that was decided on has its outcome.')}
<h3>Operations</h3>${drawCards(operations, 'Nothing was found.')}
${explained.length > 0 ? markup`<h3>Explained on an earlier night</h3>${drawCards(explained, '')}` : nothing}`
}

const mostCards = 100

function drawCards(findings: readonly ReportFinding[], none: string): Markup {
  if (findings.length === 0) return markup`<p class="none">${none}</p>`
  const cards = findings.slice(0, mostCards).map(drawCard)
  const rest = findings.length > mostCards ? `The first ${mostCards} of ${sayNumber(findings.length)}.` : ''
  return markup`${cards}${rest ? markup`<p class="rest">${rest} report.json has them all.</p>` : nothing}`
}

const tones: ReadonlyMap<string, string> = new Map([
  ['critical', 'fail'],
  ['high', 'fail'],
  ['medium', 'exceptions'],
])

function drawCard(finding: ReportFinding): Markup {
  const { kind, severity, meaning, action, detail, disposition } = finding
  return markup`<article class="finding"><h4>${meaning}<span class="badge ${tones.get(severity) ?? 'incomplete'}">${severity}</span></h4>
<p>${action}</p>
<dl class="facts"><div><dt>Place</dt><dd>${sayPlace(finding)}</dd></div><div><dt>Kind</dt><dd>${code(kind)}</dd></div>
<div><dt>First seen</dt><dd>${sayDate(finding.firstSeen)}</dd></div><div><dt>Last seen</dt><dd>${sayDate(finding.lastSeen)}</dd></div>
<div class="half"><dt>What was seen</dt><dd>${detail}</dd></div>
<div class="half"><dt>Explanation</dt><dd>${sayDisposition(finding, disposition)}</dd></div></dl>
<p class="soft">${code(finding.id)}</p></article>`
}

const decisions: ReadonlyMap<string, string> = new Map([
  ['accepted', 'Accepted'],
  ['incident', 'Treated as an incident'],
  ['false_alarm', 'Declared a false alarm'],
])

function sayDisposition({ due, isOverdue }: ReportFinding, disposition: ReportFinding['disposition']): string {
  if (disposition === null) return isOverdue ? `Overdue since ${sayDate(due)}.` : `None yet; due ${sayDate(due)}.`
  return `${decisions.get(disposition.decision) ?? disposition.decision} by ${disposition.by}, ${sayTime(disposition.at)}.`
}

/** Who has signed off what, and the line for tonight's signature. */
export function drawReviews({ reviews, date }: Report): Markup {
  const { pending, done, dispositions } = reviews
  const waiting = pending.map((one) => {
    return `Report of ${sayDate(one.date)}, ${one.isOverdue ? 'overdue since' : 'due'} ${sayDate(one.due)}.`
  })
  const made = done.map((one) => `Report of ${sayDate(one.date)}: ${one.decision}, by ${one.by}, ${sayTime(one.at)}.`)
  const decided = dispositions.map(
    (one) => markup`${code(one.finding)}: ${one.decision}, by ${one.by}, ${sayTime(one.at)}.`,
  )
  return markup`<h2 id="review">Review</h2>
<h3>Reports that wait for a review</h3>${listOr(waiting, 'None.')}
<h3>Reviews since the last report</h3>${listOr(made, 'None.')}
<h3>Findings explained since the last report</h3>${listOr(decided, 'None.')}
<h3>This report, ${sayDate(date)}</h3>
<p>The review is recorded in the book itself: who decided, when, and the digest of this very report.</p>
<div class="sign"><div>Reviewed by</div><div>Date</div><div>Accepted or rejected</div></div>`
}

function listOr(items: readonly (string | Markup)[], none: string): Markup {
  return items.length === 0 ? markup`<p class="none">${none}</p>` : drawList(items)
}

/** Why something that belongs here is not there. */
export function drawAbsence({ notCollected }: Report, pointer: string): Markup {
  const why = notCollected.find((one) => one.pointer === pointer)?.why ?? ''
  return markup`<p class="absence">Not collected. ${why}</p>`
}

/** Controls, limits, what is missing, and how to check that this is the report. */
export function drawAttestation(report: Report, digest: string): Markup {
  const { attestation, limits, notCollected } = report
  return markup`<h2 id="limits">What this cannot show</h2>${drawList(limits)}
<h3>Not collected</h3>${drawList(notCollected.map(({ pointer, why }) => markup`${code(pointer)}: ${why}`))}
<h2 id="attestation">Attestation</h2>
<p>This page was made from report.json and from nothing else. report.json is the evidence.</p>
${drawFacts([
  ['SHA-256 of report.json', code(digest)],
  ['Signature', `${attestation.signature}: ${attestation.algorithm}`],
  ['To check it', code(attestation.command)],
  ['Recorded', attestation.chain],
])}`
}
