/** Row key of a segment's head; sorts before every row. */
export const headKey = '!head'

/** Lanes are numbered from 1: `L01`, `L02`, … */
export function laneName(number: number): string {
  return `L${String(number).padStart(2, '0')}`
}

/** Number of a lane name, NaN where it is none. */
export function laneNumber(lane: string): number {
  return /^L\d{2,}$/.test(lane) ? Number(lane.slice(1)) : Number.NaN
}

/** Partition key of a segment: `L07|000123`. Lane first, so that writes spread over ranges. */
export function partitionKey(lane: string, segment: number): string {
  return `${lane}|${String(segment).padStart(6, '0')}`
}

/** Row key of a row: `r` and 16 digits, so that key order is sequence order. */
export function rowKey(seq: number): string {
  return `r${String(seq).padStart(16, '0')}`
}
