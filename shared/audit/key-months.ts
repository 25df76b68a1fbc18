/** A month's secret as it must be in the vault. */
export interface MonthSecret {
  readonly name: string
  /** Epoch milliseconds from which a row under its key is a finding. */
  readonly retiresAt: number
}

/** Months that must be there beyond the current one: a year of nobody looking, and one to notice. */
const monthsAhead = 13
/**
 * A writer may keep its key over the end of the month while the vault is away, and its clock may be wrong; after a day it
 * stops by itself, so that no honest row is ever under a retired key.
 */
const graceMs = 24 * 3_600_000
const form = /^audit-hmac-(\d{4})-(0[1-9]|1[0-2])$/

/** Name of the secret of a month (UTC): one secret per month, so that access can be granted per month. */
export function monthlySecretName(epochMs: number): string {
  return `audit-hmac-${new Date(epochMs).toISOString().slice(0, 7)}`
}

/** Whether a secret is one of the months'. */
export function isMonthlySecret(name: string): boolean {
  return form.test(name)
}

/** When the key of a month retires, in epoch milliseconds; NaN for another name. */
export function retirementOf(name: string): number {
  const [, year, month] = form.exec(name) ?? []
  return Date.UTC(Number(year), Number(month), 1) + graceMs
}

/** When the month of a secret ends, in epoch milliseconds. */
export function monthEndOf(name: string): number {
  return retirementOf(name) - graceMs
}

/** The secrets that must be there at `now`: this month's and those of the 13 that follow. */
export function secretsDue(now: number): readonly MonthSecret[] {
  const today = new Date(now)
  return Array.from({ length: monthsAhead + 1 }, (_, ahead) => {
    const name = monthlySecretName(Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + ahead, 1))
    return { name, retiresAt: retirementOf(name) }
  })
}
