import type { Effect } from '../backend/effect.ts'
import type { PrincipalKind } from '../identity/principal.ts'
import type { Obligation } from '../policy/decision.ts'

/** Digests of everything that decided a call, SHA-256 in hex. */
export interface Digests {
  readonly policy: string
  readonly schema: string
  readonly classification: string
  readonly declaration: string
  readonly settings: string
  readonly build: string
}

/**
 * What the line knows before it calls. Values under `personal` never stand in a row: the writer stores salted
 * commitments in the chain and the values in the erasable table.
 */
export interface IntentFacts {
  readonly decisionId: string
  readonly traceId: string
  readonly principal: {
    readonly kind: PrincipalKind
    readonly tid: string
    readonly oid: string
    readonly azp: string
    readonly blueprint?: string
    readonly tokenId: string
    readonly acrs: readonly string[]
  }
  readonly backend: string
  readonly operation: string
  readonly effect: Effect
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly verdict: 'permit' | 'deny' | 'pending'
  readonly rules: readonly string[]
  readonly reasons: readonly string[]
  readonly obligations: readonly Obligation[]
  /** Every context attribute that the decision used. */
  readonly context: Readonly<Record<string, string | number | boolean | readonly string[]>>
  readonly approval?: { readonly id: string; readonly voters: readonly string[] }
  readonly digests: Digests
  readonly personal: {
    readonly inputs?: string
    readonly statement?: string
    readonly purpose?: string
    readonly claimedAgent?: string
    readonly claimedConversation?: string
  }
}

/** Who the backend says it saw. `matches` is null unless the source is the backend. */
export interface IdentityProof {
  readonly source: 'backend' | 'token' | 'none'
  readonly method: string
  /** ISO 8601 UTC. */
  readonly checkedAt: string
  readonly matches: boolean | null
}

export interface MaskedField {
  readonly path: string
  readonly label: string
  readonly strategy: string
}

/** What became of the call. `unknown` = it was sent and nobody can say whether the backend acted. */
export interface OutcomeFacts {
  readonly status: 'not-called' | 'called' | 'unknown'
  /** Problem code, or `ok`. */
  readonly code: string
  readonly backendIds: Readonly<Record<string, string>>
  readonly identity: IdentityProof
  readonly rows: number
  readonly bytes: number
  readonly labels: readonly string[]
  readonly masked: readonly MaskedField[]
}

/** A chained fact that is no call: start-up, policy change, key change, heartbeat. Values must hold nothing personal. */
export interface EventFacts {
  readonly kind: 'start' | 'policy' | 'keychange' | 'heartbeat' | 'read'
  readonly detail: Readonly<Record<string, string | number | boolean>>
}
