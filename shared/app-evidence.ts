import { randomBytes } from 'node:crypto'
import { createEdges, type Edges } from './app-evidence-edges.ts'
import { createNightly } from './app-evidence-night.ts'
import type { Foundation } from './app-ports.ts'
import { createAnchorRecorder } from './audit/anchor-records.ts'
import { judgeImmutability, rememberImmutability } from './audit/immutability.ts'
import { runIndexer } from './audit/index-rows.ts'
import { runKeeping } from './audit/keeping.ts'
import { wakeNightly, workSegment } from './audit/nightly-wake.ts'
import { sleep } from './audit/pause.ts'
import { reconcileDangling } from './audit/reconcile-dangling.ts'
import { createFateFinder } from './audit/reconcile-setup.ts'
import type { RetentionAnchors } from './audit/retention.ts'
import { createSealerMemory, runSealer, type SealerRun } from './audit/sealer.ts'
import { partitionKey } from './audit/segment.ts'
import { createTimeStamper } from './audit/time-stamper.ts'
import { openAnchorLog } from './audit/verify-anchor-log.ts'
import { Problem } from './errors/problem.ts'
import type { Job, Jobs } from './evidence-job.ts'
import { nameFailure } from './telemetry/log.ts'

/** The evidence app: its jobs, and what ends it. */
export interface Evidence {
  readonly jobs: Jobs
  /** Writes what waits and releases the lane. */
  readonly close: () => Promise<void>
}

/** Builds the evidence app; nothing connects before the first job. */
export function createEvidence(base: Foundation): Evidence {
  const edges = createEdges(base)
  const nightly = createNightly(base, edges, sleep)
  return {
    jobs: told(base.log, {
      seal: single(createSealing(base, edges)),
      night: single(() => wakeNightly(nightly)),
      segment: async (message) => void (await workSegment(nightly, message)),
      reconcile: single(createReconciling(base, edges)),
      index: single(createIndexing(base, edges)),
      keep: single(createKeeping(base, edges)),
    }),
    close: edges.writer.close,
  }
}

function createSealing({ settings, clock, log }: Foundation, edges: Edges): Job {
  const { rows, keys, evidence, origin, signer, authority } = edges
  const memory = createSealerMemory()
  const readPolicy = rememberImmutability({ read: () => edges.readPolicy('evidence'), clock })
  const demand = { days: settings.COUNTERSIGN_RETENTION_DAYS, appends: true }
  const objection = async () => judgeImmutability(await readPolicy(), demand)
  const stamp =
    authority && createTimeStamper({ ask: authority, store: evidence, clock, random: (size) => randomBytes(size) })
  return async () => {
    const publicKey = await signer.publicKey()
    const common = { rows, keys: keys.find, store: evidence, sign: signer.sign, publicKey, origin, clock }
    report(log, await runSealer({ ...common, memory, objection }))
    const stamped = await stamp?.()
    if (stamped?.kind === 'failed') log('time_stamp_failed', { reason: stamped.reason })
    return undefined
  }
}

function createIndexing({ settings, clock, log }: Foundation, { rows }: Edges): Job {
  const homeTenant = settings.COUNTERSIGN_HOME_TENANT
  return async () => {
    const { behind } = await runIndexer({ rows, homeTenant, clock, wait: sleep })
    if (behind.length > 0) log('index_behind', { count: behind.length })
    return undefined
  }
}

function createReconciling({ clock, log }: Foundation, { night, writer }: Edges): Job {
  const findFate = createFateFinder(night.sources)
  return async () => {
    const run = await reconcileDangling({ ...night, writer, clock, random: randomBytes, findFate })
    if (run.closed + run.failed > 0 || run.status !== 'done')
      log('reconciled', { status: run.status, count: run.closed })
    return undefined
  }
}

function createKeeping({ settings, clock, log }: Foundation, edges: Edges): Job {
  const { rows, desk, book, erasable: store, writer: audit } = edges
  const days = settings.COUNTERSIGN_RETENTION_DAYS
  return async () => {
    const anchors = await openRetention(edges, clock)
    const done = await runKeeping({ desk, rows, book, store, audit, anchors, days, clock, random: randomBytes })
    log('keys_kept', { days: done.keys.daysAhead })
    for (const kid of done.keys.late) log('key_was_missing', { reason: kid })
    if (done.retention.removed.length > 0) log('segments_removed', { count: done.retention.removed.length })
    return undefined
  }
}

/** The anchor log as retention needs it. */
async function openRetention(edges: Edges, clock: () => number): Promise<RetentionAnchors> {
  const { evidence: store, signer, origin } = edges
  const publicKey = await signer.publicKey()
  const { appendRetention } = createAnchorRecorder({ store, sign: signer.sign, publicKey, origin, clock })
  const open = async () => {
    const note = await store.readCheckpoint()
    if (note === null) return null
    const opened = openAnchorLog({ lines: await store.readLines(), note, origin, publicKey })
    if (!opened.ok) throw new Error(`the anchor log is not as it was signed: ${opened.fault}`)
    return opened.book
  }
  return {
    appendRetention,
    seals: async () => [...((await open())?.seals.values() ?? [])],
    retained: async () => {
      const records = (await open())?.records ?? []
      return new Set(records.flatMap((one) => (one.kind === 'retention' ? partitionKey(one.lane, one.segment) : [])))
    },
  }
}

/** A wake while the job still runs in this process is answered by that run. */
function single(job: Job): Job {
  let running: ReturnType<Job> | undefined
  return (message) => {
    running ??= job(message).finally(() => {
      running = undefined
    })
    return running
  }
}

/** Says of a job that failed why, in the words that a problem keeps for the operator. */
function told(log: Foundation['log'], jobs: Jobs): Jobs {
  const tell = (name: string, job: Job): Job => {
    return async (message) => {
      try {
        return await job(message)
      } catch (error) {
        const reason = error instanceof Problem ? error.reason : nameFailure(error)
        log('job_failed', { kind: name, reason })
        throw error
      }
    }
  }
  return Object.fromEntries(Object.entries(jobs).map(([name, job]) => [name, tell(name, job)])) as unknown as Jobs
}

function report(log: Foundation['log'], run: SealerRun): void {
  for (const { lane, segment, seq, detail } of run.refused) log('seal_refused', { lane, segment, seq, reason: detail })
}
