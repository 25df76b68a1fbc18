/** A span of time that a limit is for. Names sort as their times do; `end` is epoch milliseconds, exclusive. */
export interface QuotaWindow {
  readonly name: string
  readonly end: number
}

const minuteMs = 60_000
const dayMs = 24 * 60 * minuteMs
/** A day is longer where clocks go back, by at most so much. */
const longestDayMs = dayMs + 3 * 60 * minuteMs

/** The minute of `now` (epoch milliseconds). */
export function minuteOf(now: number): QuotaWindow {
  const start = Math.floor(now / minuteMs) * minuteMs
  return { name: new Date(start).toISOString().slice(0, 16), end: start + minuteMs }
}

/** The day of a time where the deployment is, from midnight to midnight there, however long it is. */
export function createDays(zone: string): (now: number) => QuotaWindow {
  const format = new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })
  let known: (QuotaWindow & { readonly from: number }) | undefined
  return (now) => {
    if (known !== undefined && now >= known.from && now < known.end) return known
    const name = format.format(now)
    known = { name, from: now, end: endOf(now, (at) => format.format(at) > name) }
    return known
  }
}

/** The first millisecond that is past; by halves, since the rules of a zone are known to its calendar only. */
function endOf(now: number, isPast: (at: number) => boolean): number {
  let before = now
  let after = now + longestDayMs
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2)
    if (isPast(middle)) after = middle
    else before = middle
  }
  return after
}
