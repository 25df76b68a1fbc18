import type { Measurement } from './measurement.ts'

/** What one measured case has to reach, in its unit or as a ratio to its peer. */
export interface Budget {
  readonly bench: string
  readonly case: string
  readonly of: 'value' | 'ratio'
  readonly least?: number
  readonly most?: number
}

/** The budgets of the design; a case without one is there to be looked at. */
export const budgets: readonly Budget[] = [
  { bench: 'governed-read', case: 'calls a core at 1 signed in', of: 'value', least: 600 },
  { bench: 'governed-read', case: 'calls a core at 1000 signed in', of: 'ratio', least: 3 },
  { bench: 'governed-read', case: 'calls a core at 10000 signed in', of: 'ratio', least: 20 },
  { bench: 'governed-read', case: 'p50 added over the bare handler', of: 'value', most: 5 },
  { bench: 'exchange-cache', case: 'hit at 10000 signed in', of: 'value', most: 15 },
  { bench: 'append', case: 'rows a second', of: 'ratio', least: 7 },
  { bench: 'append', case: 'p99', of: 'ratio', least: 5 },
  { bench: 'verify', case: 'all checks', of: 'value', least: 80_000 },
  { bench: 'verify', case: 'most memory', of: 'value', most: 200 },
  { bench: 'verify', case: 'two workers', of: 'ratio', least: 1.8 },
  { bench: 'start', case: 'import of the build', of: 'value', most: 25 },
  { bench: 'start', case: 'first governed call', of: 'value', most: 250 },
  { bench: 'start', case: 'first governed SQL call', of: 'value', most: 1_200 },
  { bench: 'bundle', case: 'JavaScript', of: 'value', most: 2 },
  { bench: 'bundle', case: 'WebAssembly', of: 'value', most: 30 },
]

export function budgetOf({ bench, case: name }: Measurement): Budget | undefined {
  return budgets.find((budget) => budget.bench === bench && budget.case === name)
}

/** Budgets that these figures say nothing of. */
export function unmeasured(measured: readonly Measurement[]): readonly string[] {
  const found = new Set(measured.map(budgetOf))
  return budgets.filter((budget) => !found.has(budget)).map((budget) => `${budget.bench} (${budget.case})`)
}

/** Whether a measurement keeps its budget; a ratio that was not measured does not. */
export function keepsBudget(measurement: Measurement, { of, least, most }: Budget): boolean {
  const value = measurement[of]
  return value !== undefined && (least === undefined || value >= least) && (most === undefined || value <= most)
}

/** A budget in words, with its unit. */
export function describeBudget({ of, least, most }: Budget, unit: string): string {
  const bound = least === undefined ? `≤ ${most?.toLocaleString('en')}` : `≥ ${least.toLocaleString('en')}`
  return of === 'ratio' ? `${bound} ×` : `${bound} ${unit}`
}
