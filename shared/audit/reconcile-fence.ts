import { Problem } from '../errors/problem.ts'
import { sealHead } from './entity.ts'
import { type BookReader, believeHead, type Positions } from './reconcile-tail.ts'
import type { StoredEntity } from './record.ts'
import { headKey, partitionKey } from './segment.ts'

const attempts = 5
const idSize = 16

/**
 * Sees to it that every batch that was sealed before now is in the book already or never will be: each lane's head gets
 * a new ETag, or somebody else has just given it one. A writer whose batch is refused by that seals it afresh, and then
 * asks whether its rows may still be placed. Rejects with `audit_unavailable` where a lane could not be fenced.
 */
export async function fenceLanes(
  book: BookReader,
  positions: Positions,
  random: (size: number) => Uint8Array,
): Promise<void> {
  for (const [lane, { segment }] of positions) await fenceLane(book, { lane, segment }, random)
}

async function fenceLane(
  book: BookReader,
  { lane, segment }: { readonly lane: string; readonly segment: number },
  random: (size: number) => Uint8Array,
): Promise<void> {
  const read = () => book.rows.read('rows', partitionKey(lane, segment), headKey)
  const first = await read()
  // A lane that was never opened has no batch on its way; a segment that was closed since we read it takes none.
  if (first === null || (await believeHead(book, first)).state === 'closed') return
  for (let attempt = 0; attempt < attempts; attempt++) {
    await touchHead(book, first, random)
    if ((await read())?.etag !== first.etag) return
  }
  throw new Problem('audit_unavailable', 'The book cannot be reconciled.', { retryAfter: 300, reason: 'no fence' })
}

/** The same head under a new batch id and term; under its own key, so that the next writer announces its own as usual. */
async function touchHead(book: BookReader, stored: StoredEntity, random: (size: number) => Uint8Array): Promise<void> {
  const head = await believeHead(book, stored)
  const key = (await book.keys(head.kid))?.key
  if (key === undefined) return
  const batchId = Buffer.from(random(idSize)).toString('hex')
  const entity = sealHead({ ...head, batchId, term: head.term + 1 }, key)
  await book.rows.commit('rows', [{ kind: 'replace', entity, etag: stored.etag }])
}
