import type { Invocation, ResultColumn, Understood } from '../pipeline/ports.ts'
import { type Classification, indexTables, type TableLabels, type Tables } from './classification.ts'
import { unclassifiedLabel } from './labels.ts'

/** What is known about the columns of one answer. */
export interface ColumnQuestion {
  readonly invocation: Invocation
  readonly understood: Understood
  readonly columns: readonly ResultColumn[]
  readonly tables: Tables
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
  const listed = isPredicted(understood, columns) ? (understood.statement?.outputs ?? null) : null
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
 * Whether an answer has the columns that its statement was understood to give, as many and under these names. Where it has
 * others, nobody can say what any of them is made of.
 */
export function isPredicted({ statement }: Understood, columns: readonly ResultColumn[]): boolean {
  const { outputs = null, names = [] } = statement ?? {}
  if (outputs?.length !== columns.length) return false
  return columns.every(({ name }, index) => (names[index] ?? name.toLowerCase()) === name.toLowerCase())
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
  const listed = touched.filter(({ classified }) => classified)
  const names = effect === 'read' && listed.length < understood.reads.length ? knownNames(used, touched) : used
  return labelMentions(names, touched)
    .filter((label) => label !== 'none')
    .sort()
}

/** Labels of the members of an object that a call chooses by: what matches tells of them, as a comparison does. */
export function labelsCompared({ operation, inputs }: Invocation, understood: Understood, tables: Tables) {
  const given = Object.entries(operation.compares ?? {}).filter(([input]) => inputs[input] !== undefined)
  const touched = given.length === 0 ? [] : tablesTouched(understood, tables)
  const names = given.flatMap(([, members]) => members.map((member) => member.toLowerCase()))
  const labels = names.flatMap((name) => touched.flatMap((members) => members.labelsOf(name)))
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
): readonly (readonly [pointer: string, labels: readonly string[]])[] {
  if (operation.object === undefined) return []
  const touched = tablesTouched(understood, tables)
  return Object.keys(operation.labels ?? {}).flatMap((pointer) => {
    const names = operation.tells?.[pointer] ?? [pointer.slice(pointer.lastIndexOf('/') + 1)]
    const found = names.flatMap((name) => touched.flatMap((members) => members.labelsOf(name)))
    return found.length === 0 ? [] : [[pointer, [...new Set(found)]] as const]
  })
}

/** What stands before a dot is a relation, or a classified column of that name whose nested field is meant. */
function withQualifiers(
  mentions: readonly string[],
  { statement }: Understood,
  touched: readonly TableLabels[],
): readonly string[] {
  const columns = (statement?.qualifiers ?? []).filter((name) => touched.some((table) => has(table, name)))
  return mentions.length === 0 ? mentions : [...mentions, ...columns]
}

/** Beside a table that nobody classified, a name that no classified one has is taken to be of that table. */
function knownNames(names: readonly string[], touched: readonly TableLabels[]): readonly string[] {
  return names.filter((name) => name === '*' || touched.some((table) => has(table, name)))
}

function has(table: TableLabels, name: string): boolean {
  return table.labelsOf(name).length > 0
}

function labelSource(source: string, tables: Tables): string[] {
  const cut = source.lastIndexOf('.')
  const meant = tables.exactly(source.slice(0, cut))
  return [...new Set(meant.flatMap((table) => labelsIn(table, source.slice(cut + 1))))]
}

/** A column that nobody listed was forgotten, but only where somebody listed others. */
function labelsIn(table: TableLabels, column: string): readonly string[] {
  const labels = table.labelsOf(column)
  return labels.length === 0 && table.classified ? [unclassifiedLabel] : labels
}

function labelMentions(mentions: readonly string[], touched: readonly TableLabels[]): string[] {
  if (mentions.length === 0 || touched.length === 0) return []
  const labels = new Set<string>()
  for (const mention of mentions) {
    const found = mention === '*' ? [] : touched.flatMap((table) => table.labelsOf(mention))
    for (const label of found.length === 0 ? possibleLabels(mention, touched) : found) labels.add(label)
  }
  return [...labels]
}

/**
 * An unknown name may be a column nobody classified, or another name for one that is: it may hold anything that a
 * classified table has. What is known by patterns alone may be in any column only where no column is named at all.
 */
function possibleLabels(mention: string, touched: readonly TableLabels[]): readonly string[] {
  const classified = touched.filter((table) => table.classified)
  const listed = classified.length === 0 ? [] : [...classified.flatMap(({ all }) => all), unclassifiedLabel]
  return mention === '*' ? [...listed, ...touched.flatMap(({ all }) => all)] : listed
}

/** Tables the call may have read from; where nobody can say which, every one that is known of. */
function tablesTouched(understood: Understood, tables: Tables): readonly TableLabels[] {
  if (!understood.understood || understood.statement?.beyond === true) return tables.everything
  return [...new Set([...understood.reads, ...understood.writes].flatMap(tables.named))]
}

/**
 * Labels that patterns give to what a call reads: those of columns that it names, and in a table that nobody listed all
 * that may fit where it names none. Of an object's members those that the operation's answer has.
 */
export function labelsByPattern(
  { operation }: Invocation,
  understood: Understood,
  classification: Classification,
): readonly string[] {
  const { statement, reads } = understood
  const tables = indexTables(classification)
  const touched = statement?.beyond === true ? tables.everything : reads.flatMap(tables.named)
  const members = Object.keys(operation.labels ?? {}).map((pointer) => pointer.slice(pointer.lastIndexOf('/') + 1))
  const outputs = statement?.outputs?.flatMap(({ mentions }) => mentions) ?? ['*']
  const names = statement === undefined ? members : [...(statement.mentions ?? ['*']), ...outputs]
  const loose = names.includes('*') ? touched.filter(({ classified }) => !classified).flatMap(({ all }) => all) : []
  return [...new Set([...touched.flatMap(({ labelsOf }) => names.flatMap(labelsOf)), ...loose])]
}

/** A plan tells how the database would work, not what is in the tables; one that runs the statement is no exception. */
function isPlan({ operation }: Invocation): boolean {
  const { call } = operation
  if (call.technology !== 'postgres' || call.statement.from !== 'input') return false
  const prefix = call.statement.prefix ?? ''
  return /^\s*explain\b/i.test(prefix) && !/\banaly[sz]e\b/i.test(prefix)
}
