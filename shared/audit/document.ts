import { canonicalText, canonicalTextOfPresent, joinMembers } from './canonical.ts'
import {
  type EventFacts,
  type IntentFacts,
  type IntentReference,
  type OutcomeFacts,
  type PersonalCommitments,
  type RowKind,
  rowVersion,
} from './record.ts'

/** A row without its place: the canonical text of its body, and what its columns copy. */
export interface RowDraft {
  readonly kind: RowKind
  readonly member: 'intent' | 'outcome' | 'detail'
  readonly body: string
  readonly decisionId?: string
  readonly traceId?: string
  readonly tenant?: string
  readonly verdict?: string
  /** Epoch ms after which this row must not be placed any more; not part of the row. */
  readonly notAfter?: number
}

/** Where a draft is put. `time` is ISO 8601 UTC with milliseconds. */
export interface RowPlace {
  readonly origin: string
  readonly lane: string
  readonly segment: number
  readonly seq: number
  readonly kid: string
  readonly time: string
}

/** Draft of an intent row; the personal values stay outside, only their commitments are in it. */
export function draftIntent(facts: IntentFacts, personal: PersonalCommitments): RowDraft {
  const { decisionId, traceId, personal: _values, ...members } = facts
  return {
    kind: 'intent',
    member: 'intent',
    body: canonicalTextOfPresent({ ...members, personal }),
    decisionId,
    traceId,
    tenant: facts.principal.tid,
    verdict: facts.verdict,
  }
}

/** Draft of the outcome row that closes the intent at `reference`. */
export function draftOutcome(decisionId: string, facts: OutcomeFacts, reference: IntentReference): RowDraft {
  const body = canonicalTextOfPresent({ ...facts, intent: reference })
  return { kind: 'outcome', member: 'outcome', body, decisionId, verdict: facts.status }
}

/** Draft of an event row. */
export function draftEvent(kind: EventFacts['kind'] | 'lane-open', detail: EventFacts['detail']): RowDraft {
  return { kind, member: 'detail', body: canonicalTextOfPresent(detail) }
}

/** The canonical bytes of a draft at its place: what is hashed and stored. */
export function placeDraft(draft: RowDraft, place: RowPlace): Uint8Array {
  const members: Record<string, string> = {
    [draft.member]: draft.body,
    kind: JSON.stringify(draft.kind),
    v: String(rowVersion),
    origin: canonicalText(place.origin),
    lane: canonicalText(place.lane),
    segment: String(place.segment),
    seq: String(place.seq),
    kid: canonicalText(place.kid),
    time: JSON.stringify(place.time),
  }
  if (draft.decisionId !== undefined) members.decisionId = canonicalText(draft.decisionId)
  if (draft.traceId !== undefined) members.traceId = canonicalText(draft.traceId)
  return Buffer.from(joinMembers(members), 'utf8')
}
