const day = 86_400_000
const hourMs = 3_600_000
/** More nights than that are not named one by one. */
const mostMissed = 400

/** The newest night whose hour has struck: its date, `2026-11-22`. */
export function newestNight(now: number, hour: number): string {
  return dateOf(now - hour * hourMs)
}

/** The night of `newest`, unless a run for it, or for a later one, was begun. */
export function findDue({ now, hour, begun }: { now: number; hour: number; begun: string | null }): string | null {
  const newest = newestNight(now, hour)
  return begun !== null && begun >= newest ? null : newest
}

/** Dates after `last` and before `date`; the latest where there are very many. */
export function nightsBetween(last: string, date: string): string[] {
  const nights: string[] = []
  for (let at = Date.parse(date) - day; at > Date.parse(last) && nights.length < mostMissed; at -= day) {
    nights.push(dateOf(at))
  }
  return nights.reverse()
}

/** Whole days from one date to another. */
export function daysBetween(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / day)
}

/** Sunday: the night in which every sealed copy is read. */
export function isWeekly(date: string): boolean {
  return new Date(date).getUTCDay() === 0
}

/** A date as a number, for the place of a finding: 20261122. */
export function nightNumber(date: string): number {
  return Number(date.replaceAll('-', ''))
}

function dateOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}
