/** One row of an export, its member names in lower case. */
export type ExportRow = Readonly<Record<string, unknown>>

/** What an export says of columns, ready for a classification file. */
export interface Imported {
  /** `schema.table.column` (with a catalog where the source has one) → label, sorted. */
  readonly columns: Readonly<Record<string, string>>
  /** What nobody has given a label: nothing of it is in `columns`, somebody has to decide. */
  readonly unknown: readonly { readonly column: string; readonly says: string }[]
}

/** One finding of a source: a column, and the source's own word for what it holds. */
export interface Finding {
  readonly column: string
  readonly says: string
}

/** The rows of a JSON list (bare, or under `value`, `rows` or `data`) or of CSV with a heading. Throws where it is neither. */
export function readRows(text: string): readonly ExportRow[] {
  const rows = /^\s*[[{]/.test(text) ? listIn(JSON.parse(text)) : readCsv(text)
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row ?? {}).map(([name, value]) => [name.trim().toLowerCase(), value])),
  )
}

/**
 * Gives findings their labels by a map of lower-case words; a column with several gets the one that `stricter` picks.
 * A word that the map does not know is handed back, and so is a finding without a column.
 */
export function labelFindings(
  findings: readonly Finding[],
  map: Readonly<Record<string, string>>,
  stricter: (a: string, b: string) => string,
): Imported {
  const columns = new Map<string, string>()
  const unknown: Finding[] = []
  for (const { column, says } of findings) {
    const word = says.trim().toLowerCase()
    const label = Object.hasOwn(map, word) ? map[word] : undefined
    const known = columns.get(column)
    if (label === undefined || column === '') unknown.push({ column, says })
    else columns.set(column, known === undefined ? label : stricter(known, label))
  }
  return { columns: Object.fromEntries([...columns].sort(([a], [b]) => (a < b ? -1 : 1))), unknown }
}

/** The text of a member by any of its names. */
export function textIn(row: ExportRow, ...names: readonly string[]): string {
  const value = names.map((name) => row[name]).find((one) => one !== undefined && one !== null)
  return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : ''
}

/** A column's dotted name in lower case; empty where the last part is missing. */
export function nameColumn(parts: readonly string[]): string {
  return parts.at(-1) === ''
    ? ''
    : parts
        .filter((part) => part !== '')
        .join('.')
        .toLowerCase()
}

function listIn(value: unknown): readonly ExportRow[] {
  if (Array.isArray(value)) return value as ExportRow[]
  const { value: found, rows, data } = value as ExportRow
  const list = [found, rows, data].find(Array.isArray)
  if (list === undefined) throw new TypeError('the export holds no list of rows')
  return list as ExportRow[]
}

/** RFC 4180. */
function readCsv(text: string): readonly ExportRow[] {
  const [heading = [], ...lines] = [...cells(text.replace(/^\ufeff/, ''))]
  if (heading.length < 2) throw new TypeError('the export is neither JSON nor CSV with a heading')
  return lines.map((line) => Object.fromEntries(heading.map((name, at) => [name, line[at] ?? ''])))
}

function* cells(text: string): Generator<string[]> {
  let line: string[] = []
  for (const [, quoted, plain = '', end = ''] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    line.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'))
    if (end === ',') continue
    if (line.length > 1 || line[0] !== '') yield line
    line = []
  }
}
