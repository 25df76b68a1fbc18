import { Problem } from '../errors/problem.ts'
import { type SealedBatch, sealBatch } from './batch.ts'
import { commitBatch, type Fate } from './commit.ts'
import { draftEvent, type RowDraft } from './document.ts'
import { createGroupQueue } from './group-queue.ts'
import { claimLane, type Lane, type LaneContext, rollSegment } from './lane.ts'
import { leaseDuration, writeLease } from './lease.ts'
import { createOwed, type Owed } from './owed.ts'
import { pauseUntil } from './pause.ts'
import type { RowPosition } from './receipt.ts'
import type { AuditKey, KeySource } from './store.ts'
import { createSuspects, type Suspect, type Suspects } from './suspects.ts'

export interface AppendLimits {
  /** Milliseconds after which a row that is not durable is refused. */
  readonly deadline: number
  /** Rows waiting beyond which more are refused at once. */
  readonly queue: number
  /** Rows after which a segment is closed; a new day (UTC) closes it as well. */
  readonly segmentRows: number
}

export interface AppenderOptions {
  readonly context: LaneContext
  readonly keys: KeySource
  readonly limits: AppendLimits
}

/** Where a row came to stand, with its MAC in hex. */
export type PlacedRow = RowPosition & { readonly mac: string }

export interface Appender {
  /** Resolves when the row is durable; rejects with `audit_unavailable` where that cannot be said in time. */
  append(draft: RowDraft): Promise<PlacedRow>
  /** Waits for what is queued, settles batches of unknown fate as far as possible and gives the lane back. */
  close(): Promise<void>
}

interface Waiting {
  readonly draft: RowDraft
  readonly since: number
  readonly resolve: (row: PlacedRow) => void
  readonly reject: (problem: Problem) => void
  attempts: number
}

const maxAttempts = 6

/** The queue of one instance in front of one lane at a time: groups of rows, one transaction in flight. */
export function createAppender(options: AppenderOptions): Appender {
  const { context, limits } = options
  const { clock } = context.pacing
  const hand: Hand = { lane: null, key: null, shunned: new Set() }
  const suspects = createSuspects(context, (draft) => push(draft).catch(() => undefined))
  const queue = createGroupQueue<Waiting>((waiting) => flush(waiting))
  const owed = createOwed((draft) => void push(draft).catch(() => undefined))

  async function push(draft: RowDraft): Promise<PlacedRow> {
    if (queue.size() >= limits.queue) {
      owed.add(draft)
      throw refusal('the queue is full', 1)
    }
    return new Promise((resolve, reject) => {
      queue.push({ draft, since: clock(), resolve, reject, attempts: 0 })
    })
  }

  async function flush(waiting: Waiting[]): Promise<void> {
    const overdue = clock() - limits.deadline
    const late = takeOut(waiting, (item) => item.since < overdue)
    refuseAll(late, refusal('the row waited too long'), owed)
    if (waiting.length === 0) return
    try {
      const { lane, key } = await takeLane(options, { hand, suspects })
      refuseExpired(waiting, clock())
      if (waiting.length === 0) return
      const drafts = waiting.slice(0, 100).map((item) => item.draft)
      const batch = sealBatch(context, { lane, key, drafts })
      const taken = waiting.splice(0, batch.rows.length)
      settle(await submit(options, batch), { batch, lane, taken, waiting }, { hand, suspects, owed })
    } catch (cause) {
      hand.lane = null
      refuseAll(waiting.splice(0), asRefusal(cause), owed)
    }
  }

  return {
    append: push,
    async close() {
      await queue.idle()
      await suspects.close(hand.key)
      owed.pay()
      await queue.idle()
      if (hand.lane) await writeLease(context.rows, { ...hand.lane.lease, until: clock() }).catch(() => null)
      hand.lane = null
    },
  }
}

interface Desk {
  readonly hand: Hand
  readonly suspects: Suspects
  readonly owed: Owed
}

function settle(fate: Fate, sent: Sent, { hand, suspects, owed }: Desk): void {
  hand.lane = nextLane(fate, sent)
  if (fate.fate === 'committed') {
    resolveAll(sent)
    suspects.settle(hand.key)
    owed.pay()
  } else if (fate.fate === 'lost') {
    if (fate.obstructed) hand.shunned.add(sent.lane.lease.lane)
    refuseAll(requeue(sent.taken, sent.waiting), refusal('every race was lost'), owed)
  } else if (fate.fate === 'unknown') {
    suspects.add(toSuspect(sent))
    for (const item of sent.taken) item.reject(refusal(fate.detail))
  } else refuseAll(sent.taken, refusal(fate.detail), owed)
}

/** Refuses rows that certainly are not in the book. */
function refuseAll(items: readonly Waiting[], problem: Problem, owed: Owed): void {
  for (const { draft, reject } of items) {
    owed.add(draft)
    reject(problem)
  }
}

interface Hand {
  lane: Lane | null
  key: AuditKey | null
  /** Lanes where a row that nobody of us wrote is in the way. */
  readonly shunned: Set<string>
}

interface Sent {
  readonly batch: SealedBatch
  readonly lane: Lane
  readonly taken: readonly Waiting[]
  readonly waiting: Waiting[]
}

interface Holding {
  readonly hand: Hand
  readonly suspects: { lanes(): ReadonlySet<string> }
}

async function takeLane(options: AppenderOptions, { hand, suspects }: Holding): Promise<{ lane: Lane; key: AuditKey }> {
  const { context } = options
  const key = await options.keys.current()
  const held = hand.key && hand.key.kid !== key.kid ? [hand.key, key] : [key]
  const avoid = new Set([...suspects.lanes(), ...hand.shunned])
  let lane = hand.lane ?? (await claimLane(context, held, avoid))
  // Nothing is in hand until all of this has succeeded: a failure half way leaves the lane to be opened afresh.
  hand.lane = null
  if (isRollDue(lane, options))
    lane = (await rollSegment(context, lane, held[0] ?? key)) ?? (await claimLane(context, held, avoid))
  if (lane.head.kid !== key.kid) lane = await announceKey(options, { lane, held })
  hand.key = key
  hand.lane = await renew(context, lane)
  return { lane: hand.lane, key }
}

function isRollDue({ head }: Lane, { context, limits }: AppenderOptions): boolean {
  const today = new Date(context.pacing.clock()).toISOString().slice(0, 10)
  const rows = head.nextSeq - head.first
  return rows > 0 && (rows >= limits.segmentRows || head.opened.slice(0, 10) < today)
}

/** A new key is announced by a row under the old one, where this writer still has it, and under the new one otherwise. */
async function announceKey(
  options: AppenderOptions,
  { lane, held }: { lane: Lane; held: readonly AuditKey[] },
): Promise<Lane> {
  const to = held.at(-1)?.kid ?? ''
  const key = held.find((candidate) => candidate.kid === lane.head.kid) ?? held.at(-1)
  if (!key) throw refusal('no key')
  const drafts = [draftEvent('keychange', { from: lane.head.kid, to })]
  const batch = sealBatch(options.context, { lane, key, drafts })
  const fate = await submit(options, batch)
  if (fate.fate !== 'committed' || fate.etag === null) throw refusal(`the key change was not recorded: ${fate.fate}`)
  return { ...lane, head: batch.next, etag: fate.etag }
}

async function renew(context: LaneContext, lane: Lane): Promise<Lane> {
  const now = context.pacing.clock()
  const duration = context.leaseMs ?? leaseDuration
  if (lane.isListed && lane.lease.until - now > duration / 2) return lane
  const lease = await writeLease(context.rows, { ...lane.lease, until: now + duration }).catch(() => null)
  // A lease that cannot be renewed is tried again with the next batch; the head's ETag decides who writes.
  return lease ? { ...lane, lease, isListed: true } : lane
}

function nextLane(fate: Fate, { lane, batch }: Sent): Lane | null {
  return fate.fate === 'committed' && fate.etag ? { ...lane, head: batch.next, etag: fate.etag } : null
}

function toSuspect({ batch, lane, taken }: Sent): Suspect {
  return { batch, lease: lane.lease, drafts: taken.map((item) => item.draft) }
}

function submit({ context, limits }: AppenderOptions, batch: SealedBatch): Promise<Fate> {
  return commitBatch(context.rows, batch, pauseUntil(context.pacing.clock() + limits.deadline, context.pacing))
}

/**
 * Refuses for good what may not be placed any more. Asked right before sealing: whoever closes such an intent in our
 * stead then only has to see to it that no batch sealed earlier comes in late.
 */
function refuseExpired(waiting: Waiting[], now: number): void {
  const expired = takeOut(waiting, ({ draft }) => draft.notAfter !== undefined && draft.notAfter < now)
  for (const { reject } of expired) reject(refusal('the row may not be placed any more'))
}

/** Takes the rows out of which that holds. */
function takeOut(waiting: Waiting[], holds: (item: Waiting) => boolean): readonly Waiting[] {
  const taken = waiting.filter(holds)
  if (taken.length > 0) waiting.splice(0, waiting.length, ...waiting.filter((item) => !taken.includes(item)))
  return taken
}

function resolveAll({ batch, taken }: Sent): void {
  const { lane, segment } = batch.next
  batch.rows.forEach((row, index) => {
    taken[index]?.resolve({ lane, segment, seq: row.seq, mac: row.mac.toString('hex') })
  })
}

/** Puts the rows back in front, but for those that have lost too often; gives the latter. */
function requeue(taken: readonly Waiting[], waiting: Waiting[]): readonly Waiting[] {
  for (const item of taken) item.attempts++
  waiting.unshift(...taken.filter((item) => item.attempts < maxAttempts))
  return taken.filter((item) => item.attempts >= maxAttempts)
}

/** The refusal of everything that cannot be recorded; `reason` is for the log. */
export function refusal(reason: string, retryAfter = 5): Problem {
  return new Problem('audit_unavailable', 'The audit log cannot be written.', { retryAfter, reason })
}

function asRefusal(cause: unknown): Problem {
  if (cause instanceof Problem) return cause
  return new Problem('audit_unavailable', 'The audit log cannot be written.', {
    retryAfter: 5,
    reason: 'append',
    cause,
  })
}
