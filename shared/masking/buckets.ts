import type { Json } from '../pipeline/ports.ts'
import type { LabelRule } from './labels.ts'

const number = /^-?\d{1,15}(?:\.\d{1,20})?$/
const date = /^(\d{4})-(\d\d)-\d\d(?:$|[T ])/

/**
 * The range in which a value lies: `[5000, 6000)` for numbers of a label with a width, the year or the month for ISO
 * dates. Null for anything else, and for numbers without a width.
 */
export function bucketOf(value: Json, rule: LabelRule): Json {
  if (typeof value !== 'number' && typeof value !== 'string')
    return Array.isArray(value) ? value.map((item: Json) => bucketOf(item, rule)) : null
  const text = String(value)
  const [, year, month] = date.exec(text) ?? []
  if (year !== undefined) return rule.dates === 'month' ? `${year}-${month}` : year
  return rule.width !== undefined && number.test(text) ? rangeOf(Number(text), rule.width) : null
}

function rangeOf(value: number, width: number): string {
  const from = Math.floor(value / width) * width
  return `[${tidy(from)}, ${tidy(from + width)})`
}

/** Without the tail that binary fractions leave. */
function tidy(value: number): number {
  return Number(value.toPrecision(12))
}
