import { Problem } from '../errors/problem.ts'
import { commitControl, type Subject, textOfSubject } from './control-commitment.ts'
import type { StoredEntity } from './record.ts'
import type { Properties, RowStore } from './store.ts'

/** What is to be erased, and on whose order. */
export interface ErasureOrder {
  readonly subject: Extract<Subject, { kind: 'person' | 'decision' }>
  readonly ticket: string
  readonly reason: string
}

/** An erasure that was begun and is not finished: the same one goes on after a crash. */
export interface Erasure {
  readonly id: string
  /** Hex; opens the commitments, and is forgotten here when it is done. */
  readonly salt: string
  /** ISO 8601 UTC: rows that are younger are not part of it. */
  readonly until: string
  readonly stored: StoredEntity
}

const partition = 'erasure'
const saltSize = 16

/** The erasure of this subject that was begun, or null. */
export async function findErasure(rows: RowStore, subject: Subject): Promise<Erasure | null> {
  for await (const page of rows.list('runs', { partitionKey: partition })) {
    const found = page.find(({ properties }) => isBegun(properties, subject))
    if (found) return readErasure(found)
  }
  return null
}

/** Notes that an erasure begins; from here on it can be finished by whoever repeats the order. */
export async function beginErasure(
  rows: RowStore,
  subject: Subject,
  given: { readonly now: number; readonly random: (size: number) => Uint8Array },
): Promise<Erasure> {
  const salt = Buffer.from(given.random(saltSize)).toString('hex')
  const entity = {
    partitionKey: partition,
    rowKey: `era_${Buffer.from(given.random(saltSize)).toString('hex')}`,
    properties: {
      state: 'begun',
      salt,
      until: new Date(given.now).toISOString(),
      subject: commitControl(salt, 'subject', textOfSubject(subject)),
    },
  }
  const commit = await rows.commit('runs', [{ kind: 'insert', entity }])
  if (!commit.ok) throw unavailable(commit.detail)
  return readErasure({ ...entity, etag: commit.etags[0] ?? '' })
}

/** Notes that it is done, and forgets the salt. */
export async function endErasure(rows: RowStore, { stored }: Erasure): Promise<void> {
  const { partitionKey, rowKey, etag, properties } = stored
  const { salt: _forgotten, ...rest } = properties as Properties
  const entity = { partitionKey, rowKey, properties: { ...rest, state: 'done' } }
  const commit = await rows.commit('runs', [{ kind: 'replace', entity, etag }])
  if (!commit.ok) throw unavailable(commit.detail)
}

function isBegun(properties: StoredEntity['properties'], subject: Subject): boolean {
  if (properties.state !== 'begun') return false
  return properties.subject === commitControl(String(properties.salt), 'subject', textOfSubject(subject))
}

function readErasure(stored: StoredEntity): Erasure {
  const { salt, until } = stored.properties
  return { id: stored.rowKey, salt: String(salt), until: String(until), stored }
}

function unavailable(reason: string): Problem {
  return new Problem('audit_unavailable', 'The erasure cannot be noted.', { retryAfter: 5, reason })
}
