import { createBookCalls } from './reconcile-book.ts'
import { type Comparison, compareCalls, patienceMs } from './reconcile-compare.ts'
import { compareExchanges, tokenLifeMs } from './reconcile-exchanges.ts'
import { skewMs } from './reconcile-match.ts'
import { earliest, type NightProgress, type ReconcileStart, readProgress, saveProgress } from './reconcile-progress.ts'
import type { BackendReconciliation, BookCall, LogSource, SourceEvent, SourceWindow } from './reconcile-source.ts'
import { type BookReader, followLanes, type Positions } from './reconcile-tail.ts'

/** The name under which Entra's sign-ins stand among the sources; they say something of every backend. */
export const entraSource = 'entra'

export interface NightPorts extends BookReader {
  /** By backend, and `entra`. */
  readonly sources: ReadonlyMap<string, LogSource>
  /** All backends of this deployment. */
  readonly backends: readonly string[]
  /** Our own application, through which every exchange of ours goes. */
  readonly clientId: string
}

/** The night, `2026-11-22`, and the time (epoch ms) up to which it looks. */
export interface Night {
  readonly date: string
  readonly until: number
}

const day = 86_400_000
/** How far back calls and entries are read besides the window, so that what lies across its edge finds its other half. */
const overlapMs = 1_800_000
const mostKnown = 20_000

/**
 * Compares the book with what backends and Entra themselves recorded, each from where the night before ended up to where
 * its log can be taken to be complete. Doing the same night again compares the same; a log that cannot be read is
 * compared the next night. Rejects with `audit_unavailable` where the book cannot be read or progress not be kept.
 */
export async function reconcileNight(ports: NightPorts, night: Night): Promise<readonly BackendReconciliation[]> {
  const plans = await Promise.all([...ports.sources].map(([name, source]) => plan(ports, { name, source }, night)))
  const ready = plans.filter((one): one is Plan => 'window' in one)
  const book = ready.length === 0 ? null : await readBook(ports, ready)
  const results: BackendReconciliation[] = plans.flatMap((one) => ('window' in one ? [] : [one]))
  for (const one of ready) if (book !== null) results.push(await carryOut(ports, one, { ...night, ...book }))
  return [...results, ...ports.backends.filter((name) => !ports.sources.has(name)).map(withoutSource)]
}

interface Plan {
  readonly name: string
  readonly source: LogSource
  readonly progress: NightProgress | null
  readonly start: ReconcileStart
  readonly window: SourceWindow
}

/** Up to where this log is complete: to its newest entry, less the time in which older ones may still come. */
async function plan(
  { rows }: NightPorts,
  { name, source }: Pick<Plan, 'name' | 'source'>,
  { date, until }: Night,
): Promise<Plan | BackendReconciliation> {
  const progress = await readProgress(rows, name)
  const first: ReconcileStart = { from: until - day, positions: {} }
  const start = progress === null ? first : progress.date === date ? progress.before : progress.after
  try {
    const newest = await source.newest()
    const complete = newest === null ? start.from : newest - source.settling
    const to = Math.max(start.from, until - patienceMs, Math.min(until, complete))
    return { name, source, progress, start, window: { from: start.from, to } }
  } catch {
    return failed(name, source)
  }
}

interface Book {
  readonly calls: readonly BookCall[]
  readonly resumes: ReadonlyMap<string, Positions>
}

/** One pass over the book for all sources. */
async function readBook(ports: NightPorts, plans: readonly Plan[]): Promise<Book> {
  const positions = earliest(plans.map(({ start }) => start))
  const since = Math.min(...plans.map(({ name, window }) => reachOf(name, window)))
  const shelves = plans.map(({ name, window }) => ({
    name,
    book: createBookCalls({ since, cut: window.to - reach(name) }),
  }))
  for await (const rows of followLanes(ports, positions)) for (const { book } of shelves) book.add(rows)
  const resumes = new Map(shelves.map(({ name, book }) => [name, book.resume(positions)]))
  return { calls: shelves[0]?.book.calls() ?? [], resumes }
}

/** A sign-in is looked for in the life of a token before each call. */
function reach(name: string): number {
  return overlapMs + (name === entraSource ? tokenLifeMs : 0)
}

function reachOf(name: string, { from }: SourceWindow): number {
  return from - reach(name)
}

async function carryOut(ports: NightPorts, plan: Plan, night: Night & Book): Promise<BackendReconciliation> {
  const { name, source, window, progress } = plan
  let events: readonly SourceEvent[]
  try {
    events = await source.read({ from: reachOf(name, window) - skewMs, to: window.to })
  } catch {
    return failed(name, source)
  }
  const known = [...new Set([...(progress?.known ?? []), ...night.calls.map(({ oid }) => oid)])].slice(-mostKnown)
  const isEntra = name === entraSource
  const isHere = (backend: string) => isEntra || backend === name || (source.shares?.(backend) ?? false)
  const calls = night.calls.filter(({ backend }) => isHere(backend))
  const comparison: Comparison = {
    ...{ backend: name, source, window, until: night.until, calls, events },
    ...{ clientId: ports.clientId, known: new Set(known) },
  }
  const result = isEntra ? compareExchanges(comparison) : compareCalls(comparison)
  const after = { from: window.to, positions: Object.fromEntries(night.resumes.get(name) ?? []) }
  await saveProgress(ports.rows, name, { date: night.date, before: plan.start, after, known })
  return result
}

function failed(backend: string, { name }: LogSource): BackendReconciliation {
  const note = 'the log could not be read; the next night compares this one too'
  return { ...nothing, backend, source: name, status: 'failed', note }
}

function withoutSource(backend: string): BackendReconciliation {
  return { ...nothing, backend, source: null, status: 'not_reconcilable', note: 'no log of this backend is set up' }
}

const nothing = { window: null, counts: null, findings: [] } as const
