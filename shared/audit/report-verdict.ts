import type { NightlyFacts } from './nightly.ts'
import type { Because, Report, ReportFinding, ReportResult } from './report-schema.ts'
import { remark, sayVerdict, type VerdictSources } from './report-sentences.ts'
import { sayCount, sayList, sayPlace } from './report-words.ts'
import { exceptions } from './verify-findings.ts'

const exitCodes: Readonly<Record<ReportResult, number>> = { PASS: 0, FAIL: 1, 'PASS WITH EXCEPTIONS': 2, INCOMPLETE: 3 }

/** Milliseconds that our clock may differ from the platform's. */
const maxClockOffset = 2000

/**
 * FAIL: something is proven wrong; INCOMPLETE: not everything could be looked at, or nothing was there; exceptions:
 * something needs a person; otherwise PASS. In this order, and every reason is named.
 */
export function judgeNight(sources: VerdictSources): Report['verdict'] {
  const because = [
    ...judgeFindings(sources),
    ...judgePopulation(sources.facts),
    ...judgeMemory(sources),
    ...judgeState(sources),
  ]
  const result = resultOf(because)
  const counts = countNight(sources)
  const sentence = sayVerdict(result, because, sources.facts)
  return { result, exitCode: exitCodes[result], sentence, remarks: remark(sources), because, counts }
}

function resultOf(because: readonly Because[]): ReportResult {
  const has = (effect: Because['effect']) => because.some((reason) => reason.effect === effect)
  if (has('fail')) return 'FAIL'
  if (has('incomplete')) return 'INCOMPLETE'
  return has('exception') ? 'PASS WITH EXCEPTIONS' : 'PASS'
}

function countNight({ facts: { rows }, findings }: VerdictSources): Report['verdict']['counts'] {
  const { expected, verified } = rows
  const open = findings.integrity.length + findings.unresolved.length + findings.operations.length
  return { verified, expected, exceptions: open, notVerified: Math.max(0, expected - verified) }
}

function judgeFindings({ findings, facts }: VerdictSources): Because[] {
  const listed = [...findings.integrity, ...findings.unresolved, ...findings.operations]
  // One of an earlier night that was explained since, and not found again, is listed and weighs nothing.
  const all = listed.filter(({ lastSeen, disposition }) => lastSeen === facts.date || disposition === null)
  const kinds = [...new Set(all.map(({ kind }) => kind))]
  return kinds.map((kind) => ({
    code: kind,
    // An exception in the book's own sense does not put its bytes in doubt; a disposition changes nothing about them.
    effect: exceptions.has(kind) ? 'exception' : 'fail',
    text: sayKind(all.filter((finding) => finding.kind === kind)),
  }))
}

function sayKind(findings: readonly ReportFinding[]): string {
  const [first] = findings
  if (first === undefined) return ''
  const more = findings.length > 1 ? `, and ${sayCount(findings.length - 1, 'other place')}` : ''
  return `${first.meaning} Place: ${sayPlace(first)}${more}.`
}

function judgePopulation({ rows, segments, notes, checkpoint }: NightlyFacts): Because[] {
  const { expected, found, verified } = rows
  const log = checkpoint.consistent
  const missing = `${sayCount(expected - found, 'row')} that should be there were not found.`
  const unread = `${sayCount(found - verified, 'row')} could not be verified.`
  const inconsistent = 'Tonight’s anchor log does not continue the one of the report before.'
  const uncompared = 'The anchor log was not compared with the last report’s.'
  const unanswered = `No result came for ${sayList(segments.missing)}.`
  return [
    ...when(log === false, fail('checkpoint_inconsistent', inconsistent)),
    ...when(found < expected, fail('population_short', missing)),
    ...when(verified === 0, incomplete('nothing_verified', 'No row was verified.')),
    ...when(verified < found, incomplete('not_verified', unread)),
    ...when(checkpoint.now === null, incomplete('not_anchored', 'There is no anchor log that could be believed.')),
    ...when(log === null && checkpoint.before !== null, incomplete('not_compared', uncompared)),
    ...when(segments.missing.length > 0, incomplete('segment_unanswered', unanswered)),
    ...notes.map((note) => incomplete('note', note)),
  ]
}

/** Reports are kept where nobody can remove them; what the run remembers of them is not. */
function judgeMemory({ facts, isFirst }: VerdictSources): Because[] {
  const text = 'What the night before had verified is gone, though its report is kept: nothing was compared with it.'
  return when(facts.since === null && !isFirst, incomplete('memory_lost', text))
}

function judgeState(sources: VerdictSources): Because[] {
  return [...judgeProtection(sources.facts), ...judgeActivity(sources.activity), ...judgeLogs(sources)]
}

function judgeProtection({ immutability, clockOffsetMs }: NightlyFacts): Because[] {
  const open = immutability.filter(({ state }) => state !== 'locked').map(({ container }) => container)
  const isOff = Math.abs(clockOffsetMs ?? 0) > maxClockOffset
  return [
    ...when(open.length > 0, exception('not_immutable', `No locked policy protects ${sayList(open)}.`)),
    ...when(isOff, exception('clock_offset', 'The clock differs from the platform’s.')),
  ]
}

function judgeActivity(activity: Report['activity']): Because[] {
  if (activity === null)
    return [exception('activity_not_collected', 'What the rows say about calls was not collected.')]
  const isStranger = activity.identity.some(({ matches }) => matches === 'no')
  const isOwn = activity.separationOfDuties.approvedOwn.length > 0
  return [
    ...when(activity.dropped.length > 0, exception('lists_not_whole', 'Some lists of this report are not whole.')),
    ...when(isStranger, exception('identity_mismatch', 'A backend saw somebody else than the person who asked.')),
    ...when(isOwn, exception('approved_own', 'Somebody’s own vote was counted for their own call.')),
  ]
}

function judgeLogs({ reconciliation }: VerdictSources): Because[] {
  const failed = (reconciliation ?? []).filter(({ status }) => status === 'failed').map(({ backend }) => backend)
  const text = `The logs of ${sayList(failed)} could not be compared.`
  return when(failed.length > 0, exception('reconciliation_failed', text))
}

function when(condition: boolean, because: Because): Because[] {
  return condition ? [because] : []
}

function fail(code: string, text: string): Because {
  return { code, effect: 'fail', text }
}

function incomplete(code: string, text: string): Because {
  return { code, effect: 'incomplete', text }
}

function exception(code: string, text: string): Because {
  return { code, effect: 'exception', text }
}
