import { type ParseArgsConfig, parseArgs } from 'node:util'
import { keyFingerprint } from '../../../shared/audit/checkpoint.ts'
import type { Evidence } from '../../../shared/audit/evidence-source.ts'
import { type ExportScope, exportBundle } from '../../../shared/audit/export.ts'
import { exportDecision } from '../../../shared/audit/export-decision.ts'
import { verifyBundle } from '../../../shared/audit/verify-bundle.ts'
import { findSite, nowhere, type Site } from '../../operate/site.ts'
import { openBundleFolder, refuseFolder, writeBundleFolder } from '../bundle/bundle-folder.ts'
import { readMoment } from '../bundle/moment.ts'
import { openRunningEvidence, readReports, readScripts, readTimeStamp } from '../bundle/running-evidence.ts'
import { describeBundle } from '../bundle/verify-folder.ts'

const usage =
  'usage: npm run audit:export -- --from TIME --to TIME --out DIR\n       npm run audit:export -- --decision ID --out DIR\n(TIME: 2026-11-22 or 2026-11-22T10:00:00Z, in UTC; a day as --to means its end)\n'
const options = {
  from: { type: 'string' },
  to: { type: 'string' },
  decision: { type: 'string' },
  out: { type: 'string' },
} satisfies ParseArgsConfig['options']

interface Order {
  readonly out: string
  readonly what: { readonly decision: string } | ExportScope
}

/**
 * `npm run audit:export`: writes an evidence bundle of the running stack into an empty folder and checks it. Exit code 0,
 * or 1 where what was written does not verify, 3 where nothing could be written, 64 for wrong use.
 */
export async function run(args: readonly string[]): Promise<number> {
  const order = readOrder(args)
  if (order === null) return fail(usage, 64)
  const refusal = await refuseFolder(order.out)
  if (refusal !== null) return fail(`${refusal}\n`, 64)
  const site = findSite()
  if (site === null) return fail(nowhere, 3)
  try {
    const { names, fingerprint } = await writeOrder(site, order)
    process.stdout.write(`${names.length} files in ${order.out}\n`)
    return await judgeFolder(order.out, fingerprint)
  } catch (error) {
    return fail(`nothing was exported: ${error instanceof Error ? error.message : 'failed'}\n`, 3)
  }
}

function readOrder(args: readonly string[]): Order | null {
  try {
    const { out, decision, from, to } = parseArgs({ args: [...args], options }).values
    if (!out) return null
    if (decision !== undefined) return from === undefined && to === undefined ? { out, what: { decision } } : null
    const what = { from: readMoment(from ?? '', 'begin'), to: readMoment(to ?? '', 'end') }
    return what.from === null || what.to === null || what.from > what.to ? null : { out, what: what as Order['what'] }
  } catch {
    return null
  }
}

interface Written {
  readonly names: readonly string[]
  /** Of the key that the running stack signs with. */
  readonly fingerprint: string
}

async function writeOrder(site: Site, { out, what }: Order): Promise<Written> {
  const evidence = await openRunningEvidence(site)
  const fingerprint = keyFingerprint(evidence.source.publicKey)
  const files = 'decision' in what ? exportOne(evidence, what.decision) : exportTime(site, evidence, what)
  return { names: await writeBundleFolder(out, await files), fingerprint }
}

async function exportOne(evidence: Evidence, decision: string) {
  return exportDecision(evidence, decision, await readScripts())
}

async function exportTime(site: Site, evidence: Evidence, what: ExportScope) {
  const now = new Date().toISOString()
  // A bundle cannot vouch for what has not happened yet.
  const scope = { from: what.from, to: what.to < now ? what.to : now }
  if (scope.from > scope.to) throw new Error('the time has not begun yet')
  const reports = await readReports(site, scope)
  return exportBundle(evidence, scope, [...(await readScripts()), ...reports, ...(await readTimeStamp(site, evidence))])
}

/** Whoever exports knows the key from the stack itself; the reader has to get its fingerprint from him. */
async function judgeFolder(out: string, fingerprint: string): Promise<number> {
  const report = await verifyBundle({ files: openBundleFolder(out), pinned: { fingerprint } })
  const advice = 'Give the reader the key’s fingerprint (Key) on another way than the bundle: it is what they pin.'
  process.stdout.write(`${describeBundle(report)}${advice}\n`)
  return report.verdict === 'FAIL' ? 1 : 0
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
