import { randomBytes } from 'node:crypto'

/** Name of the vault's key that signs checkpoints and reports: EC on P-256, not exportable. */
export const signingKeyName = 'evidence-signing'

/** What the gateway asks the vault for: the audit keys of this month and the next, and the key of the token mask. */
export function secretNames(now: Date): string[] {
  return [...[0, 1].map((ahead) => `audit-hmac-${monthOf(now, ahead)}`), 'mask-key']
}

/** A new secret: 32 random bytes, base64. */
export function makeSecret(): string {
  return randomBytes(32).toString('base64')
}

function monthOf(now: Date, ahead: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 7)
}
