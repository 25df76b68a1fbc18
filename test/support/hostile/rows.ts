import table from '../hostile-tokens.json' with { type: 'json' }
import { claimRows } from './claim-rows.ts'
import { joseRows } from './jose-rows.ts'
import { referenceRequests } from './reference-rows.ts'
import type { HostileRow, Sent } from './row.ts'
import { transportRows } from './transport-rows.ts'

/** The table's own rows that a request alone decides. */
export const tableRows: readonly HostileRow[] = table.cases.flatMap(({ id, title, status, code, reason }) => {
  const send = referenceRequests[id]
  return send === undefined ? [] : [{ id, title, status, code, reason, send }]
})

/** Every hostile or odd request, the table's and ours. */
export const allRows: readonly HostileRow[] = [...tableRows, ...transportRows, ...joseRows, ...claimRows]

/** Answers that stand before any route has a say. */
const early: readonly (string | null)[] = [
  'token_missing',
  'token_invalid',
  'authorization_malformed',
  'headers_too_large',
  'tenant_not_allowed',
  'actor_not_allowed',
  'scope_insufficient',
]

/** Requests that are refused before a row is written, on whatever route. */
export const refusedRows = allRows.filter(({ code }) => early.includes(code))
export const acceptedRows = allRows.filter(({ code }) => code === null)
export const applicationRows = allRows.filter(({ code }) => code === 'app_only_not_allowed')

/** The challenge that the table wants, under another address of ours; undefined for a row that is not the table's. */
export function challengeOf(id: string, address = 'https://gateway.example'): string | null | undefined {
  const row = table.cases.find((one) => one.id === id)
  return row === undefined ? undefined : (row.challenge?.replace('https://cp.example', address) ?? null)
}

/** What no answer to a row may hold: why it is refused, and the parts of what was sent. */
export function secretsOf({ reason, code }: HostileRow, { authorization }: Sent): readonly string[] {
  const parts = authorization.flatMap((value) => value.split('.')).filter((part) => part.length > 20)
  return reason === code ? parts : [reason, ...parts]
}
