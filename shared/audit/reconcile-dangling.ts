import { reconcileGraceMs } from './outcome-bound.ts'
import { fenceLanes } from './reconcile-fence.ts'
import { createOpenIntents, type OpenIntent, type OpenIntents } from './reconcile-open.ts'
import { type Claim, fits, saveClaim, takeClaim } from './reconcile-state.ts'
import { type BookReader, followLanes, type Positions } from './reconcile-tail.ts'
import type { OutcomeFacts, RowDocument } from './record.ts'
import { partitionKey, rowKey } from './segment.ts'
import { joinContent } from './verify-row.ts'
import type { AuditWriter } from './writer.ts'

/** What a backend's own log says of one call; `evidence` names the log and holds nothing personal. */
export interface KnownFate {
  readonly status: 'called' | 'not-called'
  readonly backendIds: Readonly<Record<string, string>>
  readonly evidence: string
}

export interface DanglingPorts extends BookReader {
  readonly writer: Pick<AuditWriter, 'recordReconciled'>
  /** Null where the log does not say for certain; its absence there is no proof that a call was not made. */
  readonly findFate?: (intent: RowDocument) => Promise<KnownFate | null>
  /** Epoch ms. */
  readonly clock: () => number
  readonly random: (size: number) => Uint8Array
}

/**
 * `busy`: another run has the claim. `behind`: the book was longer than one run reads, nothing was closed, the next run
 * goes on. `lost`: the claim was lost on the way. `open` are intents that may still get their outcome.
 */
export interface DanglingResult {
  readonly status: 'done' | 'behind' | 'busy' | 'lost'
  readonly closed: number
  readonly failed: number
  readonly open: number
}

export interface DanglingLimits {
  readonly rows: number
  readonly closings: number
  /** Ms for which a run holds the claim, and after which nothing of it is written any more. */
  readonly claim: number
  readonly margin: number
  readonly grace: number
}

const defaults: DanglingLimits = {
  rows: 500_000,
  closings: 500,
  claim: 240_000,
  margin: 240_000,
  grace: reconcileGraceMs,
}

/**
 * Closes intents that a writer left without outcome, at most once each whatever fails: it reads every lane to its end,
 * makes sure that nothing sealed before is still on its way (reconcile-fence.ts), looks again, and only then writes. The
 * writer that left them open may not place their outcomes any more (outcome-bound.ts), nor may an earlier run of ours
 * once its claim is over. To be run every five minutes, anywhere, any number at a time.
 */
export async function reconcileDangling(
  ports: DanglingPorts,
  given: Partial<DanglingLimits> = {},
): Promise<DanglingResult> {
  const limits = { ...defaults, ...given }
  const owner = Buffer.from(ports.random(8)).toString('hex')
  const startedAt = ports.clock()
  const request = { owner, now: startedAt, duration: limits.claim, margin: limits.margin }
  const claim = await takeClaim(ports.rows, request)
  if (claim === null) return { status: 'busy', closed: 0, failed: 0, open: 0 }
  const positions: Positions = new Map(Object.entries(claim.state.positions))
  const intents = createOpenIntents(claim.state)
  return carryOut({ ports, limits, claim, positions, intents, dueBefore: startedAt - limits.grace })
}

interface Run {
  readonly ports: DanglingPorts
  readonly limits: DanglingLimits
  readonly claim: Claim
  readonly positions: Positions
  readonly intents: OpenIntents
  /** Epoch ms; from before anything was read, so that all that is sealed after our look is sealed too late for these. */
  readonly dueBefore: number
}

async function carryOut(run: Run): Promise<DanglingResult> {
  const { isCaughtUp, ready } = await look(run)
  const closings = await closeAll(run, ready)
  const isKept = await keep(run, closings.failed === 0)
  return { status: statusOf(isKept, isCaughtUp), ...closings, open: run.intents.size() }
}

async function look(run: Run): Promise<{ isCaughtUp: boolean; ready: readonly Closing[] }> {
  try {
    const isCaughtUp = await readOn(run)
    return { isCaughtUp, ready: isCaughtUp ? await prepare(run) : [] }
  } catch (error) {
    // Nothing was written yet, so the next run need not wait.
    await saveClaim(run.ports.rows, { ...run.claim, until: 0 }).catch(() => null)
    throw error
  }
}

function statusOf(isKept: boolean, isCaughtUp: boolean): DanglingResult['status'] {
  if (!isKept) return 'lost'
  return isCaughtUp ? 'done' : 'behind'
}

/** False where there is more to read than one run may. */
async function readOn({ ports, positions, intents, limits }: Run): Promise<boolean> {
  let count = 0
  for await (const rows of followLanes(ports, positions)) {
    intents.add(rows)
    count += rows.length
    if (count >= limits.rows) return false
  }
  intents.endRound()
  return true
}

/** The intents to close, after a look that nothing can come behind, with what their outcomes will say. */
async function prepare(run: Run): Promise<readonly Closing[]> {
  const { ports, limits, intents, dueBefore } = run
  const candidates = intents.due(dueBefore, limits.closings)
  if (candidates.length === 0) return []
  const explained = candidates.map(async (one) => [one.decisionId, await explain(run, one)] as const)
  const facts = new Map(await Promise.all(explained))
  await fenceLanes(ports, run.positions, ports.random)
  if (!(await readOn(run))) return []
  return intents.due(dueBefore, limits.closings).flatMap((intent) => {
    const known = facts.get(intent.decisionId)
    return known === undefined ? [] : [{ intent, facts: known }]
  })
}

interface Closing {
  readonly intent: OpenIntent
  readonly facts: OutcomeFacts
}

async function closeAll(run: Run, closings: readonly Closing[]): Promise<{ closed: number; failed: number }> {
  const written = await Promise.allSettled(closings.map((one) => close(run, one)))
  const closed = written.filter(({ status }) => status === 'fulfilled').length
  return { closed, failed: written.length - closed }
}

async function close({ ports, claim, intents }: Run, { intent, facts }: Closing): Promise<void> {
  const { decisionId, lane, segment, seq, mac } = intent
  await ports.writer.recordReconciled({ decisionId, lane, segment, seq, mac }, facts, claim.until)
  intents.close(decisionId)
}

/** What the outcome will say. A call that was never permitted was never made; of others only a log can know. */
async function explain({ ports }: Run, intent: OpenIntent): Promise<OutcomeFacts> {
  const checkedAt = new Date(ports.clock()).toISOString()
  const base = {
    code: 'reconciled',
    identity: { source: 'none', method: 'none', checkedAt, matches: null },
    ...{ backendIds: {}, rows: 0, bytes: 0, labels: [], masked: [] },
  } as const
  if (intent.verdict !== 'permit') {
    return { ...base, status: 'not-called', evidence: `the intent says ${intent.verdict}` }
  }
  const known = await askLog(ports, intent).catch(() => null)
  return known === null
    ? { ...base, status: 'unknown', evidence: 'no outcome was recorded, and no log says for certain' }
    : { ...base, ...known }
}

async function askLog(ports: DanglingPorts, { lane, segment, seq }: OpenIntent): Promise<KnownFate | null> {
  if (ports.findFate === undefined) return null
  const stored = await ports.rows.read('rows', partitionKey(lane, segment), rowKey(seq))
  const text = stored === null ? null : Buffer.from(joinContent(stored.properties)).toString('utf8')
  return text === null ? null : ports.findFate(JSON.parse(text) as RowDocument)
}

/**
 * Keeps how far we have read. The claim is given back only where every closing is known to be in the book: else one may
 * still come in, and the next run waits until it cannot. What does not fit is read again by the next run.
 */
async function keep({ ports, positions, intents, claim }: Run, isClean: boolean): Promise<boolean> {
  const state = { positions: Object.fromEntries(positions), ...intents.save() }
  const until = isClean ? 0 : claim.until
  return (await saveClaim(ports.rows, { ...claim, until, state: fits(state) ? state : claim.state })) !== null
}
