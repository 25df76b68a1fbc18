import { parseArgs } from 'node:util'
import { createAnchorRecorder } from '../../../shared/audit/anchor-records.ts'
import { createVaultSigner } from '../../../shared/audit/vault-signer.ts'
import { type Verdict, type VerifyReport, verifyChain } from '../../../shared/audit/verify.ts'
import { createWormEvidence } from '../../../shared/audit/worm-evidence.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import { findSite, nowhere, type Site } from '../../operate/site.ts'
import { openBook } from '../stack/book.ts'

const usage = `usage: npm run audit:failover -- [--declare]
Names the anchored rows that a change of region lost; declares them in the signed log with --declare.
`
const exitCodes: Readonly<Record<Verdict, number>> = { PASS: 0, FAIL: 1, 'PASS WITH EXCEPTIONS': 2, INCOMPLETE: 3 }

interface Loss {
  readonly lane: string
  readonly seq: number
  readonly toSeq: number
}

/**
 * `npm run audit:failover`: what the anchors know of and the store no longer has, lane by lane; with `--declare` it stands
 * in the signed log from then on, as an exception of every report. The exit code is the verdict's; 64 for wrong usage.
 */
export async function run(args: readonly string[]): Promise<number> {
  const isDeclared = parse(args)
  if (isDeclared === null) return fail(usage, 64)
  const site = findSite()
  if (site === null) return fail(nowhere, 69)
  const before = await verify(site)
  const losses = lossesOf(before)
  for (const { lane, seq, toSeq } of losses) say(`lost: ${lane} ${seq} to ${toSeq}`)
  if (losses.length === 0) say('No anchored row is missing at the end of a lane.')
  if (!isDeclared || losses.length === 0) return conclude(before)
  await declare(site, losses)
  say(`${losses.length} declared in the signed log`)
  return conclude(await verify(site))
}

function parse(args: readonly string[]): boolean | null {
  try {
    return parseArgs({ args: [...args], options: { declare: { type: 'boolean', default: false } } }).values.declare
  } catch {
    return null
  }
}

function verify(site: Site): Promise<VerifyReport> {
  const { source, keys, anchors } = openBook(site)
  return verifyChain({ source, keys, anchors, now: Date.now(), requireAnchors: true })
}

/** Only what is missing at the end of a lane; anything else that is wrong with the book is no loss by a change of region. */
function lossesOf({ findings }: VerifyReport): readonly Loss[] {
  return findings
    .filter(({ kind }) => kind === 'truncated')
    .map(({ lane, seq, toSeq }) => ({ lane, seq, toSeq: toSeq ?? seq }))
}

/** As the sealer: nobody else may write the log or sign it. Throws where a row was sealed, since its copy is kept. */
async function declare(site: Site, losses: readonly Loss[]): Promise<void> {
  const credential = site.signIn('sealer')
  const { evidence, blobs, vault, origin } = site
  const signer = createVaultSigner({ url: vault, credential, name: evidence.signingKey })
  const recorder = createAnchorRecorder({
    store: createWormEvidence({ url: blobs, credential, parseXml, container: evidence.container }),
    sign: signer.sign,
    publicKey: await signer.publicKey(),
    origin,
    clock: Date.now,
  })
  for (const { lane, seq, toSeq } of losses) await recorder.appendFailover(lane, seq, toSeq)
}

function conclude({ verdict, findings }: VerifyReport): number {
  for (const { kind, lane, seq, toSeq, detail } of findings.slice(0, 50))
    say(`${kind} ${lane} ${seq}${toSeq === undefined || toSeq === seq ? '' : `-${toSeq}`}: ${detail}`)
  say(verdict)
  return exitCodes[verdict]
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function fail(message: string, code: number): number {
  process.stderr.write(message)
  return code
}
