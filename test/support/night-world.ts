// A book, its sealer and the nightly run over stores in memory, with a clock of its own. The report is a stand-in: it keeps
// facts under their date, once, as the immutable container does, and judges them in the simplest way.
import { createSecretKey, hash, randomBytes } from 'node:crypto'
import type { NightlyFacts, SegmentTask } from '../../shared/audit/nightly.ts'
import type { NightlyPorts, PublishedReport } from '../../shared/audit/nightly-ports.ts'
import { wakeNightly, workSegment } from '../../shared/audit/nightly-wake.ts'
import type { RowDocument } from '../../shared/audit/record.ts'
import { requestRun } from '../../shared/audit/run-requests.ts'
import { runSealer } from '../../shared/audit/sealer.ts'
import type { RowStore } from '../../shared/audit/store.ts'
import { exceptions } from '../../shared/audit/verify-findings.ts'
import type { AuditWriter } from '../../shared/audit/writer.ts'
import { key, kid, openWriter, origin, recordCall } from '../unit/audit/fixture.ts'
import { createMemoryAnchors, logKey, type MemoryAnchors, signWith } from '../unit/audit/memory-anchors.ts'

export const minute = 60_000
export const day = 86_400_000

/** Of the verifier alone; the gateway has the rows' key. */
const runKey = { kid: 'audit-runs/00000001', key: createSecretKey(Buffer.alloc(32, 7)) }

export interface NightWorld {
  /** Whether the first night was asked for. */
  readonly asked: { isDone: boolean }
  now: number
  readonly rows: RowStore
  anchors: MemoryAnchors
  readonly reports: Map<string, { readonly report: PublishedReport; readonly facts: NightlyFacts }>
  /** What was posted where; `isDeaf`: nobody takes it. */
  readonly posted: { readonly url: string; readonly date: string }[]
  isDeaf: boolean
  readonly logged: { readonly event: string; readonly fields: Readonly<Record<string, unknown>> }[]
  readonly ports: NightlyPorts
  /** A gateway's writer; segments of so many rows. */
  readonly openWriter: (segmentRows?: number) => AuditWriter
  readonly seal: () => Promise<void>
  readonly wake: () => Promise<SegmentTask[]>
  readonly work: (tasks: readonly SegmentTask[]) => Promise<void>
  /** Wakes, does what there is to do, and gives the newest report's facts. */
  readonly night: () => Promise<NightlyFacts>
  readonly close: () => Promise<void>
}

/** What outlives a process. */
export type Outside = Pick<NightWorld, 'asked' | 'now' | 'anchors' | 'reports' | 'posted' | 'logged'>

export function startOutside(): Outside {
  // A Monday, an hour before the nightly run is due.
  const now = Date.parse('2026-11-23T00:00:00.000Z')
  return { now, anchors: createMemoryAnchors(), reports: new Map(), posted: [], logged: [], asked: { isDone: false } }
}

/** A new process, over what is there already. */
export function createNightWorld(rows: RowStore, outside: Outside = startOutside()): NightWorld {
  const writers: AuditWriter[] = []
  const open = (segmentRows = 100_000) => {
    const writer = openWriter(rows, { clock: () => world.now, limits: { segmentRows } })
    writers.push(writer)
    return writer
  }
  let own: AuditWriter | null = null
  const world: NightWorld = {
    ...outside,
    rows,
    isDeaf: false,
    openWriter: open,
    ports: {
      ...{ rows, origin, hour: 1, build: 'b1', random: randomBytes, clock: () => world.now },
      keys: async (id) => (id === kid ? { key } : null),
      runKeys: { current: async () => runKey, find: async (id) => (id === runKey.kid ? runKey : null) },
      wait: () => new Promise((resolve) => setImmediate(resolve)),
      log: (event, fields = {}) => void world.logged.push({ event, fields }),
      recordEvent: (facts) => {
        own ??= open()
        return own.recordEvent(facts)
      },
      anchors: {
        readLines: () => world.anchors.readLines(),
        readCheckpoint: () => world.anchors.readCheckpoint(),
      },
      publicKey: async () => logKey.publicKey,
      readSealed: async (name) => world.anchors.segments.get(name) ?? null,
      createPeriod: countRows,
      carryPeriod: () => null,
      mergePeriods: (periods) => ({ calls: periods.reduce((sum: number, one) => sum + callsOf(one), 0) }),
      immutability: async () => [],
      reconcile: async () => ({ facts: null, findings: [] }),
      clockOffset: async () => null,
      publish: async (facts) => publishOnce(world, facts),
      webhooks: ['https://reports.test/one', 'https://reports.test/two'],
      reportUrl: 'https://gateway.test/api/audit/reports',
      post: async (url, { date }) => {
        if (!world.isDeaf) world.posted.push({ url, date })
        return !world.isDeaf
      },
    },
    async seal() {
      const { anchors: store } = world
      const common = {
        rows,
        keys: world.ports.keys,
        store,
        sign: signWith(logKey),
        publicKey: logKey.publicKey,
        origin,
      }
      await runSealer({ ...common, clock: () => world.now })
    },
    async wake() {
      // Nothing is due of itself in the night in which a book begins.
      if (!outside.asked.isDone)
        outside.asked.isDone = (await requestRun(rows, { now: world.now, id: 'first' }).catch(() => null)) !== null
      return (await wakeNightly(world.ports)).messages
    },
    async work(tasks) {
      for (const task of tasks) await workSegment(world.ports, JSON.parse(JSON.stringify(task)))
    },
    async night() {
      await world.work(await world.wake())
      const newest = [...world.reports.keys()].sort().at(-1)
      const facts = newest === undefined ? undefined : world.reports.get(newest)?.facts
      if (!facts) throw new Error(`no report: ${JSON.stringify(world.logged.slice(-3))}`)
      return facts
    },
    async close() {
      for (const writer of writers) await writer.close()
    },
  }
  return world
}

/** Calls from intent to outcome, `count` of them. */
export async function recordCalls(writer: AuditWriter, prefix: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++) await recordCall(writer, `${prefix}${index}`)
}

/** The verdict as the report would give it. */
export function judge({ findings, notes, segments }: NightlyFacts): string {
  if (findings.some(({ kind }) => !exceptions.has(kind))) return 'FAIL'
  if (notes.length > 0 || segments.missing.length > 0) return 'INCOMPLETE'
  return findings.length > 0 ? 'PASS WITH EXCEPTIONS' : 'PASS'
}

function publishOnce(world: NightWorld, facts: NightlyFacts): PublishedReport {
  const digest = hash('sha256', JSON.stringify(facts), 'hex')
  const kept = world.reports.get(facts.date)
  if (kept && kept.report.digest !== digest) throw new Error('other bytes are kept under this date')
  const report = { date: facts.date, verdict: judge(facts), digest }
  world.reports.set(facts.date, { report, facts })
  return report
}

function countRows() {
  let calls = 0
  return {
    add: ({ kind }: RowDocument) => {
      if (kind === 'intent') calls++
    },
    facts: () => ({ calls }),
  }
}

function callsOf(period: unknown): number {
  return (period as { calls: number }).calls
}
