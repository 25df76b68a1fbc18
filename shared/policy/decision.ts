import type { Effect } from '../backend/effect.ts'
import type { PrincipalKind } from '../identity/principal.ts'

export type MaskStrategy = 'drop' | 'null' | 'token' | 'partial' | 'bucket'

/** What a permit demands. */
export type Obligation =
  | {
      readonly kind: 'approval'
      readonly rule: string
      readonly group: string
      readonly count: number
      /** A second group, asked as well at half of the time. */
      readonly escalate?: string
      /** One approval for so many calls of a kind, within so many minutes; both or neither. */
      readonly grantMinutes?: number
      readonly grantCalls?: number
    }
  /** Tokens of a purpose can be joined with those of the same purpose only. */
  | { readonly kind: 'mask'; readonly label: string; readonly strategy: MaskStrategy; readonly purpose?: string }
  /** Shown in totals over at least `k` rows, and in no other way. */
  | { readonly kind: 'aggregate'; readonly label: string; readonly k: number }
  | { readonly kind: 'row_limit'; readonly max: number }
  | { readonly kind: 'step_up'; readonly context: string }
  | { readonly kind: 'record' }
  | { readonly kind: 'quota'; readonly meter: string }

/** Everything policy may look at; plain data, so that a decision can be replayed from its row. */
export interface PolicyRequest {
  readonly principal: {
    readonly kind: PrincipalKind
    readonly tid: string
    readonly oid: string
    readonly actor: string
    readonly guest: boolean
    readonly publicClient: boolean
    readonly groups: readonly string[]
    readonly roles: readonly string[]
    readonly authContexts: readonly string[]
  }
  readonly action: Effect
  readonly resource: {
    readonly backend: string
    readonly operation: string
    /** The worst effect that the operation is declared to have. */
    readonly declaredEffect: Effect
    readonly runsAs: 'person' | 'other'
    /** Objects touched, lower-case dotted names (tables) or the operation's own path. */
    readonly reads: readonly string[]
    readonly writes: readonly string[]
    /** Labels of the data that may come back. */
    readonly labels: readonly string[]
    /** Labels of the data that a change copies or compares; it needs every one of them in clear. */
    readonly carried?: readonly string[]
    /** Labels of the data that a change is made to. */
    readonly changes?: readonly string[]
    /** Sends data out of the company's own systems: mail, a ticket, a share, a public link. Absent: it does not. */
    readonly egress?: boolean
  }
  readonly context: {
    /** The payload was understood (true where there is no payload to parse). */
    readonly understood: boolean
    readonly dangers: readonly string[]
    readonly statements: number
    /** ISO 8601 UTC, whole seconds. */
    readonly time: string
    /** Has read untrusted or personal content in the last 8 h. */
    readonly tainted: boolean
    /** Approval rules already satisfied for this very call. */
    readonly approvals: readonly string[]
    /** Hour (0–23) and weekday (1 Monday … 7 Sunday) where the deployment is; absent: those of `time` in UTC. */
    readonly hour?: number | undefined
    readonly weekday?: number | undefined
    /** The person has broken the glass: named, alarmed, for half an hour at most. Absent: has not. */
    readonly breakGlass?: boolean
  }
}

/** Policy's answer. Deny is a value; an exception from policy means that policy is unavailable. */
export interface Decision {
  readonly verdict: 'permit' | 'deny'
  /** Closed snake_case codes, sorted. */
  readonly reasons: readonly string[]
  /** Ids of the policies that determined it, sorted. */
  readonly rules: readonly string[]
  readonly obligations: readonly Obligation[]
  /** Labels that this principal may see in clear, sorted. */
  readonly clearLabels: readonly string[]
  /** Ids of policies that are only watched and would have changed this, sorted; absent where none would have. */
  readonly shadow?: readonly string[]
  /** SHA-256 (hex) of the policy set's canonical form, and of the schema. */
  readonly policyDigest: string
  readonly schemaDigest: string
}

/** The denial of what nobody can do as the person: it is declared so that the answer says it, and no policy permits it. */
export function notAsThePerson({
  policyDigest,
  schemaDigest,
}: Pick<Decision, 'policyDigest' | 'schemaDigest'>): Decision {
  const none = { rules: [], obligations: [], clearLabels: [] }
  return { verdict: 'deny', reasons: ['not_as_the_person'], ...none, policyDigest, schemaDigest }
}
