import type { Invocation, ResultColumn, Understood } from '../pipeline/ports.ts'
import { unclassifiedLabel } from './labels.ts'

/** Labels of a backend's columns by `schema.table.column`, lower case; members of REST answers are not in it. */
export type Classification = Readonly<Record<string, string>>

/** A classification by table. */
export type Tables = ReadonlyMap<string, ReadonlyMap<string, string>>

/** What is known about the columns of one answer. */
export interface ColumnQuestion {
  readonly invocation: Invocation
  readonly understood: Understood
  readonly columns: readonly ResultColumn[]
  readonly tables: Tables
}

const indexed = new WeakMap<Classification, Tables>()

/** Groups a classification by table; remembered for as long as the classification lives. */
export function indexTables(classification: Classification): Tables {
  const known = indexed.get(classification)
  if (known !== undefined) return known
  const tables = new Map<string, Map<string, string>>()
  for (const [key, label] of Object.entries(classification)) {
    const cut = key.lastIndexOf('.')
    if (cut < 1 || key.startsWith('/')) continue
    const [table, column] = [key.slice(0, cut).toLowerCase(), key.slice(cut + 1).toLowerCase()]
    tables.set(table, (tables.get(table) ?? new Map<string, string>()).set(column, label))
  }
  indexed.set(classification, tables)
  return tables
}

/**
 * Labels of each result column: the classified label of the column that the backend names as its source, else those of
 * what the expression mentions, else those of everything that was touched. What a change returns may also hold what it
 * assigned, so there both count. An empty list is data nobody classified at all.
 */
export function labelColumns(question: ColumnQuestion): readonly (readonly string[])[] {
  const { columns, understood, tables } = question
  if (isPlan(question.invocation)) return columns.map(() => [])
  const touched = tablesTouched(understood, tables)
  const outputs = understood.statement?.outputs ?? null
  const listed = outputs !== null && outputs.length === columns.length ? outputs : null
  const changes = understood.effect !== 'read'
  return columns.map(({ source }, index) => {
    const mentions = withQualifiers(listed?.[index]?.mentions ?? ['*'], understood, touched)
    if (source === null) return labelMentions(mentions, touched)
    const own = labelSource(source, tables)
    if (!changes) return own
    const others = mentions.filter((mention) => !source.toLowerCase().endsWith(`.${mention}`))
    return [...new Set([...own, ...labelMentions(others, touched)])]
  })
}

/**
 * Labels of the data that a change carries on (what it copies elsewhere, and what it compares, since a change that
 * happened or not also tells), and of the data that decides which rows a read gives. A column that is only assigned to
 * carries nothing; one that is only given back is masked.
 */
export function labelsCarried(understood: Understood, tables: Tables): readonly string[] {
  const { effect, statement } = understood
  if (statement === undefined) return []
  const touched = tablesTouched(understood, tables)
  const own = (effect === 'read' ? statement.compared : statement.mentions) ?? ['*']
  const used = withQualifiers(own, understood, touched)
  const names = effect === 'read' && touched.length < understood.reads.length ? knownNames(used, touched) : used
  return labelMentions(names, touched)
    .filter((label) => label !== 'none')
    .sort()
}

/** Labels of the members of an object that a call chooses by: what matches tells of them, as a comparison does. */
export function labelsCompared({ operation, inputs }: Invocation, understood: Understood, tables: Tables) {
  const given = Object.entries(operation.compares ?? {}).filter(([input]) => inputs[input] !== undefined)
  const touched = given.length === 0 ? [] : tablesTouched(understood, tables)
  const names = given.flatMap(([, members]) => members.map((member) => member.toLowerCase()))
  const labels = names.flatMap((name) => touched.flatMap((members) => members.get(name) ?? []))
  return labels.filter((label) => label !== 'none')
}

/**
 * Labels by pointer of an answer about one object (a container), which a deployment classifies as `<object>.<member>`:
 * they take the place of those that the operation declares for the members of that name.
 */
export function labelMembers(
  { operation }: Invocation,
  understood: Understood,
  tables: Tables,
): readonly (readonly [pointer: string, label: string])[] {
  if (operation.object === undefined) return []
  const touched = tablesTouched(understood, tables)
  return Object.keys(operation.labels ?? {}).flatMap((pointer) => {
    const names = operation.tells?.[pointer] ?? [pointer.slice(pointer.lastIndexOf('/') + 1)]
    const found = names.flatMap((name) => touched.flatMap((members) => members.get(name.toLowerCase()) ?? []))
    const label = found.find((each) => each !== 'none') ?? found[0]
    return label === undefined ? [] : [[pointer, label] as const]
  })
}

/** What stands before a dot is a relation, or a classified column of that name whose nested field is meant. */
function withQualifiers(
  mentions: readonly string[],
  { statement }: Understood,
  touched: readonly ReadonlyMap<string, string>[],
): readonly string[] {
  const columns = (statement?.qualifiers ?? []).filter((name) => touched.some((table) => table.has(name)))
  return mentions.length === 0 ? mentions : [...mentions, ...columns]
}

/** Beside a table that nobody classified, a name that no classified one has is taken to be of that table. */
function knownNames(names: readonly string[], touched: readonly ReadonlyMap<string, string>[]): readonly string[] {
  return names.filter((name) => name === '*' || touched.some((table) => table.has(name)))
}

function labelSource(source: string, tables: Tables): string[] {
  const cut = source.lastIndexOf('.')
  const [name, column] = [source.slice(0, cut).toLowerCase(), source.slice(cut + 1).toLowerCase()]
  const exact = tables.get(name)
  // A name without catalog or schema means any table that ends like it.
  const meant =
    exact === undefined ? [...tables].filter(([table]) => isSameTable(name, table)) : [[name, exact] as const]
  return [...new Set(meant.map(([, columns]) => columns.get(column) ?? unclassifiedLabel))]
}

function labelMentions(mentions: readonly string[], touched: readonly ReadonlyMap<string, string>[]): string[] {
  if (mentions.length === 0 || touched.length === 0) return []
  const labels = new Set<string>()
  for (const mention of mentions) {
    const found = touched.flatMap((table) => table.get(mention.toLowerCase()) ?? [])
    // An unknown name may be a column nobody classified, or another name for one that is: it may hold anything.
    const all = found.length === 0 ? [...touched.flatMap((table) => [...table.values()]), unclassifiedLabel] : found
    for (const label of all) labels.add(label)
  }
  return [...labels]
}

/** Tables the call may have read from; where nobody understood the statement, every classified one. */
function tablesTouched(understood: Understood, tables: Tables): ReadonlyMap<string, string>[] {
  if (!understood.understood) return [...tables.values()]
  const names = [...understood.reads, ...understood.writes]
  return [...tables].flatMap(([table, columns]) => (names.some((name) => isSameTable(name, table)) ? [columns] : []))
}

function isSameTable(name: string, table: string): boolean {
  return name === table || name.endsWith(`.${table}`) || table.endsWith(`.${name}`)
}

/** A plan tells how the database would work, not what is in the tables; one that runs the statement is no exception. */
function isPlan({ operation }: Invocation): boolean {
  const { call } = operation
  if (call.technology !== 'postgres' || call.statement.from !== 'input') return false
  const prefix = call.statement.prefix ?? ''
  return /^\s*explain\b/i.test(prefix) && !/\banaly[sz]e\b/i.test(prefix)
}
