import type { EventFacts } from './record.ts'

/** How often each combination of values occurred, sorted: `[[['read', 'permit'], 12], …]`. */
export type Tally = readonly (readonly [key: readonly string[], count: number])[]

/**
 * What is counted, by the parts of each key. Persons are `tid` and `oid`, agents `azp`. `extent` is `clear` (nothing of
 * this class was masked), `part` (some of it was) or `withheld`; `matches` is `yes`, `no` or `unknown`.
 */
export const tallyNames = [
  /** kind of row */
  'rows',
  /** kind of principal, effect, verdict, backend, operation */
  'calls',
  /** tid, oid, azp, verdict; the first two empty where an application called alone */
  'callers',
  /** backend, verdict, reason; a refusal counts once for each of its reasons */
  'refusals',
  /** backend, status, code */
  'outcomes',
  /** tid, oid, azp, backend, class of data, extent */
  'access',
  /** backend, class of data, strategy */
  'masks',
  /** backend, source, method, matches */
  'identity',
  /** backend, operation, path, strategy */
  'unclassified',
  /** backend: calls whose answer was recorded */
  'recorded',
  /** tid, oid, app role that the caller's token carried */
  'roles',
  /** tid, step, decision (empty where the step has none) */
  'approvals',
  /** tid, oid, step of the approval */
  'approvalSteps',
  /** tid, oid of the caller, oid of the voter whose vote a permitted call used */
  'approvedBy',
  /** tid, oid, what was read of the book */
  'reads',
] as const

export type TallyName = (typeof tallyNames)[number]

/** Something that decided calls while its digest was the current one. `of` is a backend, or empty. */
export interface InForce {
  readonly what: 'policy' | 'schema' | 'classification' | 'declaration' | 'settings' | 'build'
  readonly of: string
  readonly digest: string
  /** ISO 8601 UTC of the first and last row that names it, and how many do. */
  readonly first: string
  readonly last: string
  readonly rows: number
}

/** A row of its own interest: a change of key or policy, an erasure, a review … */
export interface PeriodEvent {
  readonly kind: EventFacts['kind'] | 'lane-open'
  readonly time: string
  readonly lane: string
  readonly seq: number
  readonly detail: EventFacts['detail']
}

/** An intent whose outcome was not in the rows so far. */
export interface OpenIntent {
  readonly decisionId: string
  readonly lane: string
  readonly seq: number
  readonly time: string
  readonly tid: string
  readonly oid: string
  readonly azp: string
  readonly backend: string
  readonly operation: string
  readonly effect: string
  readonly verdict: string
}

/** An outcome whose intent was not in the rows so far. */
export interface EarlyOutcome {
  readonly decisionId: string
  readonly time: string
  /** Where its intent stands. */
  readonly lane: string
  readonly seq: number
  readonly status: string
  readonly code: string
  readonly rows: number
  readonly labels: readonly string[]
  readonly masked: readonly { readonly path: string; readonly label: string; readonly strategy: string }[]
  readonly identity: { readonly source: string; readonly method: string; readonly matches: boolean | null }
  readonly isRecorded: boolean
  /** Refused because a pinned tool was no longer as it was pinned. */
  readonly isToolChanged?: true
  readonly evidence: string | null
}

/** A call that was sent and of which nobody can say whether the backend acted. */
export interface UnknownCall extends OpenIntent {
  /** What the reconciler found out afterwards. */
  readonly evidence: string | null
}

/** An intent that was closed late, so that an earlier night may have found it dangling. */
export interface LateClosing {
  readonly lane: string
  readonly seq: number
  /** Time of the outcome. */
  readonly time: string
}

/** Calls of one backend that were refused because a pinned tool was changed; the place and time of the first intent. */
export interface ChangedTools {
  readonly backend: string
  readonly calls: number
  readonly time: string
  readonly lane: string
  readonly seq: number
}

/** What the rows of a stretch of the book say about the calls in it; plain JSON, and mergeable. */
export interface PeriodFacts {
  readonly version: 1
  /** Times of the earliest and latest row, ISO 8601 UTC; null where there was none. */
  readonly from: string | null
  readonly to: string | null
  readonly tallies: Readonly<Record<TallyName, Tally>>
  readonly inForce: readonly InForce[]
  readonly events: readonly PeriodEvent[]
  readonly unknown: readonly UnknownCall[]
  readonly late: readonly LateClosing[]
  /** Absent in facts of an older build. */
  readonly changedTools?: readonly ChangedTools[]
  readonly open: readonly OpenIntent[]
  readonly early: readonly EarlyOutcome[]
  /** What found no place, by list: these lists are not whole, and the report says so. */
  readonly dropped: Readonly<Record<string, number>>
}
