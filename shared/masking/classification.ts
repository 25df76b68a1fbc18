import { type NamePattern, parsePattern } from './name-pattern.ts'

/**
 * Labels of a backend's data. Three kinds of keys: `schema.table.column` or `container.member.member` (such a table is
 * classified: its other columns are dropped; what stands before the last dot may be a table, or a table and members of
 * its documents, so that the label holds for each of those members too), a name with `*` (adds its label to the columns that fit, classifies nothing), and a JSON pointer of an
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

type Columns = Map<string, Map<string, readonly string[]>>

interface Layer {
  readonly exact: Columns
  /** The same keys read as paths into documents: what each part behind a shorter table's name may hold. */
  readonly nested: Columns
  readonly patterns: NamePattern[]
  /** Patterns read as paths; they count beside whatever else is said. */
  readonly paths: NamePattern[]
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
  const layer: Layer = { exact: new Map(), nested: new Map(), patterns: [], paths: [] }
  for (const [key, label] of entries) {
    if (key.startsWith('/')) continue
    if (key.includes('*')) addPattern(layer, key, label)
    else if (key.lastIndexOf('.') > 0) addName(layer, key.toLowerCase().split('.'), label)
  }
  return layer
}

function addName({ exact, nested }: Layer, parts: readonly string[], label: string): void {
  addColumn(exact, [parts.slice(0, -1).join('.'), parts.at(-1) ?? ''], label)
  for (const path of membersIn(parts)) addColumn(nested, path, label)
}

/** It speaks of members, too, where all that stands before its last part is a name without `*`. */
function addPattern({ patterns, paths }: Layer, key: string, label: string): void {
  const parts = key.split('.')
  patterns.push(parsePattern(key, label))
  if (parts.slice(0, -1).some((part) => part.includes('*'))) return
  paths.push(...membersIn(parts).map((path) => parsePattern(path.join('.'), label)))
}

function addColumn(to: Columns, [table, column]: readonly [string, string], label: string): void {
  const columns = to.get(table) ?? new Map<string, readonly string[]>()
  to.set(table, columns.set(column, [...new Set([...(columns.get(column) ?? []), label])]))
}

/** `a.b.c` as table `a` with the members `b` and `c`, and so on: a member may hold all that is below it. */
function membersIn(parts: readonly string[]): (readonly [string, string])[] {
  const cuts = parts.slice(2).map((_part, at) => at + 1)
  return cuts.flatMap((cut) => parts.slice(cut).map((part) => [parts.slice(0, cut).join('.'), part] as const))
}

function buildTables(layers: readonly Layer[]): Tables {
  const names = [...new Set(layers.flatMap(({ exact }) => [...exact.keys()]))]
  const owners = [...new Set([...names, ...layers.flatMap(({ nested }) => [...nested.keys()])])]
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
    const meant = owners.filter((table) => isSameTable(name, table))
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
  const fitting = layers.map(({ exact, nested, patterns, paths }) => ({
    exact: table === null ? undefined : exact.get(table),
    nested: table === null ? undefined : nested.get(table),
    patterns: patterns.filter((pattern) => pattern.mayFit(name)),
    paths: paths.filter((path) => path.mayFit(name)),
  }))
  const known = new Map<string, readonly string[]>()
  const find = (column: string) => [...new Set(fitting.flatMap((layer) => labelsFrom(layer, column)))]
  const labelsOf = (given: string) => {
    const column = given.toLowerCase()
    const labels = known.get(column) ?? find(column)
    if (known.size < mostViews) known.set(column, labels)
    return labels
  }
  const columns = fitting.flatMap((layer) => [...(layer.exact?.keys() ?? []), ...(layer.nested?.keys() ?? [])])
  const patterns = table === null ? fitting.flatMap((layer) => [...layer.patterns, ...layer.paths]) : []
  const loose = patterns.map(({ label }) => label)
  return { classified: table !== null, labelsOf, all: [...new Set([...columns.flatMap(labelsOf), ...loose])] }
}

interface Fitting {
  readonly exact: ReadonlyMap<string, readonly string[]> | undefined
  readonly nested: ReadonlyMap<string, readonly string[]> | undefined
  readonly patterns: readonly NamePattern[]
  readonly paths: readonly NamePattern[]
}

function labelsFrom({ exact, nested, patterns, paths }: Fitting, column: string): readonly string[] {
  const own = exact?.get(column) ?? mostSpecific(patterns, column)
  const members = paths.filter((path) => path.fitsColumn(column)).map(({ label }) => label)
  return [...own, ...(nested?.get(column) ?? []), ...members]
}

/** Of the patterns that fit a column the most specific ones count; where several are, each of them does. */
function mostSpecific(patterns: readonly NamePattern[], column: string): readonly string[] {
  const fitting = patterns.filter((pattern) => pattern.fitsColumn(column))
  const most = Math.max(...fitting.map(({ weight }) => weight))
  return fitting.filter(({ weight }) => weight === most).map(({ label }) => label)
}
