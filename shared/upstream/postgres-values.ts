import type { Json } from '../pipeline/ports.ts'
import { makeSafe } from './safe-json.ts'

/**
 * A parameter as PostgreSQL's text format: lists become array literals, objects JSON. Parameters travel apart from the
 * statement, so nothing here needs quoting for SQL.
 */
export function encodeParameter(value: Json): string | null {
  if (value === null) return null
  if (Array.isArray(value)) return encodeArray(value)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A cell of a result, from text format and the type's oid, as JSON that loses nothing: large numbers stay strings. */
export function decodeCell(text: string | null, type: number): Json {
  if (text === null) return null
  const element = arrayTypes[type]
  if (element !== undefined) return decodeArray(text, element)
  return decoders[type]?.(text) ?? (type in decoders ? null : text)
}

/** Built-in type oids (pg_type.dat); they never change. */
const decoders: Readonly<Record<number, (text: string) => Json>> = {
  16: (text) => text === 't',
  17: (text) => (text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex').toString('base64') : null),
  21: toNumber,
  23: toNumber,
  26: toNumber,
  114: toJson,
  700: toNumber,
  701: toNumber,
  1114: toIsoTime,
  1184: toIsoTime,
  1700: (text) => (/^[-+]?[\d.]/.test(text) ? text : null),
  3802: toJson,
}

const arrayTypes: Readonly<Record<number, number>> = {
  199: 114,
  1000: 16,
  1001: 17,
  1003: 19,
  1005: 21,
  1007: 23,
  1009: 25,
  1014: 1042,
  1015: 1043,
  1016: 20,
  1021: 700,
  1022: 701,
  1028: 26,
  1115: 1114,
  1182: 1082,
  1185: 1184,
  1231: 1700,
  2951: 2950,
  3807: 3802,
}

/** JSON knows no NaN and no infinity. */
function toNumber(text: string): Json {
  const number = Number(text)
  return Number.isFinite(number) ? number : null
}

function toJson(text: string): Json {
  return makeSafe(JSON.parse(text) as Json) ?? null
}

/** `2026-01-05 10:00:00+02` → `2026-01-05T10:00:00+02:00`; infinity and years before Christ stay as they are. */
function toIsoTime(text: string): Json {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d(?::\d\d)*)?$/.exec(text)
  if (parts === null) return text
  const [, date, time, zone = ''] = parts
  if (zone === '+00') return `${date}T${time}Z`
  return `${date}T${time}${zone.length === 3 ? `${zone}:00` : zone}`
}

function encodeArray(items: readonly Json[]): string {
  const texts = items.map((item) => {
    if (item === null) return 'NULL'
    if (Array.isArray(item)) return encodeArray(item)
    return `"${(encodeParameter(item) ?? '').replace(/["\\]/g, '\\$&')}"`
  })
  return `{${texts.join(',')}}`
}

/** Parses an array literal (PostgreSQL documentation, section 8.15.6); anything odd stays text. */
function decodeArray(text: string, element: number): Json {
  const token = /\{|\}|,|"((?:[^"\\]|\\[\s\S])*)"|([^{},"]+)/y
  // `[2:4]={…}` names lower bounds, which JSON lists do not have.
  token.lastIndex = text.startsWith('[') ? text.indexOf('=') + 1 : 0
  const stack: Json[][] = [[]]
  for (let hit = token.exec(text); hit !== null; hit = token.exec(text)) {
    if (hit[0] === '{') stack.push([])
    else if (hit[0] === '}') closeList(stack)
    else if (hit[0] !== ',') stack.at(-1)?.push(decodeElement(hit, element))
  }
  return stack[0]?.[0] ?? text
}

function closeList(stack: Json[][]): void {
  const list = stack.length > 1 ? stack.pop() : undefined
  if (list !== undefined) stack.at(-1)?.push(list)
}

function decodeElement([, quoted, bare]: RegExpExecArray, element: number): Json {
  if (quoted !== undefined) return decodeCell(quoted.replace(/\\([\s\S])/g, '$1'), element)
  return bare === 'NULL' ? null : decodeCell(bare ?? '', element)
}
