import { Problem } from '../errors/problem.ts'
import type { Json, ResultColumn, UpstreamAnswer } from '../pipeline/ports.ts'
import type { Total } from '../sql/statement.ts'
import type { Cleanser } from './cleanse.ts'
import { freeTextLabel, isWithin } from './labels.ts'
import { nameForReport, type Report } from './report.ts'
import type { Rulebook, Ruling } from './rulebook.ts'
import { findGuard, isLargeEnough, type TotalGuard } from './totals.ts'
import { applyTreatment, type Tokenizer } from './treatment.ts'

/** What masking rows takes: the labels of each column, the rules, the tokens, and where to report. */
export interface RowsJob {
  readonly columns: readonly ResultColumn[]
  readonly labels: readonly (readonly string[])[]
  /** What of each column is a total over the rows of one group; null where it is none. */
  readonly totals: readonly (Total | null)[]
  /** Text of this source was written by anybody. */
  readonly untrusted: boolean
  readonly rulebook: Rulebook
  readonly tokens: Tokenizer
  readonly report: Report
  readonly cleanser: Cleanser
}

/** The names of the columns that stay, and what becomes of one row; null where its group is too small to be shown. */
export interface RowsPlan {
  readonly names: readonly string[]
  readonly mask: (row: readonly Json[]) => readonly Json[] | null
}

interface Column {
  readonly index: number
  readonly path: string
  readonly ruling: Ruling | null
  readonly guard: TotalGuard | null
  readonly free: boolean
}

/** Masks `{columns, rows}`: dropped columns leave both; reported paths are `/columns/<name>`. */
export function maskTable({ answer, ...job }: Omit<RowsJob, 'columns'> & { readonly answer: UpstreamAnswer }): Json {
  const { columns, rows, rest } = readTable(answer)
  const plan = planRows({ ...job, columns })
  return { ...rest, columns: plan.names, rows: rows.flatMap((row) => [plan.mask(row)].filter((one) => one !== null)) }
}

/** Settles once for all rows what becomes of each column. Throws Problem `internal` where a column has no labels. */
export function planRows(job: RowsJob): RowsPlan {
  const columns = job.columns.map((_column, index) => planColumn(index, job))
  const kept = columns.filter(({ ruling }) => ruling?.treatment !== 'drop')
  const cells = kept.map((column) => cellMask(column, job))
  const guards = columns.flatMap(({ guard }) => guard ?? [])
  return {
    names: kept.map(({ index }) => job.cleanser.name(job.columns[index]?.name ?? '')),
    mask: (row) => {
      const small = guards.find((guard) => !isLargeEnough(row, guard))
      if (small === undefined) return kept.map(({ index }, at) => cells[at]?.(row[index] ?? null) ?? null)
      job.report.masked('/rows', { label: small.label, treatment: 'aggregate' })
      return null
    },
  }
}

function planColumn(index: number, job: RowsJob): Column {
  const { name = '', source = null } = job.columns[index] ?? {}
  const labels = job.labels[index]
  if (labels === undefined) throw new Problem('internal', 'The answer could not be masked', { reason: 'mask_columns' })
  const path = pathOf(name, index)
  const given = job.rulebook.ruleAll(labels)
  const guard = given !== null && mayTotal(labels, job) ? findGuard(index, given, job.totals) : null
  const ruling = guard === null ? judgeColumn(given, source) : null
  reportColumn({ path, labels, ruling }, job)
  return { index, path, ruling, guard, free: isFree(labels, ruling, job) }
}

function pathOf(name: string, index: number): string {
  const readable = nameForReport(name)
  return `/columns/${readable === '*' ? index : readable}`
}

function reportColumn(
  { path, labels, ruling }: Pick<Column, 'path' | 'ruling'> & { readonly labels: readonly string[] },
  { report }: RowsJob,
): void {
  if (ruling !== null && ruling.treatment !== 'clear') report.masked(path, ruling)
  if (!hidesAll(ruling)) for (const label of labels) report.returned(label)
}

/** A label that is masked in another way than by totals is masked in totals too. */
function mayTotal(labels: readonly string[], { rulebook }: RowsJob): boolean {
  const treatments = labels.map((label) => rulebook.rule(label).treatment)
  return treatments.includes('aggregate') && treatments.every((one) => one === 'aggregate' || one === 'clear')
}

function hidesAll(ruling: Ruling | null): boolean {
  return ruling !== null && ['drop', 'null', 'aggregate'].includes(ruling.treatment)
}

function isFree(labels: readonly string[], ruling: Ruling | null, { untrusted }: RowsJob): boolean {
  const shown = ruling === null || ruling.treatment === 'clear'
  return shown && (untrusted || labels.some((label) => isWithin(label, freeTextLabel)))
}

/**
 * What the asker computed from a field could be shaped so that the part that stays shows any character of it, or so
 * that tokens and ranges can be compared with those of guesses: only a stored column keeps its part, range or token.
 */
function judgeColumn(ruling: Ruling | null, source: string | null): Ruling | null {
  const shown = ruling !== null && ['partial', 'bucket', 'token'].includes(ruling.treatment)
  return shown && source === null ? { ...ruling, treatment: 'null' } : ruling
}

function cellMask({ path, ruling, free }: Column, job: RowsJob): (cell: Json) => Json {
  const clean = (cell: Json) => (isPlainScalar(cell) ? cell : job.cleanser.value(cell, { path, free }))
  if (ruling === null || ruling.treatment === 'clear') return clean
  return (cell) => clean(applyTreatment(cell, ruling, job.tokens))
}

function isPlainScalar(cell: Json): boolean {
  return cell === null || typeof cell === 'number' || typeof cell === 'boolean'
}

function readTable({ data, columns = [] }: UpstreamAnswer) {
  const { columns: names, rows, ...rest } = (data ?? {}) as Record<string, Json>
  const width = columns.length
  const sound = isList(names) && names.length === width && isList(rows) && rows.every((row) => isRow(row, width))
  if (!sound) throw new Problem('internal', 'The answer could not be masked', { reason: 'mask_shape' })
  const named = columns.map(({ source }, index) => ({ name: String(names[index]), source }))
  return { columns: named, rows: rows as Json[][], rest }
}

function isList(value: Json | undefined): value is Json[] {
  return Array.isArray(value)
}

function isRow(value: Json, width: number): boolean {
  return Array.isArray(value) && value.length === width
}
