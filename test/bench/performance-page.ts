import { readFile, writeFile } from 'node:fs/promises'
import { arch, cpus, platform, release } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../infra/local/stack/local-folder.ts'
import { budgetOf, describeBudget, keepsBudget } from './budgets.ts'
import type { Measurement } from './measurement.ts'
import { quantityOf } from './report.ts'

/** The page whose figures stand between two marks, put there by a run and never by hand. */
export const page = join(projectRoot, 'docs/performance.md')

const begin = '<!-- measured: begin (npm run bench -- --write-docs) -->'
const end = '<!-- measured: end -->'

/** Replaces the figures of the page by those of a whole run. */
export async function writePage(measured: readonly Measurement[]): Promise<void> {
  const text = await readFile(page, 'utf8')
  await writeFile(page, replaceFigures(text, [describeRun(), describeTable(measured)].join('\n\n')))
}

/** The page with what stands between its marks replaced; throws where it has none. */
export function replaceFigures(text: string, figures: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)]
  if (from < 0 || to < from) throw new Error('docs/performance.md has no marks for the figures')
  return `${text.slice(0, from)}${begin}\n\n${figures}\n\n${text.slice(to)}`
}

function describeRun(): string {
  const cores = cpus()
  const machine = `${cores.length} cores of ${cores[0]?.model.trim() ?? 'unknown make'}, ${platform()} ${arch()} ${release()}`
  return `Measured on ${new Date().toISOString().slice(0, 10)} under Node ${process.version}, ${machine}.`
}

function describeTable(measured: readonly Measurement[]): string {
  const rows = measured.map((one) => [one.bench, one.case, ...columnsOf(one)].join(' | '))
  return [
    '| bench | case | measured | ratio | against | budget | kept |',
    '|---|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row} |`),
  ].join('\n')
}

function columnsOf(one: Measurement): readonly string[] {
  const budget = budgetOf(one)
  return [
    quantityOf(one),
    one.ratio === undefined ? '' : `${one.ratio.toLocaleString('en')} ×`,
    one.peer ?? '',
    budget === undefined ? '' : describeBudget(budget, one.unit),
    budget === undefined ? '' : keepsBudget(one, budget) ? 'yes' : '**no**',
  ]
}
