import { describe, expect, it } from 'vitest'
import { findSecondChances, mergeReports, readReport } from '../../../infra/build/test-report.ts'

type Status = 'passed' | 'failed' | 'skipped'

const file = (...tests: (readonly [Status, string])[]) => ({
  status: tests.some(([status]) => status === 'failed') ? 'failed' : 'passed',
  name: 'a.test.ts',
  assertionResults: tests.map(([status, fullName]) => ({ status, fullName })),
})
const report = (success: boolean, ...testResults: object[]) => JSON.stringify({ success, testResults })
const python = 'verifies by a script (skipped: needs python3)'

describe('the tally of a run', () => {
  it('counts tests and names those skipped', () => {
    const tests = file(['passed', 'a'], ['passed', 'b'], ['failed', 'c'], ['skipped', python])
    expect(readReport(report(false, tests), false)).toEqual({ passed: 2, failed: 1, skipped: [python], remarks: [] })
  })

  it('fails for a tool that is missing where tools are required', () => {
    const tally = readReport(report(true, file(['passed', 'a'], ['skipped', python])), true)
    expect(tally).toMatchObject({ passed: 1, failed: 1 })
    expect(tally.remarks).toEqual([expect.stringContaining(python)])
  })

  it('does not fail for a skip that is about the platform', () => {
    expect(readReport(report(true, file(['passed', 'a'], ['skipped', 'on macOS'])), true)).toMatchObject({ failed: 0 })
  })

  it.each([
    ['a file that could not be loaded', report(false, file(['passed', 'a']), { ...file(), status: 'failed' })],
    ['an error outside of any test', report(false, file(['passed', 'a']))],
    ['a run without tests', report(true)],
  ])('fails for %s', (_, json) => {
    expect(readReport(json, false)).toMatchObject({ failed: 1, remarks: [expect.any(String)] })
  })
})

describe('a second run', () => {
  const named = (name: string, status: Status) => ({ ...file([status, name]), name: `/tmp/x y/${name}` })
  const [slow, other] = [named('test/e2e/slow.test.ts', 'failed'), named('test/unit/a.test.ts', 'passed')]

  it('is for the files that failed alone', () => {
    expect(findSecondChances(report(false, slow, other))).toEqual([slow.name])
  })

  it.each(['attack', 'contract', 'infra', 'pipeline', 'property', 'types'])('is not for rules: %s', (folder) => {
    expect(findSecondChances(report(false, slow, named(`test/${folder}/a.test.ts`, 'failed')))).toEqual([])
  })

  it('is not for more than five files', () => {
    const many = Array.from({ length: 6 }, (_, at) => named(`test/e2e/${at}.test.ts`, 'failed'))
    expect(findSecondChances(report(false, ...many))).toEqual([])
  })

  it.each([
    ['passes', [true, 'passed'], { passed: 2, failed: 0, remarks: [] }],
    ['fails again', [false, 'failed'], { passed: 1, failed: 1, remarks: [] }],
    ['ends with an error outside of any test', [false, 'passed'], { passed: 2, failed: 1 }],
  ] as const)('decides where it %s', (_, [success, status], tally) => {
    const second = report(success, named('test/e2e/slow.test.ts', status))
    expect(readReport(mergeReports(report(false, slow, other), second), false)).toMatchObject(tally)
  })
})
