import type { Json } from '../pipeline/ports.ts'
import { failWith } from './failure.ts'
import { makeSafe } from './safe-json.ts'

/** JSON values as the driver binds them; lists and objects go as JSON text. */
export function bindValue(value: Json): string | number | boolean | null {
  if (value === null || typeof value !== 'object') return value
  const safe = makeSafe(structuredClone(value) as Json)
  if (safe === undefined) throw failWith({ code: 'input_invalid', fate: 'not_called', why: 'parameter_type' })
  return JSON.stringify(safe)
}

/** Column types of the protocol (MySQL Server documentation, "Protocol::MYSQL_TYPE"). */
const types = { bit: 16, json: 245 } as const

/**
 * A cell as JSON that loses nothing: bigint and decimal are text already, times stay as the server writes them, JSON is
 * parsed, bytes are base64.
 */
export function decodeCell(value: unknown, type: number): Json {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value === 'string') return type === types.json ? parseJson(value) : value
  return value instanceof Uint8Array ? decodeBytes(value, type) : null
}

function decodeBytes(bytes: Uint8Array, type: number): Json {
  return type === types.bit ? bitsOf(bytes) : Buffer.from(bytes).toString('base64')
}

function parseJson(text: string): Json {
  return makeSafe(JSON.parse(text) as Json) ?? null
}

/** One bit is true or false, more are a number as text. */
function bitsOf(bytes: Uint8Array): Json {
  if (bytes.length === 1 && (bytes[0] ?? 0) < 2) return bytes[0] === 1
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n).toString()
}
