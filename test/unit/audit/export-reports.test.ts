import { describe, expect, it } from 'vitest'
import { collectReports } from '../../../shared/audit/export-reports.ts'

const names = [
  ...['2026-11-20', '2026-11-21', '2026-11-22', '2026-11-23'].flatMap((date) => [
    `reports/${date}/report.html`,
    `reports/${date}/report.json`,
    `reports/${date}/report.json.sig`,
  ]),
  'reports/2026-11-22/report.json.tsr',
  'reports/2026-11-22/notes.txt',
  'reports/../report.json',
]
const shelf = { list: async () => names, read: async (name: string) => Buffer.from(name) }

describe('the reports in a bundle', () => {
  it('are those of the days in scope, with signature and time stamp, and nothing else that lies there', async () => {
    const scope = { from: '2026-11-21T10:00:00.000Z', to: '2026-11-22T09:00:00.000Z' }
    expect((await collectReports(shelf, scope)).map(({ name }) => name)).toEqual([
      'report-2026-11-21.json',
      'report-2026-11-21.json.sig',
      'report-2026-11-22.json',
      'report-2026-11-22.json.sig',
      'report-2026-11-22.json.tsr',
    ])
  })
})
