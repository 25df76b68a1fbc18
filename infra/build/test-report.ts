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
