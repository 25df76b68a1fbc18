import { addTotals, type UsageTotals } from './usage.ts'
import type { UsageLine } from './usage-counters.ts'

/** One line of a report: what it is told apart by, and its totals. */
export interface UsageSum {
  readonly names: Readonly<Record<string, string>>
  readonly totals: UsageTotals
}

const members = {
  person: ({ oid }) => oid,
  agent: ({ actor }) => actor,
  backend: ({ backend }) => backend,
  operation: ({ backend, operation }) => `${backend}/${operation}`,
  unit: ({ unit }) => unit,
  day: ({ day }) => day,
  tenant: ({ tid }) => tid,
} as const satisfies Readonly<Record<string, (line: UsageLine) => string>>

export type UsageMember = keyof typeof members

/** Sums by these members, in the order of their values. */
export function sumUsage(lines: readonly UsageLine[], by: readonly UsageMember[]): readonly UsageSum[] {
  const sums = new Map<string, UsageSum>()
  for (const line of lines) {
    const names = Object.fromEntries(by.map((name) => [name, members[name](line)]))
    const key = JSON.stringify(Object.values(names))
    const known = sums.get(key)
    sums.set(key, { names, totals: known === undefined ? line.totals : addTotals(known.totals, line.totals) })
  }
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sum]) => roundCost(sum))
}

/** Sums of decimal fractions, without what binary ones leave behind. */
function roundCost({ names, totals }: UsageSum): UsageSum {
  return { names, totals: { ...totals, cost: Math.round(totals.cost * 1e6) / 1e6 } }
}
