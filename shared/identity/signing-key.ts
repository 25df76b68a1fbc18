import type { UnprovenToken } from './token-header.ts'

/** A public key of Entra's. `issuer` may hold the template `{tenantid}`; `material` is what the checking library made of it. */
export interface SigningKey {
  readonly kid: string
  readonly issuer: string | null
  readonly material: unknown
}

/**
 * Where keys come from. `tid` is a tenant of the allow-list, or null for every other one: a stranger's token is held
 * against the keys of our own tenants (Entra signs with the same), so that no stranger's tenant id ever becomes part of
 * a request. Null = unknown there; throws Problem `keys_unavailable` where a listed tenant's keys could never be had.
 */
export interface KeyLookup {
  readonly find: (tid: string | null, kid: string) => Promise<SigningKey | null>
}

/** True where the RS256 signature of the token holds under the key. */
export type CheckSignature = (token: UnprovenToken['token'], key: SigningKey) => Promise<boolean>

/** Key issuer binding: Entra says for whom each key may sign; a personal-account key signs for no organisation. */
export function bindsIssuer(key: SigningKey, tid: string, issuer: string): boolean {
  return key.issuer !== null && key.issuer.replaceAll('{tenantid}', tid) === issuer
}
