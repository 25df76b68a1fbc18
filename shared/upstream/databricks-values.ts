import type { Json } from '../pipeline/ports.ts'
import type { ManifestColumn } from './databricks-reply.ts'
import { makeSafe } from './safe-json.ts'

/**
 * A cell of a JSON_ARRAY result, which is always a string or null, as JSON that loses nothing: LONG and DECIMAL stay
 * strings, times and binary (base64) are strings already; what does not parse as its type stays as it came.
 */
export function decodeCell(text: string | null, { type_name }: ManifestColumn): Json {
  if (text === null) return null
  const decode = Object.hasOwn(decoders, type_name) ? decoders[type_name] : undefined
  return decode?.(text) ?? text
}

/** Types whose text is not their value (Statement Execution API, `type_name`); null leaves the text. */
const decoders: Readonly<Record<string, (text: string) => Json>> = {
  BOOLEAN: (text) => (text === 'true' || text === 'false' ? text === 'true' : null),
  BYTE: toNumber,
  SHORT: toNumber,
  INT: toNumber,
  FLOAT: toNumber,
  DOUBLE: toNumber,
  ARRAY: toJson,
  MAP: toJson,
  STRUCT: toJson,
  VARIANT: toJson,
}

/** JSON knows no NaN and no infinity. */
function toNumber(text: string): Json {
  const number = Number(text)
  return text.trim() !== '' && Number.isFinite(number) ? number : null
}

/** Digits beyond what a JSON number holds, or a text like that: either stays text. */
function toJson(text: string): Json {
  if (/\d{16}/.test(text)) return null
  try {
    return makeSafe(JSON.parse(text) as Json) ?? null
  } catch {
    return null
  }
}
