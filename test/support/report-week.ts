/**
 * The reports of 30 nights, the last of them with one of every finding. What the rows say comes from rows that the real
 * writer wrote; findings come from the real verifier over a copy that was tampered with, as far as rows alone bring them
 * about, and the others (of anchors, reports, logs) are put beside them, one of each kind.
 */
import type { NightlyFacts } from '../../shared/audit/nightly.ts'
import type { PeriodFacts } from '../../shared/audit/period-facts.ts'
import type { StoredEntity } from '../../shared/audit/record.ts'
import { buildReport } from '../../shared/audit/report.ts'
import { type ReportSummary, summarizeReport } from '../../shared/audit/report-history.ts'
import type { Report } from '../../shared/audit/report-schema.ts'
import { readStoredChain } from '../../shared/audit/stored-chain.ts'
import { type VerifyReport, verifyChain } from '../../shared/audit/verify.ts'
import { type Finding, findingKinds } from '../../shared/audit/verify-findings.ts'
import { digest, key, kid, origin } from '../unit/audit/fixture.ts'
import { keyOf, type MemoryRows } from '../unit/audit/memory-rows.ts'
import { collectPeriod, writeWeek } from './report-rows.ts'

const dayMs = 24 * 60 * 60 * 1000
const last = Date.parse('2026-11-22T00:00:00.000Z')

const dateOf = (back: number) => new Date(last - back * dayMs).toISOString().slice(0, 10)

/** Facts of a night on which nothing happened and everything was in order. */
export function quietFacts(date: string, more: Partial<NightlyFacts> = {}): NightlyFacts {
  const day = Date.parse(`${date}T01:00:00.000Z`)
  const root = Buffer.from(`${date}${digest}`).toString('hex').slice(0, 64)
  const size = 99_213 - Math.round((last - day) / 60_000)
  return {
    ...{ date, runId: `run-${date}`, origin, build: digest, missedNights: [] },
    startedAt: `${date}T01:00:00.000Z`,
    endedAt: `${date}T01:04:31.250Z`,
    since: new Date(day - dayMs).toISOString(),
    until: `${date}T01:00:00.000Z`,
    lanes: [{ lane: 'L01', segment: 4, nextSeq: 1, mac: digest }],
    segments: { expected: 1, checked: 1, missing: [] },
    rows: { expected: 1, found: 1, verified: 1, notAnchored: 0 },
    coverage: { byReason: { new: 1, rolling: 0, sample: 0, weekly: 0 }, seed: root, oldestCheck: dateOf(31) },
    checkpoint: {
      before: { size: size - 1440, root: digest },
      now: { size, root, time: `${date}T01:00:04.000Z`, lanes: { L01: 0 } },
      consistent: true,
    },
    immutability: [{ container: 'evidence', state: 'locked', days: 400, allowsAppends: true }],
    ...{ kids: [kid], findings: [], notes: [], period: null, reconciliation: null, clockOffsetMs: 12 },
    ...more,
  }
}

/** The week: reports of the nights before, oldest first, and the one with one of every finding. */
export interface ReportWeek {
  readonly earlier: readonly Report[]
  readonly history: readonly ReportSummary[]
  readonly facts: NightlyFacts
  readonly report: Report
}

export async function makeReportWeek(): Promise<ReportWeek> {
  const { rows, clock } = await writeWeek('2026-11-21T01:10:00.000Z')
  const period = collectPeriod(rows)
  const earlier = makeEarlier(period)
  const history = earlier.map(summarizeReport)
  const honest = await verify(rows, clock.now)
  const facts = lastNight(period, honest, await findEverything(rows, clock.now))
  return { earlier, history, facts, report: buildReport(facts, history) }
}

/** 29 nights: mostly quiet or busy and in order, one missed, one incomplete, some with exceptions. */
function makeEarlier(period: PeriodFacts): Report[] {
  const reports: Report[] = []
  for (let back = 29; back > 0; back--) {
    if (back === 4) continue
    const before = reports.map(summarizeReport)
    reports.push(buildReport(quietFacts(dateOf(back), specialNight(back, period)), before))
  }
  return reports
}

function specialNight(back: number, period: PeriodFacts): Partial<NightlyFacts> {
  const missed: Finding = { kind: 'night_missed', lane: 'nights', seq: 20261118, detail: 'no report for 2026-11-18' }
  const findings = back === 3 ? [missed] : []
  const notes = back === 9 ? ['the key vault did not answer'] : []
  const scaled = scale(period, back)
  const total = scaled.tallies.calls.reduce((sum, [, count]) => sum + 2 * count, 1)
  const rows = { expected: total, found: total, verified: total, notAnchored: 0 }
  return { period: scaled, rows, findings, notes, reconciliation: [] }
}

/** Another day's figures: weekends are quiet. Reviews of every report so far, so that few are overdue. */
function scale(period: PeriodFacts, back: number): PeriodFacts {
  const date = dateOf(back)
  const day = new Date(`${date}T00:00:00.000Z`).getUTCDay()
  const share = day === 0 || day === 6 ? 0.1 : 0.7 + ((back * 37) % 50) / 100
  const calls = period.tallies.calls.map(([key, count]) => [key, Math.round(count * share)] as const)
  const review = { kind: 'review', time: `${date}T00:30:00.000Z`, lane: 'L01', seq: back } as const
  const reviewed = dateOf(back + 1)
  const detail = { date: reviewed, oid: 'e71b4c93-8d5a-4f26-a0b9-68c7d8e9f0a1', decision: 'accepted' }
  const events = reviewed === '2026-11-16' ? [] : [{ ...review, detail }]
  return { ...period, tallies: { ...period.tallies, calls, roles: [], approvedBy: [] }, unknown: [], open: [], events }
}

function lastNight(period: PeriodFacts, honest: VerifyReport, findings: readonly Finding[]): NightlyFacts {
  const { rows, verified } = honest.counts
  const night = quietFacts('2026-11-22')
  return {
    ...night,
    ...{ period, findings, lanes: [{ lane: 'L01', segment: 4, nextSeq: rows, mac: digest }] },
    segments: { expected: 6, checked: 5, missing: ['L02|000003'] },
    rows: { expected: rows + 3, found: rows, verified, notAnchored: 41 },
    coverage: { ...night.coverage, byReason: { new: rows, rolling: 33_120, sample: 9_904, weekly: 0 } },
    immutability: [
      { container: 'evidence', state: 'locked', days: 400, allowsAppends: true },
      { container: 'reports', state: 'unlocked', days: 400, allowsAppends: false },
    ],
    reconciliation: [
      reconciled('azure-postgresql', 'PGSQLServerLogs', { calls: 74, confirmed: 73, events: 76, bypass: 1 }),
      {
        ...reconciled('databricks-sql', 'system.access.audit', { calls: 18, awaiting: 18 }),
        status: 'awaiting_source',
      },
      { ...reconciled('azure-storage-blob', null, null), status: 'not_reconcilable', note: 'no log is set up' },
    ],
  }
}

function reconciled(backend: string, source: string | null, counts: Readonly<Record<string, number>> | null) {
  const window = { from: '2026-11-21T01:00:00.000Z', to: '2026-11-22T01:00:00.000Z' }
  return { backend, source, window, status: 'reconciled', counts, findings: [], note: '' }
}

function verify(rows: MemoryRows, now: number): Promise<VerifyReport> {
  return verifyChain({ source: readStoredChain(rows), keys: async (id) => (id === kid ? { key } : null), now })
}

type Rows = Map<string, StoredEntity>

const at = (seq: number) => keyOf('L01|000001', `r${String(seq).padStart(16, '0')}`)

const swap = (rows: Rows, one: number, other: number) => {
  const [a, b] = [rows.get(at(one))!, rows.get(at(other))!]
  rows.set(at(one), { ...b, rowKey: a.rowKey }).set(at(other), { ...a, rowKey: b.rowKey })
}

const change = (rows: Rows, seq: number, properties: Record<string, unknown>) => {
  const row = rows.get(at(seq))!
  rows.set(at(seq), { ...row, properties: { ...row.properties, ...properties } })
}

/** What somebody with write access did to a copy of the rows. */
function tamper(rows: Rows): void {
  change(rows, 12, { c: Buffer.from('{"v":1}') })
  swap(rows, 30, 40)
  change(rows, 55, { verdict: 'deny' })
  change(rows, 60, { kid: 'audit-hmac-1999-01/0a1b2c3d' })
  for (const seq of [71, 72, 73]) rows.delete(at(seq))
  rows.delete(keyOf('L01|000001', '!head'))
}

/** One of every kind: those that the verifier finds in the copy, and the others at places of their own. */
async function findEverything(rows: MemoryRows, now: number): Promise<Finding[]> {
  const { findings: open } = await verify(rows, now)
  const copy = new Map(rows.tables.rows)
  tamper(rows.tables.rows)
  const { findings } = await verify(rows, now)
  rows.tables.rows.clear()
  for (const [id, entity] of copy) rows.tables.rows.set(id, entity)
  const found = [...findings, ...open]
  const others = findingKinds.filter((kind) => !found.some((finding) => finding.kind === kind))
  const placed = others.map((kind, index) => ({ kind, ...placeOf(kind, index), detail: `an example of ${kind}` }))
  return [...found, ...placed]
}

function placeOf(kind: string, index: number): { lane: string; seq: number; toSeq?: number } {
  if (kind.startsWith('anchor') || kind === 'checkpoint_invalid') return { lane: 'anchors', seq: 48_000 + index }
  if (kind === 'review_overdue' || kind === 'report_altered') return { lane: 'reports', seq: 20_261_112 }
  if (kind === 'night_missed') return { lane: 'nights', seq: 20_261_118 }
  if (kind === 'bypass_access' || kind === 'unrecorded_access') return { lane: 'azure-postgresql', seq: 0 }
  const seq = 110 + index
  return kind === 'rewritten' || kind === 'truncated' ? { lane: 'L02', seq, toSeq: seq + 40 } : { lane: 'L02', seq }
}
