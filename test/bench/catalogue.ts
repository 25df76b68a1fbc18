import type { Bench } from './measurement.ts'

/** The benches in the order in which they run, with what each measures. */
export const benches = {
  'governed-read': 'a whole governed read, all stages, against the gateway that people write today',
  'exchange-cache': 'finding the exchanged token of somebody who is signed in',
  append: 'rows of one lane, 64 writers at once',
  verify: 'verification of the book, streamed',
  audit: 'the book against other designs, appended and verified',
  decision: 'one decision of policy',
  statement: 'understanding one PostgreSQL statement',
  masking: 'masking rows, texts and streams',
  quota: 'limits over six instances, in simulated time',
  start: 'from nothing to the first governed answer',
  bundle: 'bytes that are deployed',
} as const

/** These measure other processes, so they themselves run as they are written. */
export const fromSource: ReadonlySet<string> = new Set(['start', 'bundle'])

export type BenchName = keyof typeof benches

export const benchNames = Object.keys(benches) as readonly BenchName[]

export function isBenchName(name: string): name is BenchName {
  return Object.hasOwn(benches, name)
}

/** The bench itself; each is loaded alone, so that none weighs on another's memory. */
export async function loadBench(name: BenchName): Promise<Bench> {
  const loaders: Readonly<Record<BenchName, () => Promise<{ readonly run: Bench }>>> = {
    'governed-read': () => import('./governed-read.bench.ts'),
    'exchange-cache': () => import('./exchange-cache.bench.ts'),
    append: () => import('./append.bench.ts'),
    verify: () => import('./verify.bench.ts'),
    audit: () => import('./audit.bench.ts'),
    decision: () => import('./decision.bench.ts'),
    statement: () => import('./statement.bench.ts'),
    masking: () => import('./masking.bench.ts'),
    quota: () => import('./quota.bench.ts'),
    start: () => import('./start.bench.ts'),
    bundle: () => import('./bundle.bench.ts'),
  }
  return (await loaders[name]()).run
}
