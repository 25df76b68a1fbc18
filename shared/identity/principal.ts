/** How the caller came to be: the kinds that policy tells apart (Entra token claims, Entra Agent ID). */
export type PrincipalKind = 'person' | 'guest' | 'app' | 'agent-for-person' | 'agent-user'

/** The authenticated caller: subject + actor + tenant. Made by `verifyClaims` only, from a token whose signature held. */
export interface Principal {
  readonly kind: PrincipalKind
  /** Tenant id (GUID, lower case). */
  readonly tid: string
  /** Object id of the subject in that tenant (GUID, lower case); with `tid` the only identity key. */
  readonly oid: string
  /** Application id of the actor (`azp`). */
  readonly actor: string
  /** Blueprint of an agent identity (`xms_par_app_azp`); recorded, never authorises. */
  readonly blueprint?: string
  /** A public client cannot prove which software it is (`azpacr` 0). */
  readonly publicClient: boolean
  /** True unless the token proves the opposite. */
  readonly guest: boolean
  readonly scopes: readonly string[]
  readonly roles: readonly string[]
  /** Group object ids; null where the token says that there are too many to list (overage). */
  readonly groups: readonly string[] | null
  /** Authentication contexts met (`acrs`). */
  readonly authContexts: readonly string[]
  /** The agent can answer a claims challenge (`xms_cc` has cp1). */
  readonly canAnswerChallenge: boolean
  /** Token id (`uti`), empty where the token has none. */
  readonly tokenId: string
  /** Epoch seconds. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** Sign-in name, only for backends whose login name it is; never an identity key, never recorded in clear. */
  readonly username: string | null
}

declare const assertionBrand: unique symbol
/** The caller's own verified access token. Only the exchange may take it; it never reaches a backend. */
export interface Assertion {
  readonly [assertionBrand]: true
  readonly value: string
}

declare const exchangedBrand: unique symbol
/** A backend's token for one person, from the exchange. Its own type so that the caller's token cannot stand in. */
export interface ExchangedToken {
  readonly [exchangedBrand]: true
  readonly value: string
  readonly tid: string
  readonly oid: string
  readonly scope: string
  /** Epoch milliseconds. */
  readonly expiresAt: number
}
