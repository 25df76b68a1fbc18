import { randomBytes } from 'node:crypto'

/** Secrets by name, as the vault is seeded with them. */
export type Secrets = Readonly<Record<string, string>>

/** The audit keys (32 random bytes, base64) of this month and the next that `known` does not have yet. */
export function auditSecrets(now: Date, known: Secrets = {}): Secrets {
  const names = [0, 1].map((ahead) => `audit-hmac-${monthOf(now, ahead)}`)
  const made = names.map((name) => [name, known[name] ?? randomBytes(32).toString('base64')])
  return { ...known, ...Object.fromEntries(made) }
}

function monthOf(now: Date, ahead: number): string {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 7)
}
