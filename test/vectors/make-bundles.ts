// Writes bundles.json beside itself: bundles made by the real writer, sealer and exporter, each with what was done to it
// and the very line that a verifier prints about it. Fixed key, clock and chance; signatures of the last run are kept.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { keyFingerprint } from '../../shared/audit/checkpoint.ts'
import { type BundleReport, verifyBundle } from '../../shared/audit/verify-bundle.ts'
import { createSigner } from '../support/bundles/book.ts'
import { type BundleCase, fileCases, honestCases, rowCases } from '../support/bundles/cases.ts'
import { decisionCases } from '../support/bundles/cases-decision.ts'
import { releaseCases } from '../support/bundles/cases-releases.ts'
import { logCases, signedCases } from '../support/bundles/cases-signed.ts'
import { openFiles } from '../support/bundles/files.ts'
import { makeWorld, type World } from '../support/bundles/world.ts'

/** One bundle. `files` and `since` name contents; `line` is what a verifier prints with `--json`. */
export interface BundleVector {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  readonly links: readonly string[]
  /** `key` and `fingerprint` as on the command line; `since`: files beside the bundle. */
  readonly pinned: { readonly key?: string; readonly fingerprint?: string }
  readonly since: readonly string[]
  readonly decision: string | null
  readonly exit: number
  readonly line: string
}

export interface BundleVectors {
  /** By name: text, or bytes in base64. */
  readonly contents: Readonly<Record<string, { readonly text: string } | { readonly base64: string }>>
  readonly signatures: readonly string[]
  readonly cases: readonly BundleVector[]
}

const exits = ['PASS', 'FAIL', 'PASS WITH EXCEPTIONS', 'INCOMPLETE']
const file = fileURLToPath(new URL('bundles.json', import.meta.url))

/** The vectors as they are kept, or null. */
export function readVectors(): BundleVectors | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as BundleVectors) : null
}

/** The cases with what must be found in each, by hand. */
export async function makeCases(known: readonly string[]) {
  const signer = createSigner(known)
  const world = await makeWorld(signer)
  const made = [honestCases, rowCases, fileCases, logCases, signedCases, releaseCases, decisionCases].flatMap((make) => make(world))
  return { world, signer, made }
}

/** Judges a case by the verifier. */
export function judge({ pair, stranger }: World, { files, links, pin, since, decision }: BundleCase): Promise<BundleReport> {
  const pinned = {
    ...(pin === 'key' ? { key: Buffer.from(pemOf(pair)) } : {}),
    ...(pin === undefined ? { fingerprint: keyFingerprint(pair.publicKey) } : {}),
    ...(pin === 'stranger' ? { fingerprint: keyFingerprint(stranger.publicKey) } : {}),
  }
  return verifyBundle({ files: openFiles(files, links), pinned, since: since ?? [], decision })
}

/** The vectors as text; the same on every run that knows the signatures of the one before. */
export async function makeBundles(known: readonly string[]): Promise<string> {
  const { world, signer, made } = await makeCases(known)
  const contents = new Map<string, string>()
  const shelf: Record<string, unknown> = {}
  const put = (bytes: Buffer) => {
    const text = bytes.toString('utf8')
    const key = bytes.toString('base64')
    const name = contents.get(key) ?? `c${contents.size}`
    contents.set(key, name)
    shelf[name] = Buffer.from(text, 'utf8').equals(bytes) ? { text } : { base64: key }
    return name
  }
  const cases: BundleVector[] = []
  for (const one of made) {
    const report = await judge(world, one)
    cases.push({
      ...{ name: one.name, files: Object.fromEntries([...one.files].map(([name, bytes]) => [name, put(bytes)])) },
      ...{ links: one.links ?? [], pinned: pinnedOf(world, { pin: one.pin, put }) },
      ...{ since: (one.since ?? []).map((note) => put(Buffer.from(note))), decision: one.decision ?? null },
      ...{ exit: exits.indexOf(report.verdict), line: JSON.stringify(report) },
    })
  }
  return `${JSON.stringify({ contents: shelf, signatures: signer.used(), cases }, null, 1)}\n`
}

function pinnedOf({ pair, stranger }: World, { pin, put }: { pin: BundleCase['pin']; put: (bytes: Buffer) => string }) {
  if (pin === 'none') return {}
  if (pin === 'key') return { key: put(Buffer.from(pemOf(pair))) }
  return { fingerprint: keyFingerprint((pin === 'stranger' ? stranger : pair).publicKey) }
}

function pemOf({ publicKey }: World['pair']): string {
  return publicKey.export({ type: 'spki', format: 'pem' }).toString()
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(file, await makeBundles(readVectors()?.signatures ?? []))
