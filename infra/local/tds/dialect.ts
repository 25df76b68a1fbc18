import type { RpcParameter } from './rpc.ts'

/** Who the session is, as T-SQL's own functions tell it. */
export interface SessionFacts {
  /** SID as PostgreSQL's bytea literal, or null where the server gives none. */
  readonly sid: string | null
  readonly login: string
}

/** A statement for PostgreSQL, with its values in order. */
export interface Translated {
  readonly text: string
  readonly values: readonly (string | null)[]
}

const token = new RegExp(
  [
    '--[^\\n]*',
    '/\\*[\\s\\S]*?\\*/',
    "N?'(?:[^']|'')*'",
    '"(?:[^"]|"")*"',
    '(?:\\bas\\s+)?\\[(?:[^\\]]|\\]\\])*\\]',
    '\\btop\\s*\\(\\s*\\d+\\s*\\)',
    '\\btop\\s+\\d+',
    '@@?[A-Za-z_]\\w*',
    '\\bdbo\\s*\\.\\s*',
    '\\binto\\s+#\\w+',
    '\\bcreate\\s+table\\s+#\\w+',
    '#\\w+',
    '\\b[A-Za-z_]\\w*\\s*\\(\\s*\\)',
    '\\b(?:isnull|len)\\s*\\(',
    '[A-Za-z_]\\w*',
    '[\\s\\S]',
  ].join('|'),
  'gi',
)

/**
 * T-SQL as PostgreSQL's, as far as a translation by tokens goes: brackets, `N'…'`, `TOP`, `@name` markers, `dbo`,
 * temporary tables and some functions. Everything else is left to mean what it means in PostgreSQL.
 */
export function translate(sql: string, parameters: readonly RpcParameter[], facts: SessionFacts): Translated {
  const context: Context = { parameters, facts, values: [], top: null }
  const parts = sql.replace(/[\s;]+$/, '').match(token) ?? []
  const text = parts.map((part) => translateToken(part, context)).join('')
  return { text: context.top === null ? text : `${text} LIMIT ${context.top}`, values: context.values }
}

interface Context {
  readonly parameters: readonly RpcParameter[]
  readonly facts: SessionFacts
  readonly values: (string | null)[]
  top: string | null
}

function translateToken(part: string, context: Context): string {
  const lower = part.toLowerCase()
  if (/^(?:--|\/\*)/.test(part)) return ' '
  if (/^n?'/i.test(part)) return part.replace(/^n/i, '')
  if (/^top\b/.test(lower)) return limit(lower, context)
  if (part.startsWith('@')) return marker(lower, context)
  if (/^dbo\s*\./.test(lower)) return ''
  if (part.includes('#')) return temporary(lower)
  return bracket(part) ?? call(lower, context.facts) ?? part
}

function limit(part: string, context: Context): string {
  context.top = /\d+/.exec(part)?.[0] ?? null
  return ''
}

/** `[name]`, and `AS [Name]`, whose letters stay as they are; other names are not case-sensitive. */
function bracket(part: string): string | null {
  const [, alias, name] = /^(as\s+)?\[([\s\S]*)\]$/i.exec(part) ?? []
  if (name === undefined) return null
  const plain = name.replaceAll(']]', ']').replaceAll('"', '""')
  return alias === undefined ? `"${plain.toLowerCase()}"` : `AS "${plain}"`
}

function temporary(part: string): string {
  const name = `"${/#\w+/.exec(part)?.[0] ?? ''}"`
  if (part.startsWith('create')) return `CREATE TEMP TABLE ${name}`
  return part.startsWith('into') ? `INTO TEMP ${name}` : name
}

function marker(name: string, { parameters, values }: Context): string {
  if (name === '@@spid') return 'pg_backend_pid()'
  const found = parameters.find((one) => one.name.replace(/^@/, '').toLowerCase() === name.slice(1))
  if (found === undefined) throw Object.assign(new Error('undeclared'), { code: 'undeclared' })
  values.push(found.value)
  return found.type === 'text' ? `$${values.length}` : `$${values.length}::${found.type}`
}

/** `null`: no function that T-SQL has in its own way. */
function call(part: string, { sid, login }: SessionFacts): string | null {
  const name = part.replace(/\s*\(.*$/, '')
  const who = `'${login.replaceAll("'", "''")}'::text`
  const known: Readonly<Record<string, string>> = {
    'suser_sid()': sid ?? 'NULL::bytea',
    'original_login()': 'session_user::text',
    'suser_sname()': who,
    'session_id()': "'SID' || pg_backend_pid()",
    'getdate()': 'localtimestamp',
    'sysdatetimeoffset()': 'now()',
    'newid()': 'gen_random_uuid()',
    'isnull(': 'coalesce(',
    'len(': 'length(',
  }
  return known[part.endsWith(')') ? `${name}()` : part.replace(/\s/g, '')] ?? null
}
