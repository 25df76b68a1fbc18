import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { readReport } from '../../../shared/audit/publish-report.ts'
import { reportDates, reportName } from '../../../shared/audit/report-name.ts'
import type { Report } from '../../../shared/audit/report-schema.ts'
import { siteOfStack } from '../../operate/site.ts'
import { createAgent } from '../demo/client.ts'
import { type Book, openBook, untilSealed } from '../stack/book.ts'
import { localFolder, readRunningStack, type StackFile, writePrivate } from '../stack/local-folder.ts'

const patienceMs = 60_000

/**
 * `npm run audit:night`: the running stack's nightly verification, now: asks for it as an auditor, wakes the timer, waits
 * for the report and writes its page beside `stack.json`. A night has one report: a second time shows the same. The exit
 * code is the report's.
 */
export async function run(args: readonly string[]): Promise<number> {
  if (args.length > 0) return fail('usage: npm run --silent audit:night\n', 64)
  const stack = readRunningStack(localFolder())
  if (stack === null) return fail('no stack is running: start one with npm start\n', 69)
  const book = openBook(siteOfStack(stack))
  await untilSealed(book)
  await ask(stack)
  await wake(stack)
  const date = await awaitReport(book)
  if (date === null) return fail('there is no report within a minute; the log of npm start says why\n', 3)
  const [bytes, page] = await Promise.all([
    book.reports.read(reportName(date, 'report.json')),
    book.reports.read(reportName(date, 'report.html')),
  ])
  const report = readReport(bytes ?? new Uint8Array())
  if (report === null || page === null) return fail(`the report of ${date} cannot be read\n`, 3)
  const path = join(localFolder(), `report-${date}.html`)
  writePrivate(path, Buffer.from(page).toString('utf8'))
  process.stdout.write(describe(report, path))
  return report.verdict.exitCode
}

/** As an auditor does it: `POST /api/audit/verify`. */
async function ask(stack: StackFile): Promise<void> {
  const authorization = `Bearer ${await createAgent(stack).signIn('dave', { control: true })}`
  const answer = await fetch(`${stack.gateway}/api/audit/verify`, { method: 'POST', headers: { authorization } })
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`)
}

async function wake({ evidenceApp }: StackFile): Promise<void> {
  const headers = { 'x-functions-key': evidenceApp.key }
  const answer = await fetch(`${evidenceApp.url}/admin/functions/verify-chain`, { method: 'POST', headers })
  if (answer.status !== 202) throw new Error(`the evidence app answered ${answer.status}`)
}

/** The newest report's date once its page is there, which is made last. */
async function awaitReport({ reports }: Book): Promise<string | null> {
  for (const until = Date.now() + patienceMs; Date.now() < until; await sleep(500)) {
    const [date] = reportDates(await reports.list('reports/'))
    if (date !== undefined && (await reports.read(reportName(date, 'report.html'))) !== null) return date
  }
  return null
}

function describe({ date, verdict, method }: Report, path: string): string {
  return [
    `${verdict.result}: the night of ${date}`,
    verdict.sentence,
    ...verdict.remarks,
    `The page: ${path}`,
    `A night has one report; this one was made up to ${method.endedAt}.`,
    '',
  ].join('\n')
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
