import { Problem } from '../errors/problem.ts'
import type { SavedIntents } from './reconcile-open.ts'
import type { RowStore, Write } from './store.ts'

/** What one run leaves to the next: how far each lane was read, and what was open then. */
export interface ReconcileState extends SavedIntents {
  readonly positions: Readonly<Record<string, { readonly segment: number; readonly nextSeq: number }>>
}

/** The right to reconcile, held by one run at a time. Times are epoch ms. */
export interface Claim {
  readonly owner: string
  readonly until: number
  readonly state: ReconcileState
  readonly etag: string
}

export interface ClaimRequest {
  /** Of this run alone. */
  readonly owner: string
  readonly now: number
  readonly duration: number
  /** How long after its end an abandoned claim still bars others: as much as two clocks may differ. */
  readonly margin: number
}

const place = { partitionKey: 'reconcile', rowKey: 'dangling' } as const
const chunkSize = 60_000
/** What one entity may hold, with room for its other properties. */
const maxChunks = 14
const empty: ReconcileState = { positions: {}, open: [], early: [] }

/** Takes the claim, or null where another run has it; rejects with `audit_unavailable` where that cannot be said. */
export async function takeClaim(rows: RowStore, { owner, now, duration, margin }: ClaimRequest): Promise<Claim | null> {
  const stored = await rows.read('runs', place.partitionKey, place.rowKey)
  const held = stored === null ? 0 : Date.parse(String(stored.properties.until)) || 0
  if (held > 0 && now < held + margin) return null
  const state = stored === null ? empty : readState(stored.properties)
  return write(rows, { owner, until: now + duration, state, etag: stored?.etag ?? '' })
}

/** Writes what is to be kept; `until` 0 gives the claim back. Null where it was lost; too much state is left unwritten. */
export async function saveClaim(rows: RowStore, claim: Claim): Promise<Claim | null> {
  return write(rows, claim)
}

/** Whether a state fits into its entity. */
export function fits(state: ReconcileState): boolean {
  return Buffer.byteLength(JSON.stringify(state)) <= maxChunks * chunkSize
}

async function write(rows: RowStore, claim: Claim): Promise<Claim | null> {
  const { owner, until, etag } = claim
  const properties = { owner, until: new Date(until).toISOString(), ...chunk(JSON.stringify(claim.state)) }
  const entity = { ...place, properties }
  const write: Write = etag === '' ? { kind: 'insert', entity } : { kind: 'replace', entity, etag }
  const commit = await rows.commit('runs', [write])
  if (commit.ok) return { ...claim, etag: commit.etags[0] ?? '' }
  if (commit.fault === 'lost-race') return null
  const stored = await rows.read('runs', place.partitionKey, place.rowKey)
  const isOurs = stored?.properties.owner === owner && stored.properties.until === properties.until
  if (stored !== null && isOurs && stored.etag !== etag) return { ...claim, etag: stored.etag }
  throw new Problem('audit_unavailable', 'The book cannot be reconciled.', { retryAfter: 300, reason: commit.detail })
}

function chunk(text: string): Record<string, Uint8Array> {
  const bytes = Buffer.from(text, 'utf8')
  const count = Math.max(1, Math.ceil(bytes.length / chunkSize))
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`s${at}`, bytes.subarray(at * chunkSize, (at + 1) * chunkSize)]),
  )
}

function readState(properties: Readonly<Record<string, unknown>>): ReconcileState {
  const chunks: Uint8Array[] = []
  for (let at = 0; properties[`s${at}`] instanceof Uint8Array; at++) chunks.push(properties[`s${at}`] as Uint8Array)
  // An entity without any state is nobody's word.
  return chunks.length === 0 ? empty : (JSON.parse(Buffer.concat(chunks).toString('utf8')) as ReconcileState)
}
