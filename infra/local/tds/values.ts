import { collation } from './tokens.ts'

/** How values of one type are written: the column's TYPE_INFO and a cell from PostgreSQL's text; null = NULL. */
export interface ValueWriter {
  readonly info: Buffer
  readonly write: (text: string | null) => Buffer
}

const withLength = (bytes: Buffer) => Buffer.concat([Buffer.from([bytes.length]), bytes])
const orNull = (none: Buffer, write: (text: string) => Buffer) => (text: string | null) =>
  text === null ? none : write(text)
const noBytes = Buffer.from([0])

function integer(size: 2 | 4 | 8): ValueWriter {
  const write = (text: string) => {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(text))
    return withLength(bytes.subarray(0, size))
  }
  return { info: Buffer.from([0x26, size]), write: orNull(noBytes, write) }
}

function float(size: 4 | 8): ValueWriter {
  const write = (text: string) => {
    const bytes = Buffer.alloc(size)
    if (size === 4) bytes.writeFloatLE(Number(text))
    else bytes.writeDoubleLE(Number(text))
    return withLength(bytes)
  }
  return { info: Buffer.from([0x6d, size]), write: orNull(noBytes, write) }
}

/** Lengths that PLP gives, little-endian. */
function partly(bytes: Buffer): Buffer {
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(bytes.length))
  if (bytes.length === 0) return Buffer.concat([length, Buffer.alloc(4)])
  const chunk = Buffer.alloc(4)
  chunk.writeUInt32LE(bytes.length)
  return Buffer.concat([length, chunk, bytes, Buffer.alloc(4)])
}

const noPart = Buffer.alloc(8, 0xff)
const text: ValueWriter = {
  info: Buffer.concat([Buffer.from([0xe7, 0xff, 0xff]), collation]),
  write: orNull(noPart, (value) => partly(Buffer.from(value, 'utf16le'))),
}
const binary: ValueWriter = {
  info: Buffer.from([0xa5, 0xff, 0xff]),
  write: orNull(noPart, (value) => partly(Buffer.from(value.slice(2), 'hex'))),
}
const bit: ValueWriter = {
  info: Buffer.from([0x68, 1]),
  write: orNull(noBytes, (value) => Buffer.from([1, value === 't' ? 1 : 0])),
}

/** DECIMAL(38, scale): sign, then sixteen bytes of magnitude. */
function decimal(scale: number): ValueWriter {
  const write = (value: string) => {
    const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(value) ?? []
    let units = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
    const bytes = Buffer.alloc(17)
    bytes[0] = sign === '-' ? 0 : 1
    for (let at = 1; at < 17; at += 1, units >>= 8n) bytes[at] = Number(units & 0xffn)
    return withLength(bytes)
  }
  return { info: Buffer.from([0x6a, 17, 38, scale]), write: orNull(noBytes, write) }
}

/** Days since 0001-01-01, three bytes. */
function dayBytes(date: string): Buffer {
  const bytes = Buffer.alloc(3)
  bytes.writeUIntLE(
    Math.round((Date.parse(`${date}T00:00:00Z`) - Date.parse('0001-01-01T00:00:00Z')) / 86_400_000),
    0,
    3,
  )
  return bytes
}

/** Tenths of microseconds since midnight, five bytes (scale 7). */
function clockBytes(clock: string): Buffer {
  const [hours = '0', minutes = '0', seconds = '0'] = clock.split(':')
  const [whole = '0', fraction = ''] = seconds.split('.')
  const ticks = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(whole)) * 1e7 + Number(fraction.padEnd(7, '0'))
  const bytes = Buffer.alloc(5)
  bytes.writeUIntLE(ticks, 0, 5)
  return bytes
}

const date: ValueWriter = { info: Buffer.from([0x28]), write: orNull(noBytes, (value) => withLength(dayBytes(value))) }
const time: ValueWriter = {
  info: Buffer.from([0x29, 7]),
  write: orNull(noBytes, (value) => withLength(clockBytes(value))),
}
const timestamp: ValueWriter = {
  info: Buffer.from([0x2a, 7]),
  write: orNull(noBytes, (value) => {
    const [day = '', clock = ''] = value.split(' ')
    return withLength(Buffer.concat([clockBytes(clock), dayBytes(day)]))
  }),
}
/** The embedded database speaks in UTC. */
const instant: ValueWriter = {
  info: Buffer.from([0x2b, 7]),
  write: orNull(noBytes, (value) => {
    const [day = '', clock = ''] = value.replace(/\+00$/, '').split(' ')
    return withLength(Buffer.concat([clockBytes(clock), dayBytes(day), Buffer.alloc(2)]))
  }),
}
const guid: ValueWriter = {
  info: Buffer.from([0x24, 16]),
  write: orNull(noBytes, (value) => withLength(guidBytes(value))),
}

/** A GUID as SQL Server stores it: its first three groups are little-endian. */
export function guidBytes(value: string): Buffer {
  const hex = Buffer.from(value.replaceAll('-', ''), 'hex')
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15]
  return Buffer.from(order.map((at) => hex[at] ?? 0))
}

const writers: Readonly<Record<number, ValueWriter>> = {
  16: bit,
  17: binary,
  20: integer(8),
  21: integer(2),
  23: integer(4),
  700: float(4),
  701: float(8),
  1082: date,
  1083: time,
  1114: timestamp,
  1184: instant,
  2950: guid,
}

const numericType = 1700

/** The writer of a PostgreSQL type (its oid and modifier); what has none goes as text. */
export function writerOf(type: number, modifier: number): ValueWriter {
  if (type === numericType) return decimal(modifier < 4 ? 6 : (modifier - 4) & 0xffff)
  return writers[type] ?? text
}
