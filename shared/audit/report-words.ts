const months = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
] as const

/** `22 November 2026`, of an ISO date or time. */
export function sayDate(iso: string): string {
  const [year = '', month = '', day = ''] = iso.slice(0, 10).split('-')
  return `${Number(day)} ${months[Number(month) - 1] ?? month} ${year}`
}

/** `22 November 2026, 03:00 UTC`. */
export function sayTime(iso: string): string {
  return `${sayDate(iso)}, ${iso.slice(11, 16)} UTC`
}

/** `1,234,567`. */
export function sayNumber(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 row`, `2 rows`. */
export function sayCount(value: number, one: string, many = `${one}s`): string {
  return `${sayNumber(value)} ${value === 1 ? one : many}`
}

/** `a, b and c`; of many the first eight. */
export function sayList(items: readonly string[]): string {
  const most = 8
  const named = items.length > most ? [...items.slice(0, most), `${sayNumber(items.length - most)} more`] : items
  return named.length < 2 ? named.join('') : `${named.slice(0, -1).join(', ')} and ${named.at(-1)}`
}

/** Where a finding is: rows of a lane, a record of the anchor log, a night, or a backend. */
export function sayPlace({ lane, seq, toSeq }: { lane: string; seq: number; toSeq: number }): string {
  const to = seq === toSeq ? '' : ` to ${sayNumber(toSeq)}`
  if (/^L\d+$/.test(lane)) return `lane ${lane}, ${to ? 'rows' : 'row'} ${sayNumber(seq)}${to}`
  if (lane === 'anchors') return `anchor log, record ${sayNumber(seq)}${to}`
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)$/.exec(String(seq)) ?? []
  return day === undefined ? lane : `${lane}, ${sayDate(`${year}-${month}-${day}`)}`
}
