import type { ExchangedToken } from './principal.ts'

/** What a token service gave for an exchanged token. Epoch milliseconds. */
export interface ForeignToken {
  readonly value: string
  readonly expiresAt: number
}

/**
 * The token that a foreign system takes, made of the one that it was exchanged for: the same person and the same end at
 * the latest. Besides the exchange itself the only maker of `ExchangedToken`: it cannot name a person of its own.
 */
export function deriveToken(token: ExchangedToken, { value, expiresAt }: ForeignToken): ExchangedToken {
  return Object.freeze({ ...token, value, expiresAt: Math.min(expiresAt, token.expiresAt) })
}
