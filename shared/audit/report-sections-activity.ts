import { type Markup, markup } from './report-markup.ts'
import type { Report } from './report-schema.ts'
import { drawAbsence } from './report-sections.ts'
import { code, drawTable } from './report-table.ts'
import { sayCount, sayTime } from './report-words.ts'

type Activity = NonNullable<Report['activity']>

/** What was done: calls, access, proof of identity, refusals, approvals, overlaps of duties. */
export function drawActivity(report: Report): Markup {
  const { activity } = report
  if (activity === null) return markup`<h2 id="activity">What was done</h2>${drawAbsence(report, '/activity')}`
  const { calls } = activity
  return markup`<h2 id="activity">What was done</h2>
<p>${sayCount(calls.total, 'call')} for ${sayCount(calls.persons, 'person', 'persons')}, by ${sayCount(calls.agents, 'agent')}.</p>
${drawCalls(activity)}
<h2 id="access">Who saw what</h2>${drawAccess(activity)}
<h2 id="proof">On whose behalf</h2>
<p>How it is known for whom a backend acted. The strongest proof is what the backend itself said.</p>${drawProof(activity)}
<h2 id="refusals">What was refused</h2>${drawRefusals(report, activity)}
<h2 id="duties">Separation of duties</h2>${drawDuties(activity)}
<h2 id="reads">Reads of the book</h2>${drawReads(activity)}`
}

function drawCalls({ calls, recordings }: Activity): Markup {
  const unknown = calls.unknown.map((call) => [
    call.decisionId,
    `${call.backend} ${call.operation}`,
    call.effect,
    call.oid,
    call.evidence ?? 'nothing found out',
  ])
  return markup`${drawTable({
    caption: 'Calls by operation',
    head: ['Backend', 'Operation', 'Permitted', 'Refused'],
    rows: calls.byOperation.map((one) => [one.backend, one.operation, one.permitted, one.refused]),
    none: 'no calls.',
  })}${drawTable({
    caption: 'Calls by effect',
    head: ['Effect', 'Calls'],
    rows: calls.byEffect.map((one) => [one.effect, one.calls]),
    none: 'no calls.',
  })}${drawTable({
    caption: 'What became of them',
    head: ['Backend', 'Status', 'Answer', 'Calls'],
    rows: calls.byOutcome.map((one) => [one.backend, one.status, one.code, one.calls]),
    none: 'no outcomes.',
  })}${drawTable({
    caption: 'Sent, and nobody can say whether the backend acted',
    head: ['Decision', 'Operation', 'Effect', 'Person', 'Found out since'],
    rows: unknown,
    none: 'none.',
  })}${drawTable({
    caption: 'Recorded in full',
    head: ['Backend', 'Calls'],
    rows: recordings.map((one) => [one.backend, one.calls]),
    none: 'none.',
  })}`
}

function drawAccess({ access, masks, unclassified }: Activity): Markup {
  return markup`${drawTable({
    caption: 'By class of data',
    head: ['Class', 'Persons', 'Calls, in clear', 'Masked in part', 'Withheld'],
    rows: access.byClass.map((one) => [sayClass(one.class), one.persons, one.clear, one.part, one.withheld]),
    none: 'no data was returned.',
  })}${drawTable({
    caption: 'By person',
    head: ['Person', 'Class', 'In clear', 'In part', 'Withheld', 'Backends', 'Agents'],
    rows: access.byPerson.map((one) => [
      ...[code(one.oid), sayClass(one.class), one.clear, one.part, one.withheld],
      ...[one.backends.join(', '), markup`${one.agents.map((agent) => markup`${code(agent)} `)}`],
    ]),
    none: 'nobody saw any.',
  })}${drawTable({
    caption: 'Masked fields',
    head: ['Backend', 'Class', 'How', 'Fields'],
    rows: masks.map((one) => [one.backend, one.class, one.strategy, one.fields]),
    none: 'none.',
  })}${drawTable({
    caption: 'Fields that nobody has classified; they were left out of the answer',
    head: ['Backend', 'Operation', 'Field', 'Calls'],
    rows: unclassified.map((one) => [one.backend, one.operation, code(one.path), one.calls]),
    none: 'none.',
  })}`
}

function sayClass(name: string): string {
  return name === '' ? '(not classified)' : name
}

const sources: ReadonlyMap<string, string> = new Map([
  ['backend', 'the backend said so'],
  ['token', 'read from the token it was sent'],
  ['none', 'no proof'],
])

function drawProof({ identity }: Activity): Markup {
  return drawTable({
    caption: 'Calls by source of the proof',
    head: ['Backend', 'Proof', 'Method', 'Is the person who asked', 'Calls'],
    rows: identity.map((one) => [
      ...[one.backend, sources.get(one.source) ?? one.source, one.method],
      ...[one.matches === 'unknown' ? 'not said' : one.matches, one.calls],
    ]),
    none: 'no backend was called.',
  })
}

function drawRefusals(report: Report, { refusals }: Activity): Markup {
  const outside =
    report.refusedOutside === null
      ? markup`<h3>Before anybody was known</h3>${drawAbsence(report, '/refusedOutside')}`
      : markup`<p>${sayCount(report.refusedOutside, 'request')} refused before anybody was known; they stand in no row.</p>`
  return markup`${drawTable({
    caption: 'By reason; one call may have several',
    head: ['Backend', 'Decision', 'Reason', 'Calls'],
    rows: refusals.map((one) => [one.backend, one.verdict, one.reason, one.calls]),
    none: 'nothing was refused.',
  })}${outside}`
}

function drawDuties(activity: Activity): Markup {
  const { approvals, separationOfDuties: duties } = activity
  return markup`${drawTable({
    caption: 'Voted on calls of others, and called themselves',
    head: ['Person', 'Votes', 'Calls'],
    rows: duties.votedAndCalled.map((one) => [code(one.oid), one.votes, one.calls]),
    none: 'nobody.',
  })}${drawTable({
    caption: 'Own vote counted for an own call (must not happen)',
    head: ['Person', 'Calls'],
    rows: duties.approvedOwn.map((one) => [code(one.oid), one.calls]),
    none: 'nobody.',
  })}${drawTable({
    caption: 'Approved each other’s calls',
    head: ['One', 'The other', 'Calls'],
    rows: duties.approvedEachOther.map((one) => [code(one.one), code(one.other), one.calls]),
    none: 'nobody.',
  })}${drawTable({
    caption: 'Reviewed reports or findings, and called or voted',
    head: ['Person', 'Reviews', 'Calls', 'Votes'],
    rows: duties.reviewedOwn.map((one) => [code(one.oid), one.reviews, one.calls, one.votes]),
    none: 'nobody.',
  })}${drawTable({
    caption: 'Hold several roles that belong to different people',
    head: ['Person', 'Roles'],
    rows: duties.severalRoles.map((one) => [code(one.oid), one.roles.join(', ')]),
    none: 'nobody, among those who called.',
  })}${drawTable({
    caption: 'Steps of approvals',
    head: ['Step', 'Decision', 'Times'],
    rows: approvals.steps.map((one) => [one.step, one.decision === '' ? '–' : one.decision, one.times]),
    none: 'no approvals.',
  })}${drawTable({
    caption: 'Voters',
    head: ['Person', 'Votes'],
    rows: approvals.voters.map((one) => [code(one.oid), one.votes]),
    none: 'nobody voted.',
  })}${drawGlass(activity)}`
}

function drawGlass({ breakGlass }: Activity): Markup {
  return markup`${drawTable({
    caption: 'Emergency access in this period',
    head: ['Person', 'From', 'Until', 'Use'],
    rows: breakGlass?.uses.map((one) => [code(one.oid), sayTime(one.since), sayTime(one.until), code(one.id)]) ?? [],
    none: 'nobody used it.',
  })}${drawTable({
    caption: 'Emergency access that nobody has reviewed',
    head: ['Person', 'From', 'Review due', 'Overdue', 'Use'],
    rows:
      breakGlass?.pending.map((one) => [
        ...[code(one.oid), sayTime(one.since), one.due, one.isOverdue ? 'yes' : 'no', code(one.id)],
      ]) ?? [],
    none: 'none.',
  })}`
}

function drawReads({ reads }: Activity): Markup {
  return drawTable({
    caption: 'By person',
    head: ['Person', 'What', 'Times'],
    rows: reads.map((one) => [code(one.oid), one.what, one.times]),
    none: 'nobody read in it.',
  })
}
