import { hash } from 'node:crypto'
import { join } from 'node:path'
import { reportDates, reportName } from '../../../shared/audit/report-name.ts'
import { type Verdict, verifyChain } from '../../../shared/audit/verify.ts'
import type { StoredReport } from '../../../shared/audit/verify-reports.ts'
import type { WormStore } from '../../../shared/audit/worm-reports.ts'
import { findSite, nowhere, type Site } from '../../operate/site.ts'
import { verifyFolder } from '../bundle/verify-folder.ts'
import { openBook, untilSealed } from '../stack/book.ts'
import { explainLosses, type LocalReport } from '../stack/declared-loss.ts'
import { type DeclaredLoss, readLosses } from '../stack/kept-state.ts'
import { localFolder } from '../stack/local-folder.ts'

const usage = 'usage: npm run --silent audit:verify -- [--json] [--full] | --bundle DIR …\n'
const flags = new Set(['--json', '--full'])
const exitCodes: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, 'PASS WITH EXCEPTIONS': 2, INCOMPLETE: 3 }
const shown = 50

/** `npm run audit:verify`: verifies the running stack's book; exit code 0 PASS, 1 FAIL, 2 exceptions, 3 INCOMPLETE. */
export async function run(args: readonly string[]): Promise<number> {
  if (args.some((arg) => arg.startsWith('--bundle'))) return verifyFolder(args)
  if (args.some((arg) => !flags.has(arg))) return fail(usage)
  const site = findSite()
  if (site === null) return fail(nowhere, exitCodes.INCOMPLETE)
  const report = await verifySite(site, new Set(args))
  const { verdict, counts, anchoredUpTo, findings, notes } = report
  const json = JSON.stringify({ verdict, counts, anchoredUpTo, findings, notes })
  process.stdout.write(args.includes('--json') ? `${json}\n` : describe(report))
  return exitCodes[verdict]
}

async function verifySite(site: Site, asked: ReadonlySet<string>): Promise<LocalReport> {
  const book = openBook(site)
  const { openings, source, keys, evidence, anchors, reports: store } = book
  if (site.stack !== null) await untilSealed(book)
  const reports = () => listReports(store)
  const full = asked.has('--full') ? { openings, sealed: evidence.readSegment } : {}
  const report = await verifyChain({ source, keys, anchors, reports, ...full, now: Date.now(), requireAnchors: true })
  const losses = site.stack === null ? [] : readLosses(join(localFolder(), 'kept'), site.stack.pids.stack)
  const explained = await explainLosses(report, { source, losses })
  return { ...explained, notes: [...explained.notes, ...losses.map(warn)] }
}

/** The nightly reports that are kept, by the digests of their bytes. */
async function listReports(store: WormStore): Promise<readonly StoredReport[]> {
  const dates = reportDates(await store.list('reports/'))
  return Promise.all(
    dates.map(async (date) => {
      const bytes = await store.read(reportName(date, 'report.json'))
      return { date, digest: hash('sha256', bytes ?? new Uint8Array(), 'hex') }
    }),
  )
}

/** Azurite goes back to an earlier state as a whole, so what was lost need not leave a gap that a finding could name. */
function warn({ runStarted, discovered }: DeclaredLoss): string {
  return `declared local loss: rows written from ${runStarted} on may be missing with their heads (seen ${discovered})`
}

function describe({ verdict, counts, findings, notes, anchoredUpTo }: LocalReport): string {
  const lines = [
    verdict,
    `${counts.verified} of ${counts.rows} rows verified (lanes: ${counts.lanes}, segments: ${counts.segments}):`,
    `${counts.intents} intents, ${counts.outcomes} outcomes, ${counts.events} events, ${counts.open} calls still open.`,
    ...(counts.openings !== undefined ? [`${counts.openings} stored openings compared with their commitments.`] : []),
    ...notes,
    ...findings.slice(0, shown).map(({ kind, lane, seq, toSeq, detail }) => {
      return `${kind} ${lane} ${seq}${toSeq === undefined || toSeq === seq ? '' : `-${toSeq}`}: ${detail}`
    }),
    ...(counts.findings > shown ? [`and ${counts.findings - shown} findings more (see --json)`] : []),
    describeAnchors({ anchoredUpTo, counts }),
  ]
  return `${lines.join('\n')}\n`
}

function describeAnchors({ anchoredUpTo, counts }: Pick<LocalReport, 'anchoredUpTo' | 'counts'>): string {
  if (anchoredUpTo === null)
    return 'No row is anchored: whoever holds the key and may write to the store could rewrite the book.'
  const { size, time } = anchoredUpTo
  const rest = `${counts.notAnchored} newer rows are protected by the keyed chain only.`
  return `Anchored up to record ${size} of ${time ?? 'no time'}; ${rest}`
}

function fail(message: string, code = 64): number {
  process.stderr.write(message)
  return code
}
