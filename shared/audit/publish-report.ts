import { hash } from 'node:crypto'
import { Problem } from '../errors/problem.ts'
import type { NoteSigner } from './anchor-log.ts'
import type { NightlyFacts } from './nightly.ts'
import { buildReport, encodeReport, type ReportExtras } from './report.ts'
import { type ReportSummary, summarizeReport } from './report-history.ts'
import { renderReport } from './report-html.ts'
import { reportDates, reportName } from './report-name.ts'
import { type Report, type ReportResult, reportVersion } from './report-schema.ts'

/** Where reports are kept for good. `put` takes the same bytes again and rejects others under a name that is taken. */
export interface ReportStore {
  readonly put: (name: string, bytes: Uint8Array) => Promise<void>
  readonly read: (name: string) => Promise<Uint8Array | null>
  readonly list: (prefix: string) => Promise<readonly string[]>
}

export interface PublisherOptions {
  readonly store: ReportStore
  readonly sign: NoteSigner
  /** A time-stamp token (RFC 3161, DER) over the bytes of the report; null where the authority does not answer. */
  readonly stamp?: (bytes: Uint8Array) => Promise<Uint8Array | null>
  readonly extras?: ReportExtras
}

/** What was published; `digest` is the SHA-256 (hex) of the bytes of `report.json`. */
export interface Published {
  readonly date: string
  readonly verdict: ReportResult
  readonly exitCode: number
  readonly digest: string
}

/**
 * Makes the function that publishes a night: `report.json` first, then its signature, the page, and the time stamp where
 * there is an authority. It may be repeated after any failure: what one run has begun, the same run completes from the
 * bytes that are kept. Rejects with `internal` where another run has reported this night already.
 */
export function createPublisher(options: PublisherOptions): (facts: NightlyFacts) => Promise<Published> {
  const { store } = options
  return async (facts) => {
    const name = reportName(facts.date, 'report.json')
    const bytes = (await store.read(name)) ?? (await createBytes(facts, options))
    const report = readReport(bytes)
    if (report === null || report.method.runId !== facts.runId) throw refuse(facts.date)
    await store.put(name, bytes)
    await complete(report, bytes, options)
    const { result, exitCode } = report.verdict
    return { date: facts.date, verdict: result, exitCode, digest: hash('sha256', bytes, 'hex') }
  }
}

async function createBytes(facts: NightlyFacts, { store, extras }: PublisherOptions): Promise<Uint8Array> {
  return encodeReport(buildReport(facts, await readHistory(store, facts.date), extras))
}

async function complete(report: Report, bytes: Uint8Array, { store, sign, stamp }: PublisherOptions): Promise<void> {
  const { date } = report
  await putOnce(store, reportName(date, 'report.json.sig'), async () => (await sign(bytes)).signature)
  const page = Buffer.from(renderReport(report, hash('sha256', bytes, 'hex')), 'utf8')
  // A page that an older build made of the same JSON stays as it is.
  await putOnce(store, reportName(date, 'report.html'), async () => page)
  if (stamp) await putOnce(store, reportName(date, 'report.json.tsr'), () => stamp(bytes))
}

/** What differs each time that it is made is kept as it was made first. */
async function putOnce(store: ReportStore, name: string, make: () => Promise<Uint8Array | null>): Promise<void> {
  if ((await store.read(name)) !== null) return
  const bytes = await make()
  if (bytes === null) return
  try {
    await store.put(name, bytes)
  } catch (cause) {
    // Another instance of the same run was quicker.
    if ((await store.read(name)) === null) throw cause
  }
}

const mostReports = 30

/** Summaries of the newest reports before `date`. One that cannot be read is left out: its night shows as missed. */
export async function readHistory(store: ReportStore, date: string): Promise<ReportSummary[]> {
  const earlier = reportDates(await store.list('reports/')).filter((one) => one < date)
  const summaries: ReportSummary[] = []
  for (const one of earlier.slice(0, mostReports).reverse()) {
    const bytes = await store.read(reportName(one, 'report.json'))
    const report = bytes && readReport(bytes)
    if (report) summaries.push(summarizeReport(report))
  }
  return summaries
}

/**
 * The report, or null where the bytes are none of this format. Only the verifier can write there, and what it wrote under
 * this version is taken as it is: a night must not stay without its report for one strange figure in it.
 */
export function readReport(bytes: Uint8Array): Report | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'))
    return (value as Partial<Report> | null)?.schema === reportVersion ? (value as Report) : null
  } catch {
    return null
  }
}

function refuse(date: string): Problem {
  return new Problem('internal', 'The report could not be published.', { reason: `another report is kept for ${date}` })
}
