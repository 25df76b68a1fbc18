import type { Json } from '../pipeline/ports.ts'

/**
 * RFC 8785 text of any JSON value: members sorted by UTF-16 code unit, numbers as ECMAScript prints them. Approvals and
 * commitments bind this text, so two spellings of the same inputs are the same call.
 */
export function canonicalInputs(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(canonicalInputs).join(',')}]`
  const members = Object.entries(value as { readonly [name: string]: Json }).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalInputs(member)}`).join(',')}}`
}
