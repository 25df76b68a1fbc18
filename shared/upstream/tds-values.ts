import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'

/** A value to bind; `type` is the driver's name of the type. */
export interface BoundValue {
  readonly name: string
  readonly type: 'Bit' | 'Int' | 'BigInt' | 'Float' | 'NVarChar'
  readonly value: boolean | number | string | null
}

/** JSON values as parameters `@p1`, `@p2`, …; lists and objects have no type of their own here. */
export function bindValues(values: readonly Json[]): readonly BoundValue[] {
  return values.map((value, index) => ({ name: `p${index + 1}`, ...typeOf(value) }))
}

function typeOf(value: Json): Omit<BoundValue, 'name'> {
  if (value === null || typeof value === 'string') return { type: 'NVarChar', value }
  if (typeof value === 'boolean') return { type: 'Bit', value }
  if (typeof value !== 'number') throw failWith({ code: 'input_invalid', fate: 'not_called', why: 'parameter_type' })
  if (!Number.isSafeInteger(value)) return { type: 'Float', value }
  return value === (value | 0) ? { type: 'Int', value } : { type: 'BigInt', value: String(value) }
}

/** What is known of a column. */
export interface CellType {
  readonly name: string
  readonly scale: number
}

/**
 * A cell as JSON that loses nothing: bigint, decimal and money stay text, times get as many digits as the column has,
 * binary is base64. The driver gives datetimeoffset as the instant, so that it is told in UTC.
 */
export function decodeCell(value: unknown, type: CellType): Json {
  if (value === null || value === undefined) return null
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value instanceof Date ? writeTime(value, type) : null
}

function writeTime(value: Date & { readonly nanosecondsDelta?: number }, { name, scale }: CellType): Json {
  if (Number.isNaN(value.getTime())) return null
  const iso = value.toISOString()
  const [date = '', clock = ''] = iso.slice(0, -1).split('T')
  if (name === 'Date') return date
  // Hundreds of nanoseconds beyond the milliseconds, which the driver keeps beside the date as seconds.
  const beyond = String(Math.round((value.nanosecondsDelta ?? 0) * 1e7)).padStart(4, '0')
  const digits = `${clock.slice(9)}${beyond}`.slice(0, scale)
  const time = `${clock.slice(0, 8)}${digits === '' ? '' : `.${digits}`}`
  if (name === 'Time') return time
  return `${date}T${time}${name === 'DateTimeOffset' ? 'Z' : ''}`
}

/** Digits after the second, by type: the older types have fixed ones. */
export function scaleOf(name: string, scale: number | undefined, dataLength: number | undefined): number {
  if (name === 'SmallDateTime' || (name === 'DateTimeN' && dataLength === 4)) return 0
  if (name === 'DateTime' || name === 'DateTimeN') return 3
  return scale ?? 7
}
