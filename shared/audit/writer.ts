import { Problem } from '../errors/problem.ts'
import { type AppendLimits, createAppender, refusal } from './appender.ts'
import { draftEvent, draftIntent, draftOutcome } from './document.ts'
import { createGroupQueue } from './group-queue.ts'
import { commitPersonal, type Opening, persistOpenings } from './openings.ts'
import { outcomeBoundMs } from './outcome-bound.ts'
import { type Pacing, pauseUntil, sleep } from './pause.ts'
import { grantIntent, grantOutcome, type IntentReceipt, type OutcomeReceipt, type RowPosition } from './receipt.ts'
import type { EventFacts, IntentFacts, IntentReference, OutcomeFacts } from './record.ts'
import type { KeySource, RowStore } from './store.ts'

const defaults: AppendLimits = { deadline: 2500, queue: 4096, segmentRows: 100_000 }
const maxOpenings = 100
const maxOpeningWire = 3.5 * 1024 * 1024
const ownerSize = 8

export interface AuditWriterOptions {
  readonly rows: RowStore
  readonly keys: KeySource
  /** Epoch milliseconds. */
  readonly clock: () => number
  /** Cryptographically random bytes. */
  readonly random: (size: number) => Uint8Array
  /** Name of this deployment; stands in every row. */
  readonly origin: string
  readonly wait?: (milliseconds: number) => Promise<void>
  readonly limits?: Partial<AppendLimits>
  readonly leaseMs?: number
}

/** An intent as its row names it. */
export type ReconciledIntent = IntentReference & { readonly decisionId: string }

/** The only maker of rows and receipts. Everything rejects with `audit_unavailable` where a row cannot be made durable. */
export interface AuditWriter {
  /** Only for the verdict `permit`: the receipt clears the call. */
  recordPermitted(facts: IntentFacts): Promise<IntentReceipt<true>>
  /** Only for the verdicts `deny` and `pending`. */
  recordRefused(facts: IntentFacts): Promise<IntentReceipt<false>>
  /** Closes an intent; must be called at most once for each, and is refused where the intent is too old for it. */
  recordOutcome(intent: IntentReceipt, facts: OutcomeFacts): Promise<OutcomeReceipt>
  recordEvent(facts: EventFacts): Promise<RowPosition>
  /**
   * Closes an intent of another writer that left it open (reconcile-dangling.ts, and nobody else). Not placed after
   * `notAfter` (epoch ms), however long the store is away.
   */
  recordReconciled(intent: ReconciledIntent, facts: OutcomeFacts, notAfter: number): Promise<RowPosition>
  /** Drains, settles what is unsettled, releases the lane. */
  close(): Promise<void>
}

/** Makes the audit writer of one instance: one lane, group commit, personal values outside the chain. */
export function createAuditWriter(options: AuditWriterOptions): AuditWriter {
  const limits = { ...defaults, ...options.limits }
  const pacing: Pacing = { clock: options.clock, random: options.random, wait: options.wait ?? sleep }
  const owner = Buffer.from(options.random(ownerSize)).toString('hex')
  const lease = options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }
  const context = { rows: options.rows, pacing, origin: options.origin, owner, ...lease }
  const appender = createAppender({ context, keys: options.keys, limits })
  const openings = createOpeningQueue({ rows: options.rows, pacing, limits })

  async function recordIntent<Cleared extends boolean>(facts: IntentFacts): Promise<IntentReceipt<Cleared>> {
    // Read before the row is placed, so that it is never older than this.
    const begun = pacing.clock()
    const day = new Date(begun).toISOString().slice(0, 10)
    const source = { partition: `${owner}|${day}`, random: options.random }
    const { commitments, opening } = commitPersonal(facts, source)
    const draft = draftIntent(facts, commitments)
    if (opening) await openings.write(opening)
    return grantIntent<Cleared>({ ...(await appender.append(draft)), begun }, facts.decisionId)
  }

  return {
    recordPermitted: async (facts) => recordIntent<true>(requireVerdict(facts, true)),
    recordRefused: async (facts) => recordIntent<false>(requireVerdict(facts, false)),
    async recordOutcome(intent, facts) {
      const { lane, segment, seq, mac, decisionId } = intent
      const draft = draftOutcome(decisionId, facts, { lane, segment, seq, mac })
      const placed = await appender.append({ ...draft, notAfter: intent.begun + outcomeBoundMs })
      return grantOutcome({ lane: placed.lane, segment: placed.segment, seq: placed.seq }, intent)
    },
    async recordEvent(facts) {
      const { lane, segment, seq } = await appender.append(draftEvent(facts.kind, facts.detail))
      return { lane, segment, seq }
    },
    async recordReconciled({ decisionId, ...reference }, facts, notAfter) {
      const draft = draftOutcome(decisionId, facts, reference)
      const { lane, segment, seq } = await appender.append({ ...draft, notAfter })
      return { lane, segment, seq }
    },
    async close() {
      await openings.idle()
      await appender.close()
    },
  }
}

interface WaitingOpening {
  readonly opening: Opening
  readonly resolve: () => void
  readonly reject: (cause: unknown) => void
}

interface OpeningQueueOptions {
  readonly rows: RowStore
  readonly pacing: Pacing
  readonly limits: AppendLimits
}

// Openings leave in groups of their own, one ahead of the rows that commit to them.
function createOpeningQueue({ rows, pacing, limits }: OpeningQueueOptions) {
  const queue = createGroupQueue<WaitingOpening>(async (waiting) => {
    const taken = waiting.splice(0, countThatFit(waiting))
    const pause = pauseUntil(pacing.clock() + limits.deadline, pacing)
    try {
      await persistOpenings(
        rows,
        taken.map((item) => item.opening),
        pause,
      )
      for (const item of taken) item.resolve()
    } catch (cause) {
      for (const item of taken) item.reject(cause)
    }
  })
  return {
    idle: queue.idle,
    async write(opening: Opening): Promise<void> {
      if (queue.size() >= limits.queue) throw refusal('the queue is full', 1)
      return new Promise((resolve, reject) => queue.push({ opening, resolve, reject }))
    },
  }
}

function countThatFit(waiting: readonly WaitingOpening[]): number {
  const partition = waiting[0]?.opening.entity.partitionKey
  let wire = 0
  let count = 0
  for (const { opening } of waiting.slice(0, maxOpenings)) {
    wire += (opening.size * 4) / 3 + 2000
    if (count > 0 && (wire > maxOpeningWire || opening.entity.partitionKey !== partition)) break
    count++
  }
  return count
}

// A receipt that clears a call must not exist for a row that says otherwise, whatever the caller believes.
function requireVerdict(facts: IntentFacts, isPermit: boolean): IntentFacts {
  if ((facts.verdict === 'permit') === isPermit) return facts
  throw new Problem('internal', 'The call could not be recorded.', { reason: 'verdict and receipt disagree' })
}
