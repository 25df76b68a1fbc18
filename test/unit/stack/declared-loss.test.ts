import { describe, expect, it } from 'vitest'
import { explainLosses } from '../../../infra/local/stack/declared-loss.ts'
import type { StoredEntity } from '../../../shared/audit/record.ts'
import type { ChainSource, VerifyReport } from '../../../shared/audit/verify.ts'
import type { Finding } from '../../../shared/audit/verify-findings.ts'

const loss = { runStarted: '2026-01-02T10:00:00.000Z', discovered: '2026-01-02T11:00:00.000Z', mayBeLost: [] }
const [before, during, after] = ['2026-01-02T09:00:00.000Z', '2026-01-02T10:30:00.000Z', '2026-01-02T11:00:01.000Z']

function row(seq: number, ts: string, kind = 'intent'): StoredEntity {
  const rowKey = `r${String(seq).padStart(16, '0')}`
  return { partitionKey: 'L01|000001', rowKey, etag: '', properties: { ts, kind } }
}

function sourceOf(rows: readonly StoredEntity[]): ChainSource {
  const pages = async function* () {
    yield rows
  }
  return { pages, rows: pages, head: async () => null, lanes: async () => [] }
}

function reportOf(findings: readonly Finding[], more: Partial<VerifyReport> = {}): VerifyReport {
  const counts = { rows: 0, verified: 0, lanes: 1, segments: 1, intents: 0, outcomes: 0, events: 0 }
  const rest = { open: 0, notVerified: 0, notAnchored: 0, findings: findings.length }
  return { verdict: 'FAIL', counts: { ...counts, ...rest }, anchoredUpTo: null, findings, notes: [], ...more }
}

const deleted = (seq: number, toSeq: number): Finding => ({ kind: 'deleted', lane: 'L01', seq, toSeq, detail: 'd' })
const older = [row(0, before, 'start'), row(1, during)]

describe('a declared loss', () => {
  it.each<[string, Finding, readonly StoredEntity[]]>([
    ['rows missing at the end of a lane', deleted(2, 4), older],
    ['rows missing before the next run’s start', deleted(2, 4), [...older, row(5, after, 'start')]],
    ['a head behind its rows', { kind: 'head_rolled_back', lane: 'L01', seq: 1, toSeq: 1, detail: 'd' }, older],
    ['a lane shorter than listed', { kind: 'segment_missing', lane: 'L01', seq: 0, detail: 'd' }, older],
  ])('explains %s', async (_, finding, rows) => {
    const report = await explainLosses(reportOf([finding]), { source: sourceOf(rows), losses: [loss] })
    expect(report.verdict).toBe('PASS WITH EXCEPTIONS')
    expect(report.findings).toMatchObject([{ kind: 'declared_local_loss', lane: 'L01', seq: finding.seq }])
  })

  it.each<[string, Finding, readonly StoredEntity[]]>([
    ['an edited row', { kind: 'edited', lane: 'L01', seq: 1, detail: 'd' }, older],
    ['rows missing in the middle', deleted(1, 1), [row(0, during), row(2, during)]],
    ['rows missing from a later run', deleted(3, 4), [...older, row(2, after, 'start'), row(5, after)]],
    ['rows of a later run missing with lost ones', deleted(2, 5), [...older, row(6, after)]],
    ['rows missing from an earlier run', deleted(1, 4), [row(0, before)]],
    ['a lane that is missing', { kind: 'lane_missing', lane: 'L02', seq: 0, detail: 'd' }, older],
    [
      'a head behind rows of a later run',
      { kind: 'head_rolled_back', lane: 'L01', seq: 1, toSeq: 2, detail: 'd' },
      [...older, row(2, after)],
    ],
  ])('does not explain %s', async (_, finding, rows) => {
    const report = await explainLosses(reportOf([finding]), { source: sourceOf(rows), losses: [loss] })
    expect(report.verdict).toBe('FAIL')
    expect(report.findings).toEqual([finding])
  })

  it('leaves FAIL where something else is wrong too', async () => {
    const edited: Finding = { kind: 'edited', lane: 'L01', seq: 0, detail: 'd' }
    const report = await explainLosses(reportOf([deleted(2, 3), edited]), { source: sourceOf(older), losses: [loss] })
    expect(report.verdict).toBe('FAIL')
    expect(report.findings.map(({ kind }) => kind)).toEqual(['declared_local_loss', 'edited'])
  })

  it('explains nothing where not every finding is known', async () => {
    const report = reportOf([deleted(2, 3)])
    const cut = { ...report, counts: { ...report.counts, findings: 2 } }
    expect((await explainLosses(cut, { source: sourceOf(older), losses: [loss] })).verdict).toBe('FAIL')
  })

  it('stays INCOMPLETE where not everything could be read', async () => {
    const report = reportOf([deleted(2, 3)], { notes: ['not everything could be read'] })
    expect((await explainLosses(report, { source: sourceOf(older), losses: [loss] })).verdict).toBe('INCOMPLETE')
  })

  it('is needed: without one the same findings fail', async () => {
    const report = await explainLosses(reportOf([deleted(2, 4)]), { source: sourceOf(older), losses: [] })
    expect(report.verdict).toBe('FAIL')
  })
})
