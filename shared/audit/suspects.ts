import type { SealedBatch } from './batch.ts'
import { findBatch } from './commit.ts'
import { draftOutcome, type RowDraft } from './document.ts'
import { sealHead } from './entity.ts'
import type { LaneContext } from './lane.ts'
import { type Lease, writeLease } from './lease.ts'
import { outcomeBoundMs } from './outcome-bound.ts'
import type { OutcomeFacts } from './record.ts'
import type { AuditKey } from './store.ts'

/** A batch whose callers were refused because nobody could say whether it is in the book. */
export interface Suspect {
  readonly batch: SealedBatch
  readonly lease: Lease
  readonly drafts: readonly RowDraft[]
}

export interface Suspects {
  add(suspect: Suspect): void
  /** Lanes to keep away from. */
  lanes(): ReadonlySet<string>
  /** Tries, in the background, to find out what became of them. */
  settle(key: AuditKey | null): void
  /** The same, waiting for the result. */
  close(key: AuditKey | null): Promise<void>
}

const maxSuspects = 1000
const settleEvery = 2000
const idSize = 16

/**
 * Remembers batches of unknown fate. Once the store answers again it finds each one, or fences its lane so that it can
 * never come in. It appends an outcome `not-called` for every intent that turns out to be in the book, and once more every
 * outcome that turns out not to be.
 */
export function createSuspects(context: LaneContext, append: (draft: RowDraft) => Promise<unknown>): Suspects {
  const open = new Set<Suspect>()
  let running: Promise<void> | null = null
  let last = Number.NEGATIVE_INFINITY

  async function settleOne(suspect: Suspect, key: AuditKey): Promise<void> {
    const isIn = await findOut(context, suspect, key).catch(() => null)
    if (isIn === null) return
    open.delete(suspect)
    const missing = isIn
      ? recoveredOutcomes(suspect, context.pacing.clock())
      : suspect.drafts.filter(({ kind }) => kind === 'outcome')
    for (const draft of missing) void append(draft)
    await writeLease(context.rows, { ...suspect.lease, until: context.pacing.clock() }).catch(() => null)
  }

  async function settleAll(key: AuditKey): Promise<void> {
    for (const suspect of [...open]) await settleOne(suspect, key)
  }

  function start(key: AuditKey | null): Promise<void> {
    if (!key || open.size === 0) return Promise.resolve()
    last = context.pacing.clock()
    running ??= settleAll(key).finally(() => {
      running = null
    })
    return running
  }

  return {
    add(suspect) {
      if (open.size < maxSuspects) open.add(suspect)
    },
    lanes: () => new Set([...open].map((suspect) => suspect.lease.lane)),
    settle(key) {
      if (context.pacing.clock() - last >= settleEvery) void start(key)
    },
    async close(key) {
      await running
      await start(key)
    },
  }
}

async function findOut(context: LaneContext, { batch, lease }: Suspect, key: AuditKey): Promise<boolean | null> {
  const found = await findBatch(context.rows, batch)
  if (found) return found.fate === 'committed'
  // Nothing happened yet. A new ETag on the head makes sure that nothing ever will.
  const stored = await context.rows.read('rows', batch.head.partitionKey, batch.head.rowKey)
  if (stored?.etag !== batch.etag) return null
  const fence = { ...batch.next, ...previous(batch), kid: key.kid, term: lease.term + 1, batchId: freshId(context) }
  const write = { kind: 'replace', entity: sealHead(fence, key.key), etag: batch.etag } as const
  const commit = await context.rows.commit('rows', [write])
  return commit.ok ? false : null
}

function previous(batch: SealedBatch): { nextSeq: number; mac: string } {
  const first = batch.rows[0]
  const prev = first?.entity.properties.prev
  if (!first || !(prev instanceof Uint8Array)) throw new TypeError('a batch holds at least one row')
  return { nextSeq: first.seq, mac: Buffer.from(prev).toString('hex') }
}

function freshId(context: LaneContext): string {
  return Buffer.from(context.pacing.random(idSize)).toString('hex')
}

function recoveredOutcomes({ batch, drafts }: Suspect, now: number): RowDraft[] {
  const { lane, segment } = batch.next
  return batch.rows.flatMap((row, index) => {
    const draft = drafts[index]
    if (draft?.kind !== 'intent' || draft.decisionId === undefined) return []
    const reference = { lane, segment, seq: row.seq, mac: row.mac.toString('hex') }
    const notAfter = Date.parse(String(row.entity.properties.ts)) + outcomeBoundMs
    return [{ ...draftOutcome(draft.decisionId, notCalled(now), reference), notAfter }]
  })
}

function notCalled(now: number): OutcomeFacts {
  const identity = { source: 'none', method: 'none', checkedAt: new Date(now).toISOString(), matches: null } as const
  const empty = { backendIds: {}, rows: 0, bytes: 0, labels: [], masked: [] }
  return { status: 'not-called', code: 'audit_unavailable', identity, ...empty }
}
