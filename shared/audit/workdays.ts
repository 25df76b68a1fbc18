const dayMs = 24 * 60 * 60 * 1000

/**
 * The date (`2026-11-22`, UTC) that is so many working days after `date`. Monday to Friday count; public holidays are
 * not known here.
 */
export function addWorkdays(date: string, days: number): string {
  let time = Date.parse(`${date}T00:00:00.000Z`)
  for (let left = days; left > 0; ) {
    time += dayMs
    if (isWorkday(time)) left--
  }
  return new Date(time).toISOString().slice(0, 10)
}

function isWorkday(time: number): boolean {
  const day = new Date(time).getUTCDay()
  return day !== 0 && day !== 6
}
