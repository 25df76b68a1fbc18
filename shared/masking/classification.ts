import { type NamePattern, parsePattern } from './name-pattern.ts'

/**
 * Labels of a backend's data. Three kinds of keys: `schema.table.column` (such a table is classified: its other columns
 * are dropped), a name with `*` (adds its label to the columns that fit, classifies nothing), and a JSON pointer of an
 * answer. A key that starts with `!` comes from the reviewed file: it counts beside the deployment's own, and where the
 * two differ the stricter label holds.
 */
export type Classification = Readonly<Record<string, string>>

/** What is known of the columns of one table. */
export interface TableLabels {
  /** Somebody listed columns of it by name, so that those he did not list were forgotten. */
  readonly classified: boolean
  /** Labels of a column, lower case; empty where nothing speaks of it. */
  readonly labelsOf: (column: string) => readonly string[]
  /** Labels of the columns that somebody listed; where nobody did, all that patterns may give to its columns. */
  readonly all: readonly string[]
}

/** A classification, ready to be asked. */
export interface Tables {
  /** A name without catalog or schema means any table that ends like it, one with both also those without. */
  readonly named: (name: string) => readonly TableLabels[]
  /** The same, but one that bears this very name is meant alone. */
  readonly exactly: (name: string) => readonly TableLabels[]
  readonly everything: readonly TableLabels[]
}

/** Marks what the reviewed file says. */
export const reviewedMark = '!'

interface Layer {
  readonly exact: ReadonlyMap<string, ReadonlyMap<string, string>>
  readonly patterns: readonly NamePattern[]
}

const indexed = new WeakMap<Classification, Tables>()

/** Makes a classification ready; remembered for as long as it lives. */
export function indexTables(classification: Classification): Tables {
  const known = indexed.get(classification)
  if (known !== undefined) return known
  const entries = Object.entries(classification)
  const [reviewed, own] = [entries.filter(isReviewed), entries.filter((entry) => !isReviewed(entry))]
  const layers = [readLayer(own), readLayer(reviewed.map(([key, label]) => [key.slice(1), label] as const))]
  const tables = buildTables(layers)
  indexed.set(classification, tables)
  return tables
}

/** The pointers of a classification with their labels, those of the file beside the deployment's. */
export function pointersOf(classification: Classification): readonly (readonly [pointer: string, label: string])[] {
  return Object.entries(classification).flatMap(([key, label]) => {
    const pointer = key.startsWith(reviewedMark) ? key.slice(1) : key
    return pointer === '' || pointer.startsWith('/') ? [[pointer, label] as const] : []
  })
}

/** Whether two names may mean one table. */
function isSameTable(name: string, table: string): boolean {
  return name === table || name.endsWith(`.${table}`) || table.endsWith(`.${name}`)
}

function isReviewed([key]: readonly [string, string]): boolean {
  return key.startsWith(reviewedMark)
}

function readLayer(entries: readonly (readonly [string, string])[]): Layer {
  const exact = new Map<string, Map<string, string>>()
  const patterns: NamePattern[] = []
  for (const [key, label] of entries) {
    const cut = key.lastIndexOf('.')
    if (key.startsWith('/')) continue
    if (key.includes('*')) patterns.push(parsePattern(key, label))
    else if (cut > 0) {
      const [table, column] = [key.slice(0, cut).toLowerCase(), key.slice(cut + 1).toLowerCase()]
      exact.set(table, (exact.get(table) ?? new Map<string, string>()).set(column, label))
    }
  }
  return { exact, patterns }
}

function buildTables(layers: readonly Layer[]): Tables {
  const names = [...new Set(layers.flatMap(({ exact }) => [...exact.keys()]))]
  const hasPatterns = layers.some(({ patterns }) => patterns.length > 0)
  const views = new Map<string, TableLabels>()
  const view = (name: string, table: string | null) => {
    const key = `${name}\n${table ?? ''}`
    const found = views.get(key) ?? viewTable({ name, table, layers })
    if (views.size < mostViews) views.set(key, found)
    return found
  }
  const other = (name: string) => (hasPatterns ? [view(name, null)] : [])
  const named = (given: string) => {
    const name = given.toLowerCase()
    const meant = names.filter((table) => isSameTable(name, table))
    return meant.length === 0 ? other(name) : meant.map((table) => view(longer(name, table), table))
  }
  return {
    named,
    exactly: (name) =>
      names.includes(name.toLowerCase()) ? [view(name.toLowerCase(), name.toLowerCase())] : named(name),
    everything: [...names.map((table) => view(table, table)), ...other('')],
  }
}

const mostViews = 10_000

function longer(a: string, b: string): string {
  return a.length > b.length ? a : b
}

interface View {
  readonly name: string
  readonly table: string | null
  readonly layers: readonly Layer[]
}

function viewTable({ name, table, layers }: View): TableLabels {
  const fitting = layers.map(({ exact, patterns }) => ({
    columns: table === null ? undefined : exact.get(table),
    patterns: patterns.filter((pattern) => pattern.mayFit(name)),
  }))
  const known = new Map<string, readonly string[]>()
  const find = (column: string) => [
    ...new Set(fitting.flatMap(({ columns, patterns }) => columns?.get(column) ?? mostSpecific(patterns, column))),
  ]
  const labelsOf = (given: string) => {
    const column = given.toLowerCase()
    const labels = known.get(column) ?? find(column)
    if (known.size < mostViews) known.set(column, labels)
    return labels
  }
  const columns = fitting.flatMap((layer) => [...(layer.columns?.keys() ?? [])])
  const loose = table === null ? fitting.flatMap(({ patterns }) => patterns.map(({ label }) => label)) : []
  return { classified: table !== null, labelsOf, all: [...new Set([...columns.flatMap(labelsOf), ...loose])] }
}

/** Of the patterns that fit a column the most specific ones count; where several are, each of them does. */
function mostSpecific(patterns: readonly NamePattern[], column: string): readonly string[] {
  const fitting = patterns.filter((pattern) => pattern.fitsColumn(column))
  const most = Math.max(...fitting.map(({ weight }) => weight))
  return fitting.filter(({ weight }) => weight === most).map(({ label }) => label)
}
