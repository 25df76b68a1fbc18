import type { NightlyFacts } from './nightly.ts'
import { readPeriod } from './period.ts'
import type { PeriodFacts } from './period-facts.ts'
import { describeActivity } from './report-activity.ts'
import { describeGlass, findUnreviewed } from './report-break-glass.ts'
import { describeChanges, describeReconciliation, findingsOf } from './report-changes.ts'
import { controls, limits } from './report-controls.ts'
import { findDisowned } from './report-disowned.ts'
import { listFindings } from './report-findings.ts'
import { drawTrend, newestBefore, nightOf, type ReportSummary } from './report-history.ts'
import { describeReviews, findOverdue } from './report-reviews.ts'
import { type Report, reportVersion } from './report-schema.ts'
import { findChangedTools } from './report-tools.ts'
import { judgeNight } from './report-verdict.ts'

/** What is known beside the night's run; what is not given is "not collected". */
export interface ReportExtras {
  /** Requests that were refused before anybody was known. */
  readonly refusedOutside?: number
  /** RFC 3161 tokens that were made in the period. */
  readonly timeTokens?: number
}

/**
 * The report of a night from what its run found out and from earlier reports (at least the newest; more fill the trend).
 * The same input gives the same report. Nothing that was not collected appears as zero.
 */
export function buildReport(facts: NightlyFacts, history: readonly ReportSummary[], extras: ReportExtras = {}): Report {
  const { date } = facts
  const period = readPeriod(facts.period)
  const before = newestBefore(history, date)
  const reviews = describeReviews(date, before, period)
  const glass = period === null ? null : describeGlass(period, before, date)
  const late = [...findOverdue(reviews), ...findUnreviewed(glass)]
  const occurred = [...findDisowned(period), ...findChangedTools(period)]
  const found = [...facts.findings, ...findingsOf(facts.reconciliation), ...occurred, ...late]
  const findings = listFindings({ date, found, before, dispositions: reviews.dispositions, period })
  const activity = period === null ? null : describeActivity(period, glass)
  const reconciliation = describeReconciliation(facts.reconciliation)
  const verdict = judgeNight({ facts, findings, activity, reconciliation, isFirst: before === null })
  const report: Omit<Report, 'notCollected'> = {
    ...{ schema: reportVersion, date, verdict },
    ...{ scope: describeScope(facts, period), method: describeMethod(facts, extras), anchored: describeAnchors(facts) },
    ...{ findings, activity, refusedOutside: extras.refusedOutside ?? null, reconciliation },
    changes: period === null ? null : describeChanges(period, facts, before),
    reviews,
    controls: controls.map((control) => ({ ...control, evidence: [...control.evidence] })),
    limits: [...limits],
    trend: drawTrend(history, nightOf({ date, verdict, activity })),
    attestation,
  }
  return { ...report, notCollected: findMissing(report) }
}

/** The bytes that are signed and kept: JSON, readable, one spelling for one report. */
export function encodeReport(report: Report): Uint8Array {
  return Buffer.from(`${JSON.stringify(report, null, 1)}\n`, 'utf8')
}

function describeScope(facts: NightlyFacts, period: PeriodFacts | null): Report['scope'] {
  const { origin, since, until, lanes, segments, rows } = facts
  return {
    origin,
    requested: { from: since, to: until },
    found: { from: period?.from ?? null, to: period?.to ?? null },
    lanes: lanes.map(({ lane, segment, nextSeq }) => ({ lane, segment, nextSeq })),
    segments: { ...segments, missing: [...segments.missing] },
    rows,
    rowsByKind: period?.tallies.rows.map(([[kind = ''], count]) => ({ kind, rows: count })) ?? null,
  }
}

function describeMethod(facts: NightlyFacts, { timeTokens }: ReportExtras): Report['method'] {
  const { runId, startedAt, endedAt, build, kids, checkpoint, coverage } = facts
  const { before, now, consistent } = checkpoint
  return {
    ...{ runId, startedAt, endedAt, verifier: build, keyIds: [...kids] },
    checkpoint: { before, now: now && { size: now.size, root: now.root }, isConsistent: consistent },
    immutability: facts.immutability.length === 0 ? null : [...facts.immutability],
    coverage: { ...coverage.byReason, seed: coverage.seed, oldestCheck: coverage.oldestCheck?.slice(0, 10) ?? null },
    clockOffsetMs: facts.clockOffsetMs === null ? null : Math.round(facts.clockOffsetMs),
    timeTokens: timeTokens ?? null,
  }
}

function describeAnchors({ checkpoint, rows }: NightlyFacts): Report['anchored'] {
  const lanes = Object.entries(checkpoint.now?.lanes ?? {}).map(([lane, seq]) => ({ lane, seq }))
  return { upTo: checkpoint.now?.time ?? null, lanes, notAnchored: rows.notAnchored }
}

const attestation: Report['attestation'] = {
  signature: 'report.json.sig',
  algorithm: 'ECDSA on P-256 with SHA-256, DER, over the bytes of report.json',
  command: 'openssl dgst -sha256 -verify log-public.pem -signature report.json.sig report.json',
  chain: 'The SHA-256 of report.json is recorded in a row of kind "report", which the next checkpoint covers.',
}

/** Why something is not there. A value that is null for another reason has no entry. */
function findMissing(report: Omit<Report, 'notCollected'>): Report['notCollected'] {
  const { activity, changes, method } = report
  const perhaps: (readonly [isMissing: boolean, pointer: string, why: string])[] = [
    [activity === null, '/activity', 'The night’s run gave no summary of the rows.'],
    [changes === null, '/changes', 'The night’s run gave no summary of the rows.'],
    [changes?.roles === null, '/changes/roles', 'Roles are assigned in the directory, whose log is not read.'],
    [report.refusedOutside === null, '/refusedOutside', 'Refusals before sign-in stand in the operations log only.'],
    [report.reconciliation === null, '/reconciliation', 'No log of a backend is connected.'],
    [method.clockOffsetMs === null, '/method/clockOffsetMs', 'No other clock was asked.'],
    [method.immutability === null, '/method/immutability', 'The containers’ policies were not read back.'],
    [method.timeTokens === null, '/method/timeTokens', 'No time stamping authority is connected.'],
  ]
  return perhaps.filter(([isMissing]) => isMissing).map(([, pointer, why]) => ({ pointer, why }))
}
