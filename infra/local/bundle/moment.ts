const day = /^\d{4}-\d\d-\d\d$/
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?Z$/

/** A day or a time in UTC as ISO 8601 with milliseconds; a day is its first or its last millisecond. Null for neither. */
export function readMoment(text: string, edge: 'begin' | 'end'): string | null {
  const whole = day.test(text) ? `${text}T${edge === 'begin' ? '00:00:00.000' : '23:59:59.999'}Z` : text
  const value = time.test(whole) ? Date.parse(whole) : Number.NaN
  if (Number.isNaN(value)) return null
  const moment = new Date(value).toISOString()
  // The 30th of February reads as a day in March.
  return moment.startsWith(whole.slice(0, 10)) ? moment : null
}
