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
  /** SHA-256 (hex) of the recording of this call, where an obligation asked for one. */
  readonly recording?: string
  /** Of an answer that flows: whether anything of it left (`left`), for which there is a row `release`, or not (`held`). */
  readonly flow?: 'left' | 'held'
  /** Where this was found out afterwards, by the reconciler: its source and what that said, nothing personal. */
  readonly evidence?: string
}

/** Events: chained facts that are no calls. */
const eventKinds = [
  'start',
  'policy',
  'keychange',
  'heartbeat',
  'read',
  'approval',
  'report',
  'review',
  'disposition',
  'erasure',
  'retention',
  'hold',
  'suspension',
  'break-glass',
  'delegation',
  'notice',
  'release',
] as const

/** A chained fact that is no call. Values must hold nothing personal. */
export interface EventFacts {
  readonly kind: (typeof eventKinds)[number]
  readonly detail: Readonly<Record<string, string | number | boolean>>
}

/** Version of the row documents; the verifier knows each version that was ever written. */
export const rowVersion = 1

/** What a row can be: the pair of a call, the opening of a lane, or an event. */
export type RowKind = 'lane-open' | 'intent' | 'outcome' | EventFacts['kind']

/** Where an outcome's intent stands, and which one it is; `mac` is hex. */
export interface IntentReference {
  readonly lane: string
  readonly segment: number
  readonly seq: number
  readonly mac: string
}

/** Commitments (SHA-256, hex) in place of personal values; `partition` and `id` name their opening in the erasable table. */
export interface PersonalCommitments {
  readonly partition?: string
  readonly id?: string
  readonly inputs?: string
  readonly statement?: string
  readonly purpose?: string
  readonly claimedAgent?: string
  readonly claimedConversation?: string
}

/** A stored row as its canonical bytes say it (docs/audit-format.md). `time` is ISO 8601 UTC with milliseconds. */
export interface RowDocument {
  readonly v: number
  readonly origin: string
  readonly lane: string
  readonly segment: number
  readonly seq: number
  readonly kid: string
  readonly kind: RowKind
  readonly time: string
  readonly decisionId?: string
  readonly traceId?: string
  readonly intent?: Omit<IntentFacts, 'decisionId' | 'traceId' | 'personal'> & {
    readonly personal: PersonalCommitments
  }
  readonly outcome?: OutcomeFacts & { readonly intent: IntentReference }
  readonly detail?: EventFacts['detail']
}

/** A lane segment's head as its canonical bytes say it; `mac` and `prev` are hex, `prev` the MAC before the segment. */
export interface HeadDocument {
  readonly v: number
  readonly origin: string
  readonly lane: string
  readonly segment: number
  /** First sequence number of the segment. */
  readonly first: number
  readonly nextSeq: number
  readonly mac: string
  readonly prev: string
  readonly kid: string
  readonly batchId: string
  readonly term: number
  readonly state: 'open' | 'closed'
  readonly opened: string
}

/** An entity as a table gives it back. */
export interface StoredEntity {
  readonly partitionKey: string
  readonly rowKey: string
  readonly etag: string
  readonly properties: Readonly<Record<string, unknown>>
}
