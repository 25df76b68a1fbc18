import { hash } from 'node:crypto'
import type { RowPosition } from './receipt.ts'

/** By what rows are found. `all` has one value, the empty text; `outcome` leads from a decision to its outcome row. */
export type Dimension =
  | 'all'
  | 'kind'
  | 'person'
  | 'agent'
  | 'object'
  | 'class'
  | 'backend'
  | 'operation'
  | 'effect'
  | 'verdict'
  | 'status'
  | 'rule'
  | 'approval'
  | 'trace'
  | 'decision'
  | 'outcome'

/** One value of one dimension. */
export interface Selector {
  readonly dimension: Dimension
  readonly value: string
}

/** A row's place and time; what an entry of the index says, all in its key. */
export interface EntryPlace extends RowPosition {
  /** Epoch milliseconds. */
  readonly time: number
}

const lastTime = 9_999_999_999_999
const timeDigits = 13
const digestLength = 32
const lastSegment = 999_999_999
const lastSeq = 999_999_999_999_999
const entryKeyForm = /^(\d{13})\|(L\d{2,6})\|(\d{9})\|(\d{15})$/

/** Key of an entry: the newest row first; of rows of one millisecond, the last one of each lane. */
export function entryKeyOf({ time, lane, segment, seq }: EntryPlace): string {
  const back = (last: number, at: number) => String(last - at).padStart(String(last).length, '0')
  return `${descending(time)}|${lane}|${back(lastSegment, segment)}|${back(lastSeq, seq)}`
}

/** What an entry's key says, or null where it is none. */
export function parseEntryKey(key: string): EntryPlace | null {
  const [, time, lane, segment, seq] = entryKeyForm.exec(key) ?? []
  if (lane === undefined) return null
  return { time: lastTime - Number(time), lane, segment: lastSegment - Number(segment), seq: lastSeq - Number(seq) }
}

/** The time that a key, or the beginning of one, says. */
export function timeIn(key: string): number {
  return lastTime - Number(key.slice(0, timeDigits))
}

/** Smallest and largest key of what was placed from `since` to `until` (epoch milliseconds, both inclusive). */
export function keyRange(since: number, until: number): { readonly from: string; readonly to: string } {
  return { from: descending(until), to: `${descending(since)}~` }
}

/** `2026-11`, in UTC: each month is a partition of its own. */
export function monthOf(time: number): string {
  return new Date(time).toISOString().slice(0, 7)
}

/** The months from `until` back to `since`. */
export function monthsBack(since: number, until: number): readonly string[] {
  const last = monthOf(since)
  const months = [monthOf(until)]
  for (let at = new Date(until); (months.at(-1) ?? '') > last; ) {
    at = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - 1, 1))
    months.push(monthOf(at.getTime()))
  }
  return months
}

/** Partition of a selector's entries in a month. Sixteen a dimension: few enough to be written in batches. */
export function entryPartition(tenant: string, { dimension, value }: Selector, month: string): string {
  return `${tenantKey(tenant)}|${dimension}|${valueDigest(value).slice(0, 1)}|${month}`
}

/** Row key of an entry: values stand in the index as digests only. */
export function entryRowKey({ value }: Selector, entryKey: string): string {
  return `${valueDigest(value)}|${entryKey}`
}

/** The entry's key in a row key of the index. */
export function entryKeyIn(rowKey: string): string {
  return rowKey.slice(digestLength + 1)
}

/** A tenant as a part of a key; what is no GUID is hashed, since keys of tables take no slash. */
function tenantKey(tenant: string): string {
  return /^[0-9a-f-]{1,64}$/.test(tenant) ? tenant : valueDigest(tenant)
}

function valueDigest(value: string): string {
  return hash('sha256', value, 'hex').slice(0, digestLength)
}

function descending(time: number): string {
  return String(Math.max(0, lastTime - time)).padStart(13, '0')
}
