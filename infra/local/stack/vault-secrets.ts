import { randomBytes } from 'node:crypto'

/** Names of the audit keys of this month and the next, as the gateway asks for them. */
export function auditSecretNames(now: Date): string[] {
  return [0, 1].map((ahead) => `audit-hmac-${monthOf(now, ahead)}`)
}

/** A new audit key: 32 random bytes, base64. */
export function makeAuditSecret(): string {
  return randomBytes(32).toString('base64')
}

function monthOf(now: Date, ahead: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 7)
}
