import { invalid } from '../backend/inputs.ts'
import { everyTenant } from '../suspension/suspension.ts'
import { readParameters } from './audit-question.ts'

/** By what totals are told apart. */
export const usageGroups = ['person', 'agent', 'backend', 'operation', 'unit', 'day'] as const
export type UsageGroup = (typeof usageGroups)[number]

/** What an operator asks for; days are inclusive. */
export interface UsageQuestion {
  readonly from: string
  readonly to: string
  readonly by: readonly UsageGroup[]
  /** A tenant's id, `all`, or undefined for the asker's own. */
  readonly tenant: string | undefined
  readonly format: 'json' | 'csv'
}

const dayMs = 86_400_000
const defaultDays = 31
const mostDays = 400
const names = ['from', 'to', 'by', 'tenant', 'format']
const date = /^\d{4}-\d\d-\d\d$/
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** A question, or Problem `input_invalid` that names the parameter. `today` is a date where the deployment is. */
export function parseUsageQuestion(
  query: string,
  { accept, today }: { readonly accept: string; readonly today: string },
): UsageQuestion {
  const given = readParameters(query)
  const strange = Object.keys(given).find((name) => !names.includes(name))
  if (strange !== undefined) throw fault(`/${strange.slice(0, 64)}`, 'is not a parameter here')
  const to = given.to ?? today
  const from = given.from ?? dateBefore(to, defaultDays - 1)
  checkDays(from, to)
  return {
    ...{ from, to },
    by: parseGroups(given.by ?? 'person'),
    tenant: parseTenant(given.tenant),
    format: parseFormat(given.format ?? (accept.includes('text/csv') ? 'csv' : 'json')),
  }
}

function checkDays(from: string, to: string): void {
  if (!isDate(to)) throw fault('/to', 'is no date')
  if (!isDate(from) || from > to) throw fault('/from', 'is no date before the end')
  if (Date.parse(to) - Date.parse(from) > mostDays * dayMs) throw fault('/from', `is more than ${mostDays} days before`)
}

function isDate(text: string): boolean {
  return date.test(text) && !Number.isNaN(Date.parse(text))
}

function dateBefore(day: string, days: number): string {
  return isDate(day) ? new Date(Date.parse(day) - days * dayMs).toISOString().slice(0, 10) : day
}

function parseGroups(text: string): readonly UsageGroup[] {
  const asked = text.split(',')
  const known = usageGroups.filter((name) => asked.includes(name))
  if (known.length !== asked.length) throw fault('/by', `is not some of ${usageGroups.join(', ')}`)
  return known
}

function parseTenant(text: string | undefined): string | undefined {
  if (text === undefined || text === everyTenant || guid.test(text)) return text?.toLowerCase()
  throw fault('/tenant', 'is no tenant')
}

function parseFormat(text: string): 'json' | 'csv' {
  if (text === 'json' || text === 'csv') return text
  throw fault('/format', 'is neither json nor csv')
}

function fault(pointer: string, detail: string) {
  return invalid([{ pointer, detail }])
}
