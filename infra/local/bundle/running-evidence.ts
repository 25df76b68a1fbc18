import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Evidence, openEvidence } from '../../../shared/audit/evidence-source.ts'
import type { BundleFile, ExportScope } from '../../../shared/audit/export.ts'
import { collectReports } from '../../../shared/audit/export-reports.ts'
import type { Site } from '../../operate/site.ts'
import { openBook } from '../stack/book.ts'

const scripts = ['verify_bundle.py', 'book_rows.py', 'decision_proof.py', 'signed_log.py']
const folder = new URL('../../evidence/', import.meta.url)

/** The evidence of a site. Throws Error where nothing is anchored yet. */
export async function openRunningEvidence(site: Site): Promise<Evidence> {
  const { rows, evidence, publicKey } = openBook(site)
  const { readSegment } = evidence
  return openEvidence({ log: evidence, readSegment, rows, publicKey: await publicKey() })
}

/** The independent verifier's scripts, which every bundle brings along. */
export function readScripts(): Promise<BundleFile[]> {
  return Promise.all(
    scripts.map(async (name) => ({ name, bytes: await readFile(fileURLToPath(new URL(name, folder))) })),
  )
}

/** The nightly reports of the days in scope. */
export function readReports(site: Site, scope: ExportScope): Promise<readonly BundleFile[]> {
  return collectReports(openBook(site).reports, scope)
}

/** The newest time stamp over a checkpoint of this log, with the checkpoint, if there is one in the last records. */
export async function readTimeStamp(site: Site, { book }: Evidence): Promise<BundleFile[]> {
  const { evidence } = openBook(site)
  for (let { size } = book.checkpoint; size > 0 && size > book.checkpoint.size - maxBack; size--) {
    const token = await evidence.readTimeToken(size)
    const note = token && (await evidence.readCheckpoint(size))
    if (token && note) {
      return [
        { name: `time-${size}.txt`, bytes: Buffer.from(note, 'utf8') },
        { name: `time-${size}.tsr`, bytes: token },
      ]
    }
  }
  return []
}

/** Records in which to look for a stamped checkpoint: two hours of a record a minute. */
const maxBack = 120
