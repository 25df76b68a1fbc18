import { canonicalTextOfPresent } from './canonical.ts'

/** Version of the anchor records. */
export const anchorVersion = 1

/** How far a lane had come: `mac` of the row before `nextSeq`, `root` over the segment's leaves so far (hex); times of its first and last row. */
export interface LaneHead {
  readonly lane: string
  readonly segment: number
  readonly first: number
  readonly nextSeq: number
  readonly mac: string
  readonly root: string
  readonly from: string
  readonly to: string
}

/** A closed segment: `root` over its leaves, `prev` and `mac` before and at its end, `digest` of its NDJSON (hex); times of its first and last row. */
export interface Seal {
  readonly lane: string
  readonly segment: number
  readonly first: number
  readonly count: number
  readonly root: string
  readonly prev: string
  readonly mac: string
  readonly digest: string
  readonly from: string
  readonly to: string
}

/**
 * What the anchor log can say. No member is personal: lanes, numbers, digests, key ids and dates only. `lane` is the
 * opening of one: the digest (hex) from which its first row goes on; there are no other lanes.
 */
export type AnchorFacts =
  | { readonly kind: 'lane'; readonly lane: string; readonly prev: string }
  | { readonly kind: 'heads'; readonly heads: readonly LaneHead[] }
  | { readonly kind: 'seal'; readonly seal: Seal }
  | { readonly kind: 'key'; readonly kid: string; readonly state: 'active' | 'retired' }
  | { readonly kind: 'erasure'; readonly decisions: number; readonly ticket: string }
  | { readonly kind: 'retention'; readonly lane: string; readonly segment: number; readonly root: string }
  | { readonly kind: 'failover'; readonly lane: string; readonly seq: number; readonly toSeq: number }
  | { readonly kind: 'report'; readonly date: string; readonly verdict: string; readonly digest: string }

/** One record of the anchor log: `index` is its leaf, `time` ISO 8601 UTC with milliseconds. */
export type AnchorRecord = AnchorFacts & {
  readonly v: number
  readonly origin: string
  readonly index: number
  readonly time: string
}

/** The line of a record (canonical JSON, without newline): its UTF-8 bytes are what its leaf is made of. */
export function anchorLine(record: AnchorRecord): string {
  return canonicalTextOfPresent(record)
}
