/**
 * `npm test`: builds once, runs the checks, the tables of the policy and every test, lists what was skipped and for want
 * of what, and ends with `N passed, N failed` on a line of its own; each check counts as one. Arguments are filters for
 * the tests, and leave the checks out. `--long` runs test/long as well. REQUIRE_TOOLS=1 makes a skip for want of a tool
 * a failure; CI=true runs few failed files of servers and browsers a second time, alone, and says so; SMOKE_NODES names further Node binaries (separated by `:`) that must be able to start the package.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { build } from './build.ts'
import { repository } from './check.ts'
import { runCommand } from './command.ts'
import { smoke } from './smoke.ts'
import { findSecondChances, mergeReports, readReport, type Tally } from './test-report.ts'

const checkMs = 300_000
const suiteMs = 2_700_000
const longMs = 3 * 3_600_000
const nothing: Tally = { passed: 0, failed: 0, skipped: [], remarks: [] }

/** A check resolves with what it has to say, and rejects where it fails. */
type Check = readonly [name: string, run: () => Promise<string>]

const script = (name: string, ...args: string[]): Check => [
  [name, ...args].join(' '),
  async () => {
    const { code, output } = await runCommand('npm', ['run', '--silent', name, '--', ...args], {
      cwd: repository,
      env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined },
      timeoutMs: checkMs,
    })
    if (code !== 0) throw new Error(output.trim())
    return output.trim().split('\n').at(-1) ?? ''
  },
]

const checks: readonly Check[] = [
  script('check:format'),
  script('check:types'),
  script('check:imports'),
  script('check:budgets'),
  script('check:unused'),
  script('policy', 'test'),
  ['package', startPackage],
]

async function main(args: readonly string[]): Promise<number> {
  const filters = args.filter((arg) => arg !== '--long')
  const isLong = filters.length < args.length
  const tallies = [await runCheck(['build', async () => (await build()).digest])]
  if (filters.length === 0) for (const check of checks) tallies.push(await runCheck(check))
  tallies.push(await runSuite('vitest.config.ts', filters, suiteMs))
  if (isLong) tallies.push(await runLong(filters))
  return report(sum(tallies))
}

async function runCheck([name, run]: Check): Promise<Tally> {
  const start = performance.now()
  const seconds = () => `${((performance.now() - start) / 1000).toFixed(1)} s`
  try {
    const said = await run()
    write(`passed  ${name} (${seconds()}) ${said}`)
    return { ...nothing, passed: 1 }
  } catch (error) {
    write(`FAILED  ${name} (${seconds()})\n${error instanceof Error ? error.message : String(error)}`)
    return { ...nothing, failed: 1, remarks: [`the check ${name}`] }
  }
}

async function startPackage(): Promise<string> {
  const nodes = [process.execPath, ...(process.env.SMOKE_NODES ?? '').split(delimiter).filter((path) => path !== '')]
  await smoke(nodes)
  return `starts under ${nodes.length} Node`
}

async function runLong(filters: readonly string[]): Promise<Tally> {
  if (existsSync(join(repository, 'test/long'))) return runSuite('vitest.long.config.ts', filters, longMs)
  write('There are no long tests yet.')
  return nothing
}

async function runSuite(config: string, filters: readonly string[], timeoutMs: number): Promise<Tally> {
  const required = process.env.REQUIRE_TOOLS === '1'
  const { code, json } = await runVitest(config, filters, timeoutMs)
  if (json === null) return { ...nothing, failed: 1, remarks: [`the tests of ${config} did not end (${code})`] }
  const again = process.env.CI === 'true' ? findSecondChances(json) : []
  if (again.length === 0) return readReport(json, required)
  write(`\nOnce more, alone, since they start servers and wait for them:\n${again.join('\n')}`)
  const second = await runVitest(config, ['--maxWorkers=1', ...again], timeoutMs)
  if (second.json === null) return readReport(json, required)
  write(`\nThese files failed in the first run: ${again.join(', ')}`)
  return readReport(mergeReports(json, second.json), required)
}

async function runVitest(config: string, filters: readonly string[], timeoutMs: number) {
  const folder = join(repository, '.cache')
  const file = join(folder, `${config}.json`)
  await mkdir(folder, { recursive: true })
  await rm(file, { force: true })
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { code } = await runCommand(process.execPath, [vitest, 'run', '--config', config, ...reporters, ...filters], {
    cwd: repository,
    show: true,
    timeoutMs,
  })
  return { code, json: existsSync(file) ? await readFile(file, 'utf8') : null }
}

function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, one) => total + one.passed, 0),
    failed: tallies.reduce((total, one) => total + one.failed, 0),
    skipped: tallies.flatMap((one) => one.skipped),
    remarks: tallies.flatMap((one) => one.remarks),
  }
}

function report({ passed, failed, skipped, remarks }: Tally): number {
  if (skipped.length > 0) write(`\n${skipped.length} skipped:`)
  for (const name of skipped) write(`  ${name}`)
  for (const remark of remarks) write(`failed: ${remark}`)
  write(`\n${passed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

function write(line: string): void {
  process.stdout.write(`${line}\n`)
}

process.exitCode = await main(process.argv.slice(2))
