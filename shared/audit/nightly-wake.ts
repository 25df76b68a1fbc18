import * as z from 'zod'
import { nameFailure } from '../telemetry/log.ts'
import type { PlannedTask, SegmentTask } from './nightly.ts'
import { findDue, newestNight } from './nightly-due.ts'
import { finishNight, missingTasks, tellAll } from './nightly-finish.ts'
import { beginNight, documentNames, planNight } from './nightly-open.ts'
import type { NightPlan } from './nightly-plan.ts'
import type { NightlyPorts } from './nightly-ports.ts'
import { holdRun, type Night, releaseRun, startNight } from './nightly-run.ts'
import { walkSegment } from './nightly-segment.ts'
import { putCounted } from './run-count.ts'
import { findRun, listRuns, type Run } from './run-lease.ts'
import { listRequests, takeRequest } from './run-requests.ts'
import { headKey, partitionKey } from './segment.ts'
import { readStoredChain } from './stored-chain.ts'
import { checkHead, kidOfHead } from './verify-head.ts'

/** After that a night is reported with what is there, in ms from its plan: parts without a result make it INCOMPLETE. */
const deadline = 2 * 3_600_000
/** A request that waited longer is nobody's any more. */
const askedMs = 86_400_000

/**
 * What the timer does, however often and wherever it wakes: goes on with a night that is not done, begins one that is due,
 * and gives back the tasks for the queue. A night that cannot be ended does not keep the next from beginning.
 */
export async function wakeNightly(ports: NightlyPorts): Promise<{ messages: SegmentTask[] }> {
  const night = startNight(ports)
  const runs = await listRuns(ports.rows, newestNight(ports.clock(), ports.hour))
  for (const run of runs.filter(({ step }) => step === 'reported'))
    await attempt(night, run, () => tellHeld(night, run))
  const newest = runs.at(-1)
  const isOpen = newest?.step === 'begun'
  const messages = isOpen ? await attempt(night, newest, () => workOn(night, runs, newest)) : []
  const due = await chooseDue(ports, newest ?? null)
  if (due === null) return { messages: messages ?? [] }
  const run: Run = { date: due, step: 'begun', begunAt: timeOf(ports), owner: '', until: 0, etag: '' }
  const more = await attempt(night, run, () => workOn(night, [...runs, run], run))
  return { messages: [...(messages ?? []), ...(more ?? [])] }
}

/** The night that is due by the clock; else the coming one, where an auditor asked for a run out of turn. */
async function chooseDue(ports: NightlyPorts, newest: Run | null): Promise<string | null> {
  const { rows, clock, hour } = ports
  const now = clock()
  const due = findDue({ now, hour, begun: newest?.date ?? (await findBirth(ports)) })
  const asked = (await listRequests(rows, now - askedMs)).filter(({ state }) => state === 'requested')
  // A night has one report: where that is there already, it is what the asker gets.
  const night = due ?? (asked.length > 0 && newest === null ? newestNight(now, hour) : null)
  for (const request of asked) await takeRequest(rows, request, night ?? newest?.date ?? '')
  return night
}

/** The night in which the book was begun: whatever was due before it was nobody's duty. Null where there is no book yet. */
async function findBirth({ rows, keys, origin, hour }: NightlyPorts): Promise<string | null> {
  const entity = await rows.read('rows', partitionKey('L01', 1), headKey)
  if (entity === null) return null
  const head = checkHead(entity, await keys(kidOfHead(entity)), { origin, lane: 'L01', segment: 1 })
  // A head that cannot be believed is no reason to wait.
  return 'detail' in head ? null : newestNight(Date.parse(head.opened), hour)
}

/**
 * What the queue's worker does with one message: the task, once, and the end of the night where it was the last. Rejects
 * where the task has to be given out again.
 */
export async function workSegment(ports: NightlyPorts, message: unknown): Promise<void> {
  const parsed = taskSchema().safeParse(typeof message === 'string' ? parseText(message) : message)
  if (!parsed.success) return ports.log('segment_task_malformed')
  const { run: date, lane, segment } = parsed.data
  const night = startNight(ports)
  const name = partitionKey(lane, segment)
  const task = await night.documents.read<PlannedTask>({ run: date, name: documentNames.task(name) })
  if (task === null) return ports.log('segment_task_unknown', { run: date, lane, segment })
  await finishIfLast(night, date, await keepResult(night, task))
}

/** How many results there are; null where that is not known. */
async function keepResult(night: Night, task: PlannedTask): Promise<number | null> {
  const { ports, documents, keys } = night
  const place = { run: task.run, name: documentNames.result(partitionKey(task.lane, task.segment)) }
  if (await documents.read(place)) return null
  const result = await walkSegment({ ...ports, keys, source: readStoredChain(ports.rows) }, task)
  const { rows, clock, wait, random } = ports
  return putCounted({ rows, pacing: { clock, wait, random }, documents }, place, result)
}

/** Runs one night's work; what fails is logged, and tried again at the next wake. */
async function attempt<T>({ ports }: Night, { date }: Run, work: () => Promise<T>): Promise<T | null> {
  try {
    return await work()
  } catch (cause) {
    ports.log('night_failed', { run: date, error: nameFailure(cause) })
    return null
  }
}

async function tellHeld(night: Night, run: Run): Promise<void> {
  const held = await holdRun(night, run)
  if (held) await tellAll(night, held)
}

/** Begins, plans, and ends a night as far as that can be done; what is still to be walked goes to the queue. */
async function workOn(night: Night, runs: readonly Run[], run: Run): Promise<SegmentTask[]> {
  const held = await holdRun(night, run)
  if (held === null) return []
  const { date } = held
  const beginning = await beginNight(night, date)
  const plan = await planNight(night, { runs, beginning, date })
  await night.documents.put({ run: date, name: documentNames.extent }, { tasks: plan.tasks.length })
  for (const missed of plan.missedNights) night.ports.log('night_missed', { run: missed })
  const missing = await missingTasks(night, plan)
  const isLate = night.ports.clock() - Date.parse(plan.plannedAt) >= deadline
  if (missing.length > 0 && isLate) night.ports.log('night_incomplete', { run: date, count: missing.length })
  if (missing.length === 0 || isLate) {
    await finishNight(night, held, plan)
    return []
  }
  const messages = await Promise.all(
    missing.map((entry) => readMessage(night, date, partitionKey(entry.lane, entry.segment))),
  )
  await releaseRun(night, held)
  return messages.flatMap((message) => (message ? [message] : []))
}

async function readMessage({ documents }: Night, run: string, name: string): Promise<SegmentTask | null> {
  const task = await documents.read<PlannedTask>({ run, name: documentNames.task(name) })
  if (task === null) return null
  const { lane, segment, reason, source, from, prev } = task
  return { run, lane, segment, reason, source, from, prev }
}

async function finishIfLast(night: Night, date: string, done: number | null): Promise<void> {
  const extent = await night.documents.read<{ tasks: number }>({ run: date, name: documentNames.extent })
  if (done === null || extent === null || done < extent.tasks) return
  const plan = await night.documents.read<NightPlan>({ run: date, name: documentNames.plan })
  if (plan === null || (await missingTasks(night, plan)).length > 0) return
  const run = await findRun(night.ports.rows, date)
  const held = run?.step === 'begun' ? await holdRun(night, run) : null
  if (held) await finishNight(night, held, plan)
}

const taskSchema = () =>
  z.object({
    run: z.iso.date(),
    lane: z.string().regex(/^L\d{2,}$/),
    segment: z.int().min(1),
  })

function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

function timeOf({ clock }: NightlyPorts): string {
  return new Date(clock()).toISOString()
}
