/** One whole run: traffic in phases, the memory after each, then the joins and the verification of the book. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Holdings } from './inspector.ts'
import { joinAll } from './join.ts'
import { prepareField, runTraffic } from './traffic.ts'
import type { IsolationWorld } from './world.ts'

export interface RunOptions {
  /** Calls of one phase, and how many phases. */
  readonly calls: number
  readonly phases: number
  readonly seed: number
}

export interface IsolationReport {
  /** Everything that is not as it has to be: answers first, then joins. */
  readonly findings: readonly string[]
  /** Answers by call, status and code. */
  readonly tally: ReadonlyMap<string, number>
  /** Pairs that were compared, by join. */
  readonly counts: Readonly<Record<string, number>>
  readonly book: Book
  /** After each phase. */
  readonly holdings: readonly Holdings[]
  readonly callsPerSecond: number
}

export interface Book {
  readonly verdict: string
  readonly notes: readonly string[]
  readonly findings: readonly unknown[]
  readonly counts: Readonly<Record<'rows' | 'verified' | 'intents' | 'outcomes' | 'open', number>>
}

const atOnce = 64
const cuts = 0.25

/** Sends everything and looks at everything; judges nothing. */
export async function runIsolation(world: IsolationWorld, options: RunOptions): Promise<IsolationReport> {
  const { calls, phases, seed } = options
  const field = await prepareField(world)
  const holdings: Holdings[] = []
  let ms = 0
  for (let phase = 0; phase < phases; phase += 1) {
    ms += await runTraffic(field, { calls, seed: seed * 100 + phase, atOnce, cuts })
    await sleep(1500)
    holdings.push(await world.inspector.measure())
  }
  const book = await verifyBook(world)
  const joined = await joinAll(field)
  const findings = [...field.findings, ...joined.findings]
  const callsPerSecond = Math.round((calls * phases * 1000) / ms)
  return { findings, tally: field.tally, counts: joined.counts, book, holdings, callsPerSecond }
}

/** What was broken off goes on to its end in the gateway; the book is looked at once nothing is open any more. */
async function verifyBook(world: IsolationWorld): Promise<Book> {
  for (let turn = 0; ; turn += 1) {
    const { stdout, stderr } = await world.command('audit:verify', '--json')
    if (stdout === '') throw new Error(stderr)
    const book = JSON.parse(stdout) as Book
    if (book.counts.open === 0 || turn === 2) return book
    await sleep(1000)
  }
}

/** The figures of a run, for people. */
export function describeRun({ callsPerSecond, counts, book, holdings, tally }: IsolationReport): string {
  const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1)
  const total = [...tally.values()].reduce((sum, value) => sum + value, 0)
  const cut = [...tally].filter(([name]) => name.endsWith('broken off')).reduce((sum, [, value]) => sum + value, 0)
  return [
    `${total} calls, ${cut} of them broken off, ${callsPerSecond}/s; ${book.verdict}: ${book.counts.rows} rows`,
    ...holdings.map(
      ({ heapUsed, rss, maps, sets, handles }, phase) =>
        `after phase ${phase + 1}: heap ${mib(heapUsed)} MiB, rss ${mib(rss)} MiB, ${maps.entries} + ${sets.entries} entries, ${JSON.stringify(handles)}`,
    ),
    JSON.stringify(counts),
  ].join('\n')
}
