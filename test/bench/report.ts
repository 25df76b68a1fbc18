import { budgetOf, describeBudget, keepsBudget } from './budgets.ts'
import type { Measurement } from './measurement.ts'

/** The figures as lines for people, one block a bench. */
export function describeMeasurements(measured: readonly Measurement[]): string {
  const width = Math.max(0, ...measured.map((one) => one.case.length))
  let bench = ''
  const lines = measured.flatMap((one) => {
    const head = one.bench === bench ? [] : [`${bench === '' ? '' : '\n'}${one.bench}`]
    bench = one.bench
    return [
      ...head,
      `  ${one.case.padEnd(width)}  ${[quantityOf(one), ratioOf(one), verdictOf(one)].join('  ').trim()}`,
    ]
  })
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/** Value and unit. */
export function quantityOf({ value, unit }: Measurement): string {
  return `${value.toLocaleString('en', { maximumFractionDigits: 4 })} ${unit}`
}

function ratioOf({ ratio, peer }: Measurement): string {
  return ratio === undefined ? '' : `${ratio.toLocaleString('en')} × ${peer ?? 'its peer'}`
}

function verdictOf(measurement: Measurement): string {
  const budget = budgetOf(measurement)
  if (budget === undefined) return ''
  const text = `budget ${describeBudget(budget, measurement.unit)}`
  return keepsBudget(measurement, budget) ? `(${text})` : `(MISSED: ${text})`
}
