/** What one call adds. */
export interface UsageEntry {
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly backend: string
  readonly operation: string
  readonly unit: string
  readonly totals: UsageTotals
}

/** `calls` reached the backend, or nobody can say that they did not; `refused` did not. */
export interface UsageTotals {
  readonly calls: number
  readonly refused: number
  readonly rows: number
  readonly bytes: number
  readonly tokens: number
  readonly cost: number
}

export const meters = ['calls', 'refused', 'rows', 'bytes', 'tokens', 'cost'] as const

export function addTotals(a: UsageTotals, b: UsageTotals): UsageTotals {
  return Object.fromEntries(meters.map((name) => [name, a[name] + b[name]])) as unknown as UsageTotals
}

/** Where a call belongs that no unit takes. */
const otherUnit = 'other'

/** The first unit, in the order of the setting, that one of the person's groups is in. */
export function unitOf(groups: readonly string[], units: Readonly<Record<string, readonly string[]>>): string {
  const found = Object.entries(units).find(([, members]) => members.some((id) => groups.includes(id)))
  return found?.[0] ?? otherUnit
}
