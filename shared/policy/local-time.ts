/** Hour (0–23) and weekday (1 Monday … 7 Sunday) of a time zone. */
export interface LocalTime {
  readonly hour: number
  readonly weekday: number
}

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']

/**
 * Reads the clock of a time zone (IANA name); `now` is epoch milliseconds. What it says goes into the request and so into
 * the row: a replay does not depend on what another version of Node knows of time zones.
 */
export function createLocalTime(timeZone: string): (now: number) => LocalTime {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, weekday: 'short', hour: '2-digit', hourCycle: 'h23' })
  return (now) => {
    const parts = Object.fromEntries(format.formatToParts(now).map(({ type, value }) => [type, value]))
    return { hour: Number(parts.hour), weekday: weekdays.indexOf(parts.weekday ?? '') + 1 }
  }
}
