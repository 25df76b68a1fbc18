import type { KeyObject } from 'node:crypto'
import { type Evidence, readAnchoredRows } from './evidence-source.ts'
import { exportReadme } from './export-readme.ts'
import { fileDigest } from './verify-bundle-files.ts'
import { listSegments, segmentFile } from './verify-bundle-segments.ts'

/** One file of a bundle. */
export interface BundleFile {
  readonly name: string
  readonly bytes: Uint8Array
}

/** What an export claims to hold: ISO 8601 UTC with milliseconds, inclusive. */
export interface ExportScope {
  readonly from: string
  readonly to: string
}

/** Files that a bundle brings along as they are: the verifier's scripts, nightly reports, time stamps. */
export type Companions = readonly BundleFile[]

/**
 * The files of a bundle, one after the other, the manifest last: a folder without one is not a bundle. Holds one segment
 * in memory at a time.
 */
export async function* exportBundle(
  evidence: Evidence,
  scope: ExportScope,
  companions: Companions = [],
): AsyncIterable<BundleFile> {
  const seal = sealManifest({ evidence, scope })
  yield seal.add('anchors.ndjson', text(`${evidence.lines.join('\n')}\n`))
  for (const segment of listSegments(evidence.book.records, scope)) {
    const rows = await readAnchoredRows(evidence.source, segment)
    if (rows === null) continue
    const lines = rows.flatMap((row) => [row, newline])
    yield seal.add(segmentFile(segment.part.lane, segment.part.segment), Buffer.concat(lines))
  }
  yield* finishBundle(seal, companions)
}

/** Notes the digest of each file that passes, for the manifest. */
export interface ManifestSeal {
  readonly evidence: Evidence
  readonly scope: ExportScope
  readonly decision?: string | undefined
  readonly add: (name: string, bytes: Uint8Array) => BundleFile
  readonly digests: ReadonlyMap<string, string>
}

/** Begins a manifest. */
export function sealManifest(about: Pick<ManifestSeal, 'evidence' | 'scope' | 'decision'>): ManifestSeal {
  const digests = new Map<string, string>()
  return {
    ...about,
    digests,
    add(name, bytes) {
      digests.set(name, fileDigest(bytes))
      return { name, bytes }
    },
  }
}

/** What every bundle ends with: the checkpoint, the key, the companions, how to check it, and the manifest. */
export function* finishBundle(seal: ManifestSeal, companions: Companions): Iterable<BundleFile> {
  const { evidence, scope, decision, add, digests } = seal
  const { note, signature, source, origin } = evidence
  yield add('checkpoint.txt', text(note))
  yield add('checkpoint.sig', signature)
  yield add('log-public.pem', text(pemOf(source.publicKey)))
  for (const { name, bytes } of companions) yield add(name, bytes)
  yield add('README.md', text(exportReadme({ origin, ...scope, decision, names: [...digests.keys()] })))
  const files = Object.fromEntries([...digests].sort(([a], [b]) => (a < b ? -1 : 1)))
  const manifest = { v: 1, origin, ...scope, ...(decision === undefined ? {} : { decision }), files }
  yield { name: 'manifest.json', bytes: text(`${JSON.stringify(manifest, null, 2)}\n`) }
}

const newline = Buffer.from('\n')

function text(content: string): Uint8Array {
  return Buffer.from(content, 'utf8')
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'pem' }).toString()
}
