import { hash } from 'node:crypto'
import type { CheckReason } from './nightly.ts'
import { daysBetween, isWeekly } from './nightly-due.ts'
import type { SegmentCheck } from './nightly-state.ts'

/** An older segment that could be walked once more. */
export interface OlderSegment {
  readonly lane: string
  readonly check: SegmentCheck
  readonly isSuspect: boolean
  readonly isSealed: boolean
}

/** One that is, and why. */
export interface ChosenSegment {
  readonly older: OlderSegment
  readonly reason: Exclude<CheckReason, 'new'>
  readonly source: 'table' | 'sealed'
}

/** Every row of the table is read within so many nights. */
const period = 30
// In a month at least four nights are weekly ones, which read the sealed copies: the others share the table.
const sharing = 26
const sampleShare = 100

/** SHA-256 of tonight's root and date, hex: what is drawn by it cannot be known before the checkpoint is signed. */
export function nightSeed(root: string, date: string): string {
  return hash('sha256', `${root} ${date}`, 'hex')
}

/**
 * Which older segments are walked: those that were suspicious; those whose turn it is, the longest unread first; one in a
 * hundred drawn by lot, at least one; in weekly nights all sealed copies. A segment is chosen once.
 */
export function chooseOlder(
  older: readonly OlderSegment[],
  { date, seed }: { date: string; seed: string },
): ChosenSegment[] {
  const ages = new Map(older.map((one) => [one, daysBetween(one.check.date, date)]))
  const byAge = [...older].sort((a, b) => (ages.get(b) ?? 0) - (ages.get(a) ?? 0))
  const isDue = (one: OlderSegment) => one.isSuspect || (ages.get(one) ?? 0) >= period - 1
  const weekly = isWeekly(date) ? older.filter((one) => one.isSealed && !isDue(one)) : []
  const turn = Math.ceil(older.length / sharing)
  const rolling = isWeekly(date) ? byAge.filter(isDue) : byAge.filter((one, index) => index < turn || isDue(one))
  const taken = new Set([...weekly, ...rolling])
  const rest = older.filter((one) => !taken.has(one)).map((one) => [lot(one, seed), one] as const)
  rest.sort(([a], [b]) => (a < b ? -1 : 1))
  const sample = rest.slice(0, Math.ceil(older.length / sampleShare)).map(([, one]) => one)
  return [
    ...rolling.map((one) => ({ older: one, reason: 'rolling', source: 'table' }) as const),
    ...sample.map((one) => ({ older: one, reason: 'sample', source: 'table' }) as const),
    ...weekly.map((one) => ({ older: one, reason: 'weekly', source: 'sealed' }) as const),
  ]
}

function lot({ lane, check }: OlderSegment, seed: string): string {
  return hash('sha256', `${seed} ${lane} ${check.segment}`, 'hex')
}
