import { Problem } from '../errors/problem.ts'
import type { Json, UpstreamAnswer } from '../pipeline/ports.ts'
import { nameForReport, type Report } from './report.ts'
import type { Rulebook, Ruling } from './rulebook.ts'
import { cleanValue } from './secrets.ts'
import { applyTreatment, type Tokenizer } from './treatment.ts'

/** What masking a table takes: the labels of each column, the rules, the tokens, and where to report. */
export interface TableJob {
  readonly answer: UpstreamAnswer
  readonly labels: readonly (readonly string[])[]
  readonly rulebook: Rulebook
  readonly tokens: Tokenizer
  readonly report: Report
}

interface Column {
  readonly index: number
  readonly path: string
  readonly ruling: Ruling | null
}

/** Masks `{columns, rows}`: dropped columns leave both; reported paths are `/columns/<name>`. */
export function maskTable(job: TableJob): Json {
  const { names, rows, rest } = readTable(job.answer)
  const columns = names.map((name, index) => planColumn({ name, index }, job))
  const kept = columns.filter(({ ruling }) => ruling?.treatment !== 'drop')
  const cells = kept.map((column) => cellMask(column, job))
  const masked = rows.map((row) => kept.map(({ index }, at) => cells[at]?.(row[index] ?? null) ?? null))
  return { ...rest, columns: kept.map(({ index }) => names[index] ?? ''), rows: masked }
}

function planColumn({ name, index }: { name: string; index: number }, job: TableJob): Column {
  const readable = nameForReport(name)
  const path = `/columns/${readable === '*' ? index : readable}`
  const labels = job.labels[index]
  if (labels === undefined) throw new Problem('internal', 'The answer could not be masked', { reason: 'mask_columns' })
  const ruling = judgeColumn(job.rulebook.ruleAll(labels), job.answer.columns?.[index]?.source ?? null)
  if (ruling !== null && ruling.treatment !== 'clear') job.report.masked(path, ruling)
  if (ruling?.treatment !== 'drop' && ruling?.treatment !== 'null')
    for (const label of labels) job.report.returned(label)
  return { index, path, ruling }
}

/**
 * What the asker computed from a field could be shaped so that the part that stays shows any character of it, or so
 * that tokens can be compared with those of guesses: only a stored column keeps its part or its token.
 */
function judgeColumn(ruling: Ruling | null, source: string | null): Ruling | null {
  const shown = ruling?.treatment === 'partial' || ruling?.treatment === 'token'
  return ruling !== null && shown && source === null ? { ...ruling, treatment: 'null' } : ruling
}

function cellMask({ path, ruling }: Column, job: TableJob): (cell: Json) => Json {
  const found = (label: string) => job.report.masked(path, { label, treatment: 'drop' })
  const clean = (cell: Json) => (isPlainScalar(cell) ? cell : cleanValue(cell, found))
  if (ruling === null || ruling.treatment === 'clear') return clean
  return (cell) => clean(applyTreatment(cell, ruling, job.tokens))
}

function isPlainScalar(cell: Json): boolean {
  return cell === null || typeof cell === 'number' || typeof cell === 'boolean'
}

function readTable({ data, columns }: UpstreamAnswer): { names: string[]; rows: Json[][]; rest: Record<string, Json> } {
  const { columns: names, rows, ...rest } = (data ?? {}) as Record<string, Json>
  const width = columns?.length ?? 0
  const sound = isList(names) && names.length === width && isList(rows) && rows.every((row) => isRow(row, width))
  if (!sound) throw new Problem('internal', 'The answer could not be masked', { reason: 'mask_shape' })
  return { names: names.map(String), rows: rows as Json[][], rest }
}

function isList(value: Json | undefined): value is Json[] {
  return Array.isArray(value)
}

function isRow(value: Json, width: number): boolean {
  return Array.isArray(value) && value.length === width
}
