import { Problem } from '../errors/problem.ts'
import { personalCommitment } from './chain.ts'
import type { IntentFacts, PersonalCommitments } from './record.ts'
import type { Entity, RowStore, Write } from './store.ts'

const chunkSize = 64 * 1024
const maxBytes = 900 * 1024
const saltSize = 16

export interface Opening {
  readonly entity: Entity
  readonly size: number
}

export interface OpeningSource {
  readonly partition: string
  readonly random: (size: number) => Uint8Array
}

/** Commitments for a row, and the entity that opens them: absent where the facts hold nothing personal. */
export function commitPersonal(
  facts: Pick<IntentFacts, 'decisionId' | 'personal'>,
  source: OpeningSource,
): { readonly commitments: PersonalCommitments; readonly opening?: Opening } {
  const present = Object.entries(facts.personal).filter((entry): entry is [string, string] => entry[1] !== undefined)
  if (present.length === 0) return { commitments: {} }
  const id = Buffer.from(source.random(saltSize)).toString('hex')
  const commitments: Record<string, string> = { partition: source.partition, id }
  const properties: Record<string, string | Uint8Array> = { decisionId: facts.decisionId }
  let size = 0
  for (const [field, value] of present) {
    const salt = source.random(saltSize)
    commitments[field] = personalCommitment(salt, value).toString('hex')
    size += addOpening(properties, field, { salt, value })
  }
  if (size > maxBytes) throw new Problem('input_too_large', 'The inputs are too large to be recorded.')
  return { commitments, opening: { entity: { partitionKey: source.partition, rowKey: id, properties }, size } }
}

/** Writes openings in one transaction; resolves when they are durable, rejects with `audit_unavailable` otherwise. */
export async function persistOpenings(rows: RowStore, openings: readonly Opening[], pause: Pause): Promise<void> {
  const writes: Write[] = openings.map((opening) => ({ kind: 'insert', entity: opening.entity }))
  let detail = ''
  for (let attempt = 0; await pause(attempt); attempt++) {
    const commit = await rows.commit('pii', writes)
    if (commit.ok) return
    detail = commit.detail
    if (commit.fault === 'rejected') break
    // Ids are random, so a row that exists already is our own from a lost reply.
    if (commit.fault === 'lost-race' && attempt > 0) return
  }
  throw new Problem('audit_unavailable', 'The audit log cannot be written.', { retryAfter: 5, reason: detail })
}

/** Waits before attempt `n` (not before the first); false once the deadline has passed. */
export type Pause = (attempt: number) => Promise<boolean>

function addOpening(
  properties: Record<string, string | Uint8Array>,
  field: string,
  opening: { readonly salt: Uint8Array; readonly value: string },
): number {
  const bytes = Buffer.from(opening.value, 'utf8')
  properties[`${field}_salt`] = opening.salt
  for (let at = 0, chunk = 0; at < bytes.length || chunk === 0; at += chunkSize, chunk++) {
    properties[`${field}_${chunk}`] = bytes.subarray(at, at + chunkSize)
  }
  return bytes.length
}
