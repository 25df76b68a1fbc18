import { Problem } from '../errors/problem.ts'
import { commitControl, type Subject, textOfSubject } from './control-commitment.ts'
import type { StoredEntity } from './record.ts'
import type { Entity, Properties, RowStore } from './store.ts'
import type { AuditWriter } from './writer.ts'

/** A legal hold that is in force. Whom it protects can be asked of it, and not read. */
export interface Hold {
  readonly id: string
  readonly covers: (subject: Subject) => boolean
  readonly isEverything: boolean
}

export interface HoldOptions {
  readonly rows: RowStore
  readonly audit: Pick<AuditWriter, 'recordEvent'>
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly random: (size: number) => Uint8Array
}

export interface HoldOrder {
  readonly subject: Exclude<Subject, { kind: 'decision' }>
  readonly ticket: string
}

const partition = 'hold'
const saltSize = 16

/** All holds in force, also those whose row in the book is still owed. Rejects with `audit_unavailable`. */
export async function readHolds(rows: RowStore): Promise<readonly Hold[]> {
  return (await listHolds(rows)).filter(isInForce).map(readHold)
}

/**
 * Sets a hold: it is in force with its entity, and then stands in the book. Repeating the order after a crash finishes
 * it; the same order again sets no second hold. Gives its id and the salt of its commitments.
 */
export async function setHold(options: HoldOptions, order: HoldOrder): Promise<{ id: string; salt: string }> {
  const known = (await listHolds(options.rows)).find((one) => isInForce(one) && isOrder(one, order))
  const stored = known ?? (await insertHold(options, order))
  const { id, salt } = { id: stored.rowKey, salt: String(stored.properties.salt) }
  if (stored.properties.state === 'set') return { id, salt }
  const { subject, ticket } = stored.properties
  const scope = String(stored.properties.scope)
  await options.audit.recordEvent({
    kind: 'hold',
    detail: { step: 'set', id, scope, subject: String(subject), ticket: String(ticket) },
  })
  await replace(options.rows, stored, { ...plain(stored), state: 'set' })
  return { id, salt }
}

/** Lifts a hold: the row first, so that nothing is deleted before the book says that it may be. False: no such hold. */
export async function liftHold(
  { rows, audit }: HoldOptions,
  { id, ticket }: { readonly id: string; readonly ticket: string },
): Promise<boolean> {
  const stored = await rows.read('runs', partition, id)
  if (stored === null || !isInForce(stored)) return false
  const salt = String(stored.properties.salt)
  const detail = {
    step: 'lift',
    id,
    scope: String(stored.properties.scope),
    ticket: commitControl(salt, 'ticket', ticket),
  }
  await audit.recordEvent({ kind: 'hold', detail })
  await replace(rows, stored, { ...plain(stored), state: 'lifted' })
  return true
}

async function listHolds(rows: RowStore): Promise<StoredEntity[]> {
  const found: StoredEntity[] = []
  for await (const page of rows.list('runs', { partitionKey: partition })) found.push(...page)
  return found
}

// Whatever is not plainly lifted holds.
function isInForce({ properties }: StoredEntity): boolean {
  return properties.state !== 'lifted'
}

function readHold({ rowKey, properties }: StoredEntity): Hold {
  const { scope, salt, subject } = properties
  const isEverything = scope === 'all'
  const covers = (one: Subject) =>
    isEverything || commitControl(String(salt), 'subject', textOfSubject(one)) === subject
  return { id: rowKey, isEverything, covers }
}

function isOrder({ properties }: StoredEntity, { subject, ticket }: HoldOrder): boolean {
  const salt = String(properties.salt)
  const isSame = properties.subject === commitControl(salt, 'subject', textOfSubject(subject))
  return isSame && properties.ticket === commitControl(salt, 'ticket', ticket)
}

async function insertHold({ rows, clock, random }: HoldOptions, order: HoldOrder): Promise<StoredEntity> {
  const salt = Buffer.from(random(saltSize)).toString('hex')
  const properties = {
    state: 'begun',
    scope: order.subject.kind,
    salt,
    subject: commitControl(salt, 'subject', textOfSubject(order.subject)),
    ticket: commitControl(salt, 'ticket', order.ticket),
    at: new Date(clock()).toISOString(),
  }
  const entity: Entity = {
    partitionKey: partition,
    rowKey: `hold_${Buffer.from(random(saltSize)).toString('hex')}`,
    properties,
  }
  const commit = await rows.commit('runs', [{ kind: 'insert', entity }])
  if (!commit.ok) throw unavailable(commit.detail)
  return { ...entity, etag: commit.etags[0] ?? '' }
}

function plain({ properties }: StoredEntity): Properties {
  return properties as Properties
}

async function replace(rows: RowStore, { partitionKey, rowKey, etag }: StoredEntity, properties: Properties) {
  const commit = await rows.commit('runs', [{ kind: 'replace', entity: { partitionKey, rowKey, properties }, etag }])
  if (!commit.ok) throw unavailable(commit.detail)
}

function unavailable(reason: string): Problem {
  return new Problem('audit_unavailable', 'The hold cannot be recorded.', { retryAfter: 5, reason })
}
