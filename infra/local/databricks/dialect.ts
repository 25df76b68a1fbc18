import { lake } from './lake.ts'

/** A named value of a statement; null has no value. */
export interface Parameter {
  readonly name: string
  readonly value?: string | null | undefined
  readonly type?: string | undefined
}

/** A statement for PostgreSQL, with its values in order. */
export interface Translated {
  readonly text: string
  readonly values: readonly (string | null)[]
}

const identifier = '(?:`(?:[^`]|``)+`|[A-Za-z_]\\w*)'
const token = new RegExp(
  [
    '--[^\\n]*',
    '/\\*[\\s\\S]*?\\*/',
    "'(?:[^'\\\\]|\\\\[\\s\\S])*'",
    '"(?:[^"\\\\]|\\\\[\\s\\S])*"',
    '\\b(?:current_user|current_timestamp|current_date)\\s*\\(\\s*\\)',
    `${identifier}(?:\\s*\\.\\s*${identifier})*`,
    '::',
    ':[A-Za-z_]\\w*',
    '[\\s\\S]',
  ].join('|'),
  'gi',
)

/**
 * Databricks SQL as PostgreSQL's, as far as a translation by tokens goes: backticks, strings in either quotes, names of
 * catalogs and schemas, `:name` markers, `current_user()` and its like. Everything else is left to mean what it means in
 * PostgreSQL. Throws Error for a marker without a value, as a warehouse would.
 */
export function translate(sql: string, parameters: readonly Parameter[], catalog: string): Translated {
  const values: (string | null)[] = []
  const parts = sql.match(token) ?? []
  const text = parts.map((part) => translateToken(part, { parameters, values, catalog })).join('')
  return { text, values }
}

interface Context {
  readonly parameters: readonly Parameter[]
  readonly values: (string | null)[]
  readonly catalog: string
}

function translateToken(part: string, context: Context): string {
  if (/^(?:--|\/\*)/.test(part)) return ' '
  if (/^['"]./.test(part)) return literal(part)
  if (/\(\s*\)$/.test(part)) return functions[part.replace(/\s*\(\s*\)$/, '').toLowerCase()] ?? part
  if (/^:[A-Za-z_]/.test(part)) return marker(part.slice(1), context)
  if (/^[`A-Za-z_]/.test(part)) return chain(part, context.catalog)
  return part
}

const functions: Readonly<Record<string, string>> = {
  current_user: 'session_user',
  current_timestamp: 'now()',
  current_date: 'current_date',
}

/** Either quote makes a string, in which a backslash escapes. */
function literal(part: string): string {
  const content = part.slice(1, -1).replace(/\\([\s\S])/g, (_whole, escaped: string) => escapes[escaped] ?? escaped)
  return `'${content.replaceAll("'", "''")}'`
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r' }

function marker(name: string, { parameters, values }: Context): string {
  const found = parameters.find((one) => one.name.toLowerCase() === name.toLowerCase())
  if (found === undefined) throw new Error(`[UNBOUND_SQL_PARAMETER] Found the unbound parameter: ${name}`)
  values.push(found.value ?? null)
  return `$${values.length}::${castFor(found.type ?? 'STRING')}`
}

const casts: Readonly<Record<string, string>> = {
  STRING: 'text',
  INT: 'integer',
  BIGINT: 'bigint',
  LONG: 'bigint',
  DOUBLE: 'double precision',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIMESTAMP: 'timestamptz',
}

function castFor(type: string): string {
  if (/^DECIMAL\b/.test(type)) return type.replace('DECIMAL', 'numeric')
  return casts[type] ?? 'text'
}

/** `catalog.schema.table` and `schema.table` become the schema that stands for both. */
function chain(part: string, catalog: string): string {
  const names = part.match(new RegExp(identifier, 'g')) ?? []
  const plain = names.map((one) => one.replace(/^`|`$/g, '').replaceAll('``', '`').toLowerCase())
  const rest = (from: number) => names.slice(from).map((one, at) => quoteIfNeeded(one, plain[from + at] ?? ''))
  const [first = '', second = ''] = plain
  if (first === lake.catalog && names.length > 1) return [`"${first}.${second}"`, ...rest(2)].join('.')
  const isSchema = lake.schemas.some((schema) => schema === first)
  if (isSchema && names.length > 1) return [`"${catalog}.${first}"`, ...rest(1)].join('.')
  return rest(0).join('.')
}

/** Names are not case-sensitive in a warehouse, quoted or not. */
function quoteIfNeeded(written: string, plain: string): string {
  return written.startsWith('`') ? `"${plain.replaceAll('"', '""')}"` : written
}
