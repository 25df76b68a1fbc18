import { hash } from 'node:crypto'
import { canonicalText, type Json } from '../audit/canonical.ts'
import type { Principal } from '../identity/principal.ts'
import type { AuditParts } from './audit-book.ts'

/** What was read of the book. `filter` is kept as a digest, `opened` are the decisions whose personal values were opened. */
export interface Reading {
  readonly what: 'records' | 'stream' | 'head' | 'reports' | 'report' | 'verify' | 'activity' | 'usage'
  readonly filter: Readonly<Record<string, string>>
  readonly count: number
  readonly opened?: readonly string[]
}

/** Chains who read what; rejects with `audit_unavailable`, and then nothing may be answered. */
export async function chainReading(
  principal: Principal,
  reading: Reading,
  { ports }: Pick<AuditParts, 'ports'>,
): Promise<void> {
  const { what, filter, count, opened = [] } = reading
  const names = [...new Set(opened)].sort()
  await ports.audit.recordEvent({
    kind: 'read',
    detail: {
      ...actorDetail(principal),
      what,
      filter: digestFilter(filter),
      count,
      ...(names.length === 0 ? {} : { opened: names.length, decisions: digestFilter({ decisions: names.join(' ') }) }),
    },
  })
}

/** Who did it, as rows say it. */
export function actorDetail({ tid, oid, actor, tokenId }: Principal) {
  return { tid, oid, azp: actor, tokenId }
}

/** SHA-256 (hex) of the canonical form of a filter. */
export function digestFilter(filter: Readonly<Record<string, string>>): string {
  return hash('sha256', canonicalText(filter as Json), 'hex')
}
