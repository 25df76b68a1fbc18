import { z } from 'zod'

const file = z.object({
  status: z.string(),
  name: z.string(),
  message: z.string().default(''),
  assertionResults: z.array(z.object({ status: z.string(), fullName: z.string() })),
})

const schema = z.object({ success: z.boolean(), testResults: z.array(file) })

/** What a run came to. `skipped` are full names of tests. */
export interface Tally {
  readonly passed: number
  readonly failed: number
  readonly skipped: readonly string[]
  /** Why something counts as failed that no failed test shows. */
  readonly remarks: readonly string[]
}

/** Tests of rules have no excuse in a busy machine: one that fails once has found something. */
const strict = /(^|\/)test\/(attack|contract|infra|pipeline|property|types)\//

/**
 * Files that failed and may be run once more, alone: those that start real servers and wait for them. None where
 * something failed that may not, and none where so much failed that it is not the machine.
 */
export function findSecondChances(json: string): readonly string[] {
  const failed = schema.parse(JSON.parse(json)).testResults.filter(({ status }) => status === 'failed')
  const names = failed.map(({ name }) => name)
  return names.length > 5 || names.some((name) => strict.test(name)) ? [] : names
}

/** The first report, with the files that were run again as the second tells of them. */
export function mergeReports(first: string, second: string): string {
  const [before, after] = [schema.parse(JSON.parse(first)), schema.parse(JSON.parse(second))]
  const isAgain = ({ name }: z.output<typeof file>) => after.testResults.some((one) => one.name === name)
  const testResults = [...before.testResults.filter((one) => !isAgain(one)), ...after.testResults]
  const success = after.success && testResults.every(({ status }) => status === 'passed')
  return JSON.stringify({ success, testResults })
}

/**
 * Reads Vitest's JSON report. A file that could not be loaded counts as one failure, as do an error outside of any test
 * and a run without tests; with `required`, a test that is skipped for want of a tool is a failure.
 */
export function readReport(json: string, required: boolean): Tally {
  const { success, testResults } = schema.parse(JSON.parse(json))
  const tests = testResults.flatMap(({ assertionResults }) => assertionResults)
  const named = (...states: string[]) =>
    tests.filter(({ status }) => states.includes(status)).map((one) => one.fullName)
  const [passed, failed, skipped] = [named('passed'), named('failed'), named('skipped', 'pending', 'todo', 'disabled')]
  const remarks = [
    ...testResults.filter(isUnloaded).map(({ name }) => `${name} could not be loaded`),
    ...(required ? skipped.filter(wantsTool).map((name) => `skipped although tools are required: ${name}`) : []),
    ...(tests.length === 0 ? ['no test was run'] : []),
  ]
  const unexplained = !success && failed.length + remarks.length === 0 ? ['an error outside of any test'] : []
  const all = [...remarks, ...unexplained]
  return { passed: passed.length, failed: failed.length + all.length, skipped, remarks: all }
}

function isUnloaded({ status, assertionResults }: z.output<typeof file>): boolean {
  return status === 'failed' && assertionResults.every((one) => one.status !== 'failed')
}

/** Names of tests say what they need; other skips are about the platform or the mode. */
function wantsTool(name: string): boolean {
  return /\bneeds [\w-]+/.test(name)
}
