// Ends a process of the nightly run at its n-th step, and lets others go on.
import { expect } from 'vitest'
import type { NightlyPorts } from '../../shared/audit/nightly-ports.ts'
import { wakeNightly, workSegment } from '../../shared/audit/nightly-wake.ts'
import { createMemoryAnchors } from '../unit/audit/memory-anchors.ts'
import { createMemoryRows, type MemoryRows } from '../unit/audit/memory-rows.ts'
import { createNightWorld, minute, type NightWorld, type Outside, recordCalls, startOutside } from './night-world.ts'

/** What a process does outside of itself, counted: with the n-th step it ends, before or after that was done. */
interface Life {
  steps: number
  readonly end: number
  readonly isDone: boolean
}

const hour = 60 * minute

function makeMortal(ports: NightlyPorts, life: Life): NightlyPorts {
  const mortal = <T extends object>(target: T): T =>
    Object.fromEntries(
      Object.entries(target).map(([name, member]) => [
        name,
        typeof member === 'function' ? limit(member, { life, isList: name === 'list' }) : member,
      ]),
    ) as T
  const inner = { rows: mortal({ ...ports.rows }), anchors: mortal(ports.anchors) }
  const { clock, random, log, createPeriod, mergePeriods, carryPeriod, wait } = ports
  return { ...mortal(ports), ...inner, clock, random, log, createPeriod, mergePeriods, carryPeriod, wait }
}

function limit(
  call: (...values: never[]) => unknown,
  { life, isList }: { readonly life: Life; readonly isList: boolean },
) {
  return (...values: never[]) => {
    const step = ++life.steps
    const isOver = step > life.end || (step === life.end && !life.isDone)
    const answer = isOver ? null : call(...values)
    if (step < life.end) return answer
    if (isList) throw new Error('killed')
    return Promise.resolve(answer).then(() => Promise.reject(new Error('killed')))
  }
}

/** A day with calls over two segments, up to the hour of the run. */
export async function prepare(): Promise<{ tables: MemoryRows['tables']; outside: Outside }> {
  const rows = createMemoryRows({ pageSize: 50 })
  const world = createNightWorld(rows, startOutside())
  const writer = world.openWriter(6)
  await recordCalls(writer, 'c', 4)
  await writer.close()
  world.now += hour
  await world.seal()
  return { tables: rows.tables, outside: world }
}

type Prepared = Awaited<ReturnType<typeof prepare>>

/** The same again, for a case of its own. */
export function copy({ tables, outside }: Prepared): { rows: MemoryRows; outside: Outside } {
  const rows = createMemoryRows({ pageSize: 50 })
  for (const name of ['rows', 'meta'] as const)
    for (const [id, entity] of tables[name]) rows.tables[name].set(id, entity)
  const anchors = createMemoryAnchors()
  anchors.lines.push(...outside.anchors.lines)
  for (const [size, note] of outside.anchors.notes) anchors.notes.set(size, note)
  for (const [name, bytes] of outside.anchors.segments) anchors.segments.set(name, bytes)
  return { rows, outside: { ...startOutside(), now: outside.now, anchors } }
}

async function live(ports: NightlyPorts): Promise<void> {
  const { messages } = await wakeNightly(ports)
  for (const message of messages) await workSegment(ports, message)
}

/** One process dies at its step; those that follow do the rest. */
async function survive(prepared: Prepared, end: number, isDone: boolean) {
  const { rows, outside } = copy(prepared)
  const life = { steps: 0, end, isDone }
  const first = createNightWorld(rows, outside)
  await live(makeMortal(first.ports, life)).catch(() => undefined)
  const second = createNightWorld(rows, { ...first })
  for (let wake = 0; wake < 2; wake++) {
    second.now += 16 * minute
    await second.seal()
    await second.work(await second.wake())
  }
  await second.close()
  return { rows, world: second, hasEnded: life.steps < end }
}

export function check(rows: MemoryRows, world: NightWorld): void {
  const facts = [...world.reports.values()].map((kept) => kept.facts)
  const told = new Set(world.posted.map(({ url, date }) => `${url} ${date}`))
  const reports = [...rows.tables.rows.values()].filter(({ properties }) => properties.kind === 'report')
  expect([facts.length, reports.length, told.size]).toEqual([1, 1, 2])
  expect(facts[0]).toMatchObject({ period: { calls: 4 }, findings: [], notes: [], segments: { missing: [] } })
}

/** Every `stride`-th step from `first` on, until a process lives to its end; gives the number of steps that one has. */
export async function dieAtSteps({ first, stride, isDone }: { first: number; stride: number; isDone: boolean }) {
  const prepared = await prepare()
  let step = first
  for (let hasEnded = false; !hasEnded; step += stride) {
    const survived = await survive(prepared, step, isDone)
    check(survived.rows, survived.world)
    hasEnded = survived.hasEnded
  }
  return step
}
