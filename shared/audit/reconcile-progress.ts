import { Problem } from '../errors/problem.ts'
import type { Positions } from './reconcile-tail.ts'
import type { RowStore, Write } from './store.ts'

/** From where a log and the book are compared next: a time (epoch ms), and the places in the book that go with it. */
export interface ReconcileStart {
  readonly from: number
  readonly positions: Readonly<Record<string, { readonly segment: number; readonly nextSeq: number }>>
}

/** What a night left; `before` is where that night itself began, so that it can be done again. */
export interface NightProgress {
  readonly date: string
  readonly before: ReconcileStart
  readonly after: ReconcileStart
  /** Object ids of persons whom the book knows, the latest last. */
  readonly known: readonly string[]
}

const partition = 'reconcile'
const chunkSize = 60_000
const most = 14 * chunkSize

/** What the night before `date` left for that source; null at the first. Rejects with `audit_unavailable`. */
export async function readProgress(rows: RowStore, backend: string): Promise<NightProgress | null> {
  const stored = await rows.read('runs', partition, keyOf(backend))
  if (stored === null) return null
  const chunks = Array.from({ length: 14 }, (_, at) => stored.properties[`s${at}`])
  const bytes = Buffer.concat(chunks.flatMap((one) => (one instanceof Uint8Array ? [one] : [])))
  return bytes.length === 0 ? null : (JSON.parse(bytes.toString('utf8')) as NightProgress)
}

/** Keeps what a night leaves; a repeat of the same night writes the same. Rejects with `audit_unavailable`. */
export async function saveProgress(rows: RowStore, backend: string, progress: NightProgress): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(progress), 'utf8')
  if (bytes.length > most) throw unavailable('too many lanes')
  const chunks = Array.from({ length: Math.ceil(bytes.length / chunkSize) }, (_, at) => [
    `s${at}`,
    bytes.subarray(at * chunkSize, (at + 1) * chunkSize),
  ])
  const stored = await rows.read('runs', partition, keyOf(backend))
  const entity = { partitionKey: partition, rowKey: keyOf(backend), properties: Object.fromEntries(chunks) }
  const write: Write = stored === null ? { kind: 'insert', entity } : { kind: 'replace', entity, etag: stored.etag }
  const commit = await rows.commit('runs', [write])
  if (!commit.ok && JSON.stringify(await readProgress(rows, backend)) !== JSON.stringify(progress)) {
    throw unavailable(commit.detail)
  }
}

/** The positions from which all of several sources can be served: the earliest of each lane. */
export function earliest(starts: readonly ReconcileStart[]): Positions {
  const lanes = new Set(starts.flatMap(({ positions }) => Object.keys(positions)))
  return new Map(
    [...lanes].map((lane) => {
      const all = starts.map(({ positions }) => positions[lane] ?? { segment: 1, nextSeq: 0 })
      const first = all.reduce((a, b) => (b.nextSeq < a.nextSeq ? b : a))
      return [lane, { ...first }]
    }),
  )
}

function keyOf(backend: string): string {
  return `night|${backend}`
}

function unavailable(reason: string): Problem {
  return new Problem('audit_unavailable', 'The reconciliation could not be kept.', { retryAfter: 300, reason })
}
