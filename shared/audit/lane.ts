import { Problem } from '../errors/problem.ts'
import { genesisDigest } from './chain.ts'
import { draftEvent } from './document.ts'
import { openHead, sealHead, sealRow } from './entity.ts'
import { claimLease, type Lease, leaseDuration } from './lease.ts'
import type { Pacing } from './pause.ts'
import { type HeadDocument, rowVersion } from './record.ts'
import { headKey, partitionKey } from './segment.ts'
import type { AuditKey, RowStore } from './store.ts'

const claimAttempts = 24
const segmentsPerStep = 10_000
const nonceSize = 16

/** What lanes are made with. `held` are the keys that this writer has, the newest last. */
export interface LaneContext {
  readonly rows: RowStore
  readonly pacing: Pacing
  readonly origin: string
  readonly owner: string
  readonly leaseMs?: number
}

/** A lane in hand: its lease, its newest head and that head's ETag. */
export interface Lane {
  readonly lease: Lease
  readonly head: HeadDocument
  readonly etag: string
  /** The directory names this segment: without that, a lane that vanished whole would not be missed. */
  readonly isListed: boolean
}

/** Claims a lane and opens it at its newest segment; rejects with `audit_unavailable`. */
export async function claimLane(
  context: LaneContext,
  held: readonly AuditKey[],
  avoid: ReadonlySet<string>,
): Promise<Lane> {
  const shunned = new Set(avoid)
  for (let attempt = 0; attempt < claimAttempts; attempt++) {
    const now = context.pacing.clock()
    const claim = { owner: context.owner, now, duration: context.leaseMs ?? leaseDuration, avoid: shunned }
    const lease = await claimLease(context.rows, claim)
    const lane = lease && (await openLane(context, { lease, held }))
    if (lane) return lane
    if (lease) shunned.add(lease.lane)
    else await context.pacing.wait((context.pacing.random(1)[0] ?? 0) / 8)
  }
  throw new Problem('audit_unavailable', 'The audit log cannot be written.', {
    retryAfter: 5,
    reason: 'no lane could be claimed',
  })
}

/** Closes a segment and opens the next. Both steps may be repeated by anyone; null where the lane was lost meanwhile. */
export async function rollSegment(context: LaneContext, lane: Lane, key: AuditKey): Promise<Lane | null> {
  const closed: HeadDocument = { ...lane.head, kid: key.kid, state: 'closed' }
  const write = { kind: 'replace', entity: sealHead(closed, key.key), etag: lane.etag } as const
  const commit = await context.rows.commit('rows', [write])
  if (!commit.ok && commit.fault === 'lost-race') return null
  return openLane(context, { lease: { ...lane.lease, segment: lane.head.segment }, held: [key] })
}

interface Opening {
  readonly lease: Lease
  readonly held: readonly AuditKey[]
}

async function openLane(context: LaneContext, opening: Opening): Promise<Lane | null> {
  let step: Step = { segment: Math.max(1, opening.lease.segment), creations: 0 }
  for (let count = 0; count < segmentsPerStep; count++) {
    const next = await openSegment(context, opening, step)
    if (next === null || 'head' in next) return next
    step = next
  }
  return null
}

interface Step {
  readonly segment: number
  readonly creations: number
}

/** The lane if this segment is its open one, else where to look next; null where the lane cannot be used. */
async function openSegment(context: LaneContext, { lease, held }: Opening, step: Step): Promise<Lane | Step | null> {
  const { segment, creations } = step
  const key = held.at(-1)
  const entity = await context.rows.read('rows', partitionKey(lease.lane, segment), headKey)
  if (key === undefined) return null
  if (entity === null) {
    const isMade = segment === 1 && creations < 3 && (await createLane(context, lease, key))
    return isMade ? { segment, creations: creations + 1 } : null
  }
  const head = openHead(entity, held)
  if (head === null || head.lane !== lease.lane) return null
  if (head.state === 'open') {
    return { lease: { ...lease, segment }, head, etag: entity.etag, isListed: segment === lease.segment }
  }
  await createSegment(context, head, key)
  return { segment: head.segment + 1, creations }
}

async function createLane(context: LaneContext, lease: Lease, key: AuditKey): Promise<boolean> {
  if (lease.segment !== 0) return false
  const nonce = hexOf(context.pacing.random(nonceSize))
  const { origin } = context
  const prev = genesisDigest({ origin, lane: lease.lane, nonce })
  const time = new Date(context.pacing.clock()).toISOString()
  const place = { origin, lane: lease.lane, segment: 1, seq: 0, kid: key.kid, time }
  const row = sealRow(draftEvent('lane-open', { nonce }), place, { prev, key: key.key })
  const head: HeadDocument = {
    v: rowVersion,
    origin,
    lane: lease.lane,
    segment: 1,
    first: 0,
    nextSeq: 1,
    mac: row.mac.toString('hex'),
    prev: prev.toString('hex'),
    kid: key.kid,
    batchId: hexOf(context.pacing.random(nonceSize)),
    term: lease.term,
    state: 'open',
    opened: time,
  }
  const writes = [sealHead(head, key.key), row.entity].map((entity) => ({ kind: 'insert', entity }) as const)
  const commit = await context.rows.commit('rows', writes)
  // Whoever was quicker made the same lane; whether a lost reply was a commit shows when the head is read next.
  return commit.ok || commit.fault === 'lost-race' || commit.fault === 'ambiguous'
}

async function createSegment(context: LaneContext, closed: HeadDocument, key: AuditKey): Promise<void> {
  const next: HeadDocument = {
    ...closed,
    segment: closed.segment + 1,
    first: closed.nextSeq,
    prev: closed.mac,
    kid: key.kid,
    batchId: hexOf(context.pacing.random(nonceSize)),
    state: 'open',
    opened: new Date(context.pacing.clock()).toISOString(),
  }
  await context.rows.commit('rows', [{ kind: 'insert', entity: sealHead(next, key.key) }])
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
