import type { StoredEntity } from './record.ts'
import { laneName, laneNumber } from './segment.ts'
import type { RowStore, Write } from './store.ts'

const directory = 'lane'
/** Leases only avoid contention: the ETag of the head is what keeps two writers apart. */
export const leaseDuration = 60_000

export interface Lease {
  readonly lane: string
  readonly owner: string
  /** Epoch milliseconds. */
  readonly until: number
  readonly term: number
  /** A segment that exists, from which the newest is found; 0 before the lane was opened. */
  readonly segment: number
  readonly etag: string
}

/** All lanes ever registered. Rejects with `audit_unavailable`. */
export async function listLeases(rows: RowStore): Promise<Lease[]> {
  const leases: Lease[] = []
  for await (const page of rows.list('meta', { partitionKey: directory })) leases.push(...page.map(readLease))
  return leases
}

/**
 * Takes the idle lane whose lease ended first, or registers a new one; null where somebody else was quicker.
 * Reuse keeps the number of lanes at the peak number of instances.
 */
export async function claimLease(rows: RowStore, claim: LeaseClaim): Promise<Lease | null> {
  const leases = await listLeases(rows)
  const idle = leases
    .filter((lease) => (lease.until <= claim.now || lease.owner === claim.owner) && !claim.avoid.has(lease.lane))
    .sort((a, b) => a.until - b.until)[0]
  const until = claim.now + claim.duration
  if (idle) return writeLease(rows, { ...idle, owner: claim.owner, until, term: idle.term + 1 })
  const number = 1 + Math.max(0, ...leases.map((lease) => laneNumber(lease.lane)).filter(Number.isFinite))
  return writeLease(rows, { lane: laneName(number), owner: claim.owner, until, term: 1, segment: 0, etag: '' })
}

export interface LeaseClaim {
  readonly owner: string
  readonly now: number
  readonly duration: number
  /** Lanes with a batch of unknown fate. */
  readonly avoid: ReadonlySet<string>
}

/** Writes a lease under its ETag (insert-only without one); null where the race was lost or the store did not answer. */
export async function writeLease(rows: RowStore, lease: Lease): Promise<Lease | null> {
  const entity = {
    partitionKey: directory,
    rowKey: lease.lane,
    properties: {
      owner: lease.owner,
      until: new Date(lease.until).toISOString(),
      term: lease.term,
      segment: lease.segment,
    },
  }
  const write: Write = lease.etag ? { kind: 'replace', entity, etag: lease.etag } : { kind: 'insert', entity }
  const commit = await rows.commit('meta', [write])
  if (commit.ok) return { ...lease, etag: commit.etags[0] ?? '' }
  if (commit.fault !== 'ambiguous') return null
  const stored = await rows.read('meta', directory, lease.lane)
  const found = stored && readLease(stored)
  return found && found.owner === lease.owner && found.term === lease.term ? found : null
}

function readLease(entity: StoredEntity): Lease {
  const { owner, until, term, segment } = entity.properties
  return {
    lane: entity.rowKey,
    owner: String(owner),
    until: Date.parse(String(until)) || 0,
    term: Number(term) || 0,
    segment: Number(segment) || 0,
    etag: entity.etag,
  }
}
