// What tedious finds in place of `@js-joda/core` (some 200 KB of minified code): the days between two dates, for which it
// uses it alone.
const dayMs = 86_400_000

function dateOf(time) {
  return { time, until: (other) => Math.round((other.time - time) / dayMs) }
}

function utc(year, month, day) {
  // The years 0 to 99 would otherwise be taken for those of the last century.
  return new Date(0).setUTCFullYear(year, month - 1, day)
}

const LocalDate = {
  of: (year, month, day) => dateOf(utc(year, month, day)),
  ofYearDay: (year, day) => dateOf(utc(year, 1, day)),
}

module.exports = { LocalDate, ChronoUnit: { DAYS: 'days' } }
