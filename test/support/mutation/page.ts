import type { Outcome } from './mutation-run.ts'
import { nameMutant } from './operators.ts'
import type { Survivor } from './survivors.ts'

const head = `# Mutants: are the decisions tested?

Made by \`UPDATE_DOCS=1 npm run test:long -- mutants\`. One change at a time is made to the sources that decide: a condition is negated, a
guard or a call is dropped, \`&&\` becomes \`||\` and back, a comparison is another, a boolean is the other one, a filter takes
everything, \`min\` becomes \`max\`, \`some\` becomes \`every\`. The types are checked, then the tests of the folder that reach the changed
file run, nearest first. A mutant that neither finds out is a survivor: it is listed below with the reason why that is right, or
the long suite fails. The mutants are drawn by lot, the same ones each time; \`MUTANTS=all\` tries every one, \`MUTANTS=<number>\` so
many a folder, \`MUTANTS_SEED=<text>\` draws others.

A test file that takes longer than a minute, or fails without any mutant, is not used. A killed mutant says that one test fails
for it, not that all do; a sample says nothing of what was not drawn.

| folder | mutants | tried | killed by tests | by types | by not ending | survived |
|---|---:|---:|---:|---:|---:|---:|
`

/** The page, from what was tried and why survivors are right. */
export function writeMutants(outcomes: readonly Outcome[], known: readonly Survivor[]): string {
  const rows = outcomes.map((outcome) => `${rowOf(outcome)}\n`).join('')
  return `${head}${rows}${outcomes.map((outcome) => listSurvivors(outcome, known)).join('')}`
}

function rowOf({ folder, all, killed, survivors }: Outcome): string {
  const by = (...names: string[]) => killed.filter((one) => names.includes(one.by)).length
  const byTests = killed.length - by('types', 'time')
  const tried = killed.length + survivors.length
  return `| ${[folder, all, tried, byTests, by('types'), by('time'), survivors.length].join(' | ')} |`
}

function listSurvivors({ folder, survivors }: Outcome, known: readonly Survivor[]): string {
  if (survivors.length === 0) return ''
  const rows = survivors.map((mutant) => {
    const because = known.find((one) => nameMutant(one) === nameMutant(mutant))?.because ?? '**not explained**'
    return `| ${cell(`${mutant.file}:${mutant.line}`)} | ${cell(mutant.operator)} | ${cell(mutant.text)} | ${because} |\n`
  })
  return `\n## Survivors in ${folder}\n\n| where | change | line | why nothing fails |\n|---|---|---|---|\n${rows.join('')}`
}

function cell(text: string): string {
  return `\`\` ${text.replaceAll('|', '\\|')} \`\``
}
