import { type Json, parseCanonical } from './canonical.ts'
import { headMac, isSameDigest } from './chain.ts'
import type { HeadDocument, StoredEntity } from './record.ts'
import type { RowFault, VerifyKey } from './verify-row.ts'
import { isHeadDocument } from './verify-schema.ts'

export interface HeadPlace {
  readonly origin: string | null
  readonly lane: string
  readonly segment: number
}

/** Takes a head apart; `kid` from its column, so that its key can be fetched before it is checked. */
export function kidOfHead(entity: StoredEntity): string {
  const document = parseHead(entity)
  return document?.kid ?? String(entity.properties.kid ?? '')
}

/** First sequence number that a head states, unchecked. */
export function firstOfHead(entity: StoredEntity): number | null {
  return parseHead(entity)?.first ?? null
}

/** A head that is authentic and stands where it belongs, or what is wrong with it. */
export function checkHead(entity: StoredEntity, key: VerifyKey | null, place: HeadPlace): HeadDocument | RowFault {
  if (key === null) return { kind: 'unknown_key', detail: `the head's key ${kidOfHead(entity)} is not known` }
  const { c, hmac, kid, batchId, state } = entity.properties
  const document = parseHead(entity)
  if (document === null || !(c instanceof Uint8Array) || !(hmac instanceof Uint8Array)) return altered('no head')
  if (!isSameDigest(headMac(key.key, document.kid, c), hmac)) return altered('the head does not match its MAC')
  const isElsewhere = document.lane !== place.lane || document.segment !== place.segment
  if (isElsewhere || (place.origin !== null && document.origin !== place.origin)) {
    return altered(`the head of ${document.origin} ${document.lane} segment ${document.segment}`)
  }
  const isCopied = kid === document.kid && batchId === document.batchId && state === document.state
  return isCopied ? document : altered('columns of the head differ from its content')
}

function parseHead({ properties }: StoredEntity): HeadDocument | null {
  const value = properties.c instanceof Uint8Array ? parseCanonical(properties.c) : null
  return value !== null && isHeadDocument(value as Json) ? (value as unknown as HeadDocument) : null
}

function altered(detail: string): RowFault {
  return { kind: 'head_altered', detail }
}
