import { describe, expect, it } from 'vitest'
import { carryOver, createPeriod, mergePeriods } from '../../../shared/audit/period.ts'
import type { PeriodFacts } from '../../../shared/audit/period-facts.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { buildReport } from '../../../shared/audit/report.ts'
import { summarizeReport } from '../../../shared/audit/report-history.ts'
import { renderReport } from '../../../shared/audit/report-html.ts'
import { quietFacts } from '../../support/report-week.ts'
import { called, digest, kid, origin, permitted } from './fixture.ts'

const place = (kind: RowDocument['kind'], lane: string, seq: number) => {
  const time = new Date(Date.UTC(2026, 10, 16, 8, 0, seq)).toISOString()
  return { v: 1, origin, lane, segment: 1, seq, kid, kind, time } as const
}

/** A call of a backend: intent and outcome, one row after the other. */
function call(backend: string, seq: number, { lane = 'L01', changed = true } = {}): readonly RowDocument[] {
  const { decisionId, traceId, ...facts } = permitted(`${backend}-${lane}-${seq}`, { backend })
  const ids: Record<string, string> = changed ? { changedTool: digest } : {}
  const outcome = called({ status: 'not-called', code: 'backend_rejected', backendIds: ids })
  const intent = { lane, segment: 1, seq, mac: digest }
  return [
    { ...place('intent', lane, seq), decisionId, traceId, intent: { ...facts, personal: {} } },
    { ...place('outcome', lane, seq + 1), decisionId, outcome: { ...outcome, intent } },
  ]
}

function collect(...rows: readonly RowDocument[]): PeriodFacts {
  const period = createPeriod()
  for (const row of rows) period.add(row)
  return period.facts()
}

const reportOf = (period: PeriodFacts) => buildReport(quietFacts('2026-11-17', { period }), [])

describe('a tool that was changed', () => {
  it('is one finding a backend, with how many calls and the place of the first', () => {
    const rows = [
      ...call('notes', 14),
      ...call('files', 20),
      ...call('notes', 6, { lane: 'L02' }),
      ...call('notes', 30),
    ]
    const { findings, verdict } = reportOf(collect(...rows))
    expect(findings.operations).toMatchObject([
      {
        kind: 'tool_changed',
        severity: 'high',
        lane: 'L01',
        seq: 20,
        detail: expect.stringContaining('files: 1 call '),
      },
      { kind: 'tool_changed', lane: 'L02', seq: 6, detail: expect.stringContaining('notes: 3 calls ') },
    ])
    expect(verdict.result).toBe('PASS WITH EXCEPTIONS')
    expect(verdict.because.map(({ code }) => code)).toContain('tool_changed')
  })

  it('stands on the page with its backend and its place', () => {
    const page = renderReport(reportOf(collect(...call('notes', 14))), digest)
    expect(page).toContain('backend notes: 1 call of a pinned tool refused')
    expect(page).toMatch(/tool_changed.*L01.*14/s)
  })

  it('is counted once where the rows were walked in parts, and the outcome came on the next night', () => {
    const [intent, outcome] = call('notes', 14) as [RowDocument, RowDocument]
    const tonight = collect(...call('notes', 2), intent)
    const next = mergePeriods([carryOver(tonight), collect(outcome), collect(...call('notes', 40))])
    expect(tonight.changedTools).toMatchObject([{ backend: 'notes', calls: 1, seq: 2 }])
    expect(next.changedTools).toMatchObject([{ backend: 'notes', calls: 2, lane: 'L01', seq: 14 }])
  })

  it('is not a call that was refused for another reason', () => {
    expect(reportOf(collect(...call('notes', 14, { changed: false }))).findings.operations).toEqual([])
  })

  it('is no finding of facts that an older build kept', () => {
    const { changedTools: _unknown, ...older } = collect(...call('notes', 14))
    expect(reportOf(mergePeriods([older])).findings.operations).toEqual([])
  })

  it('stays until an auditor has explained it', () => {
    const first = reportOf(collect(...call('notes', 14)))
    const next = buildReport(quietFacts('2026-11-18', { period: collect() }), [summarizeReport(first)])
    expect(next.findings.operations).toMatchObject([{ kind: 'tool_changed', firstSeen: '2026-11-17', seq: 14 }])
  })
})
