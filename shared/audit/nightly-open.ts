import type { PlannedTask } from './nightly.ts'
import { nightSeed } from './nightly-choice.ts'
import { nightNumber, nightsBetween } from './nightly-due.ts'
import { findGone, lastAnchored, type NightPlan, planTasks } from './nightly-plan.ts'
import type { PublishedReport } from './nightly-ports.ts'
import type { Night } from './nightly-run.ts'
import type { LaneState, NightOutcome, NightState } from './nightly-state.ts'
import { removedSegments, surveyLanes } from './nightly-survey.ts'
import type { Run } from './run-lease.ts'
import { partitionKey } from './segment.ts'
import type { AnchoredUpTo } from './verify.ts'
import { type AnchoredBook, type OpenedAnchors, openAnchorLog } from './verify-anchor-log.ts'
import type { Finding } from './verify-findings.ts'

/** Names of a night's documents. */
export const documentNames = {
  beginning: 'beginning',
  plan: 'plan',
  extent: 'extent',
  task: (name: string) => `task|${name}`,
  result: (name: string) => `result|${name}`,
  outcome: 'outcome',
  published: 'published',
  recording: 'recording',
  recorded: 'recorded',
  told: (index: number) => `told|${index}`,
} as const

/** How a night began. */
export interface Beginning {
  readonly runId: string
  readonly startedAt: string
}

// After that a night goes on without the anchors, and says so: no report at all would be worse.
const anchorsPatience = 3_600_000
const atOnce = 16
const idSize = 8

/** Writes the heartbeat before anything is looked at, so that a quiet day has a row as well. */
export async function beginNight({ ports, documents }: Night, run: string): Promise<Beginning> {
  const known = await documents.read<Beginning>({ run, name: documentNames.beginning })
  if (known) return known
  await ports.recordEvent({ kind: 'heartbeat', detail: { date: run } })
  const runId = Buffer.from(ports.random(idSize)).toString('hex')
  const startedAt = new Date(ports.clock()).toISOString()
  return documents.put({ run, name: documentNames.beginning }, { runId, startedAt })
}

/** The plan of a night: made once, and then the one that is kept. */
export async function planNight(
  night: Night,
  { runs, beginning, date }: { readonly runs: readonly Run[]; readonly beginning: Beginning; readonly date: string },
): Promise<NightPlan> {
  const { documents } = night
  const known = await documents.read<NightPlan>({ run: date, name: documentNames.plan })
  if (known) return known
  const before = await findState(night, runs, date)
  const anchors = await openAnchors(night, beginning, before)
  const plan = await makePlan(night, { before, anchors, date, missed: await findMissed(night, runs, { before, date }) })
  return documents.put({ run: date, name: documentNames.plan }, plan)
}

/** What the last night that was reported left. */
async function findState({ documents }: Night, runs: readonly Run[], date: string): Promise<NightState | null> {
  for (const run of runs.filter((one) => one.date < date).reverse()) {
    if (!(await documents.read({ run: run.date, name: documentNames.recorded }))) continue
    const outcome = await documents.read<NightOutcome>({ run: run.date, name: documentNames.outcome })
    if (outcome) return outcome.state
  }
  return null
}

/** Nights without a report since the last one, or since the first that was begun. */
async function findMissed(
  { documents }: Night,
  runs: readonly Run[],
  { before, date }: { readonly before: NightState | null; readonly date: string },
): Promise<string[]> {
  const first = runs[0]?.date ?? date
  const nights = before
    ? nightsBetween(before.date, date)
    : [first, ...nightsBetween(first, date)].filter(isBefore(date))
  const reports = nights.map((run) => documents.read<PublishedReport>({ run, name: documentNames.published }))
  const found = await Promise.all(reports)
  return nights.filter((_, index) => found[index] === null)
}

function isBefore(date: string): (night: string) => boolean {
  return (night) => night < date
}

/** Tonight's anchors; `opened` null where there are none, or where they could not be read for too long. */
interface Anchors {
  readonly opened: OpenedAnchors | null
  readonly note: string | null
  readonly notes: readonly string[]
}

async function openAnchors({ ports }: Night, { startedAt }: Beginning, before: NightState | null): Promise<Anchors> {
  const { anchors, origin, clock } = ports
  try {
    // The note first: a log that grows meanwhile is longer than it, which it may be.
    const note = await anchors.readCheckpoint()
    const since = before?.checkpoint ? [before.checkpoint.note] : []
    if (note === null) return since.length === 0 ? { opened: null, note, notes: [] } : vanished
    const lines = await anchors.readLines()
    const opened = openAnchorLog({ lines, note, origin, publicKey: await ports.publicKey(), since })
    return { opened, note, notes: [] }
  } catch (cause) {
    if (clock() - Date.parse(startedAt) < anchorsPatience) throw cause
    return { opened: null, note: null, notes: ['the anchor log could not be read'] }
  }
}

const vanished: Anchors = {
  opened: { ok: false, fault: 'anchor_log_truncated', index: 0, detail: 'the whole log is gone' },
  note: null,
  notes: [],
}

interface Planning {
  readonly before: NightState | null
  readonly anchors: Anchors
  readonly date: string
  readonly missed: readonly string[]
}

async function makePlan(night: Night, { before, anchors, date, missed }: Planning): Promise<NightPlan> {
  const { ports, keys } = night
  const { opened, note, notes } = anchors
  const plannedAt = new Date(ports.clock()).toISOString()
  const book = opened?.ok ? opened.book : null
  const upTo = book && anchoredUpTo(book)
  const states = new Map<string, LaneState>((before?.lanes ?? []).map((state) => [state.lane, state]))
  const seed = nightSeed(upTo?.root ?? '', date)
  const lanes = await surveyLanes({ rows: ports.rows, keys, origin: ports.origin, states, book })
  const removed = removedSegments(book)
  const tasks = await keepTasks(night, planTasks({ date, seed, lanes, states, book, removed, plannedAt }))
  const faults = opened && !opened.ok ? [faultOf(opened)] : []
  return {
    ...{ date, plannedAt, seed, before, missedNights: missed, notes, anchoredUpTo: upTo, removed: [...removed] },
    note: book ? note : null,
    isConsistent: before?.checkpoint && opened ? opened.ok : null,
    losses: (book?.records ?? []).flatMap((record) => (record.kind === 'failover' ? [record] : [])),
    tasks: tasks.map(({ lane, segment, reason, fresh, end }) => ({ lane, segment, reason, fresh, end })),
    findings: [...missed.map(missedNight), ...faults, ...findGone({ lanes, states, book })],
  }
}

/** Keeps what each task needs; one that is there already, of an attempt that came to nothing, stays as it is. */
async function keepTasks({ documents }: Night, tasks: readonly PlannedTask[]): Promise<PlannedTask[]> {
  const kept: PlannedTask[] = []
  for (let at = 0; at < tasks.length; at += atOnce) {
    const some = tasks.slice(at, at + atOnce).map((task) => {
      const name = documentNames.task(partitionKey(task.lane, task.segment))
      return documents.put({ run: task.run, name }, task)
    })
    kept.push(...(await Promise.all(some)))
  }
  return kept
}

function anchoredUpTo(book: AnchoredBook): AnchoredUpTo {
  const { checkpoint, time, lanes } = book
  const upTo = [...lanes.keys()].map((lane) => [lane, lastAnchored(book, lane)])
  const root = Buffer.from(checkpoint.root).toString('hex')
  return { size: checkpoint.size, root, time, lanes: Object.fromEntries(upTo) }
}

function faultOf({ fault, index, detail }: Extract<OpenedAnchors, { ok: false }>): Finding {
  return { kind: fault, lane: 'anchors', seq: index, detail }
}

function missedNight(date: string): Finding {
  return { kind: 'night_missed', lane: 'nights', seq: nightNumber(date), detail: `no report was made for ${date}` }
}
