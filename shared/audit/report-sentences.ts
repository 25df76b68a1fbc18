import type { NightlyFacts } from './nightly.ts'
import type { Because, Report, ReportResult } from './report-schema.ts'
import { sayCount, sayList, sayNumber, sayTime } from './report-words.ts'

/** From what the verdict follows. */
export interface VerdictSources {
  readonly facts: NightlyFacts
  readonly findings: Report['findings']
  readonly activity: Report['activity']
  readonly reconciliation: Report['reconciliation']
  /** No report was kept before this one. */
  readonly isFirst: boolean
}

/** The verdict in one sentence, or two. Never that nothing was tampered with: only what was found to be consistent. */
export function sayVerdict(result: ReportResult, because: readonly Because[], facts: NightlyFacts): string {
  const textsOf = (effect: Because['effect']) => because.filter((one) => one.effect === effect).map(({ text }) => text)
  if (result === 'FAIL') return sayFailure(textsOf('fail'))
  if (result === 'INCOMPLETE') return sayIncomplete(textsOf('incomplete'), facts)
  return sayPopulation(facts) + sayExceptions(textsOf('exception').length)
}

function sayFailure([first = '', ...others]: readonly string[]): string {
  const more = `There ${are(others.length)} ${sayCount(others.length, 'more reason')} of this weight.`
  return `Verification failed. ${first}${others.length > 0 ? ` ${more}` : ''}`
}

function sayIncomplete(texts: readonly string[], { rows }: NightlyFacts): string {
  const share = `${sayNumber(rows.verified)} of ${sayCount(rows.expected, 'row')}`
  return `Not everything could be verified: ${share}. ${texts.slice(0, 3).join(' ')}`
}

function sayExceptions(open: number): string {
  return open === 0 ? '' : ` ${sayCount(open, 'exception')} ${open === 1 ? 'needs' : 'need'} attention.`
}

function sayPopulation({ rows, since, until, checkpoint }: NightlyFacts): string {
  const span = since === null ? `up to ${sayTime(until)}` : `from ${sayTime(since)} to ${sayTime(until)}`
  const all = rows.expected === 1 ? 'The one row' : `All ${sayCount(rows.expected, 'row')}`
  const were = rows.expected === 1 ? 'was' : 'were'
  return `${all} expected ${span} ${were} present and cryptographically consistent${sayCheckpoints(checkpoint)}.`
}

function sayCheckpoints({ now, before }: NightlyFacts['checkpoint']): string {
  if (now === null) return ''
  const after = `, which is consistent with checkpoint ${sayNumber(before?.size ?? 0)} recorded in the report before`
  return ` with checkpoint ${sayNumber(now.size)}${before ? after : ''}`
}

/** What has to be known together with the verdict. */
export function remark(sources: VerdictSources): string[] {
  return [...remarkPopulation(sources), ...remarkLogs(sources.reconciliation)]
}

function remarkPopulation({ facts, findings, activity }: VerdictSources): string[] {
  const { rows, missedNights, date } = facts
  const earlier = findings.integrity.filter(
    ({ lastSeen, disposition }) => lastSeen < date && disposition === null,
  ).length
  const tail = `${sayCount(rows.notAnchored, 'row')} newer than the checkpoint ${are(rows.notAnchored)} protected by the keyed chain only.`
  const open = `${sayCount(earlier, 'finding')} of earlier nights ${are(earlier)} still without an explanation.`
  const missed = `No report was made for ${sayList(missedNights)}; the rows of that time are in this one.`
  return [
    ...(activity?.calls.total === 0 ? ['No calls were made.'] : []),
    ...(rows.notAnchored > 0 ? [tail] : []),
    ...(earlier > 0 ? [open] : []),
    ...(missedNights.length > 0 ? [missed] : []),
  ]
}

function remarkLogs(reconciliation: Report['reconciliation']): string[] {
  if (reconciliation === null) return ['The backends’ own logs were not compared.']
  const namesOf = (status: string) =>
    reconciliation.filter((one) => one.status === status).map(({ backend }) => backend)
  const [without, awaited] = [namesOf('not_reconcilable'), namesOf('awaiting_source')]
  const blind = `Not reconcilable: ${sayList(without)}. What happened there outside the gateway, this report cannot see.`
  const late = `The logs of ${sayList(awaited)} have not arrived yet and will be compared when they have.`
  return [...(without.length > 0 ? [blind] : []), ...(awaited.length > 0 ? [late] : [])]
}

function are(count: number): string {
  return count === 1 ? 'is' : 'are'
}
