import { personalCommitment } from './chain.ts'
import { persistOpenings } from './openings.ts'
import { type Pacing, pauseUntil } from './pause.ts'
import type { RowStore } from './store.ts'

const saltSize = 16
const deadlineMs = 2500

export interface CommentPorts {
  readonly rows: RowStore
  readonly pacing: Pacing
}

/** What a row says of a comment: its commitment (hex), and where its opening stands in the erasable table. */
export interface CommittedComment {
  readonly comment: string
  readonly partition: string
  readonly id: string
}

/**
 * Keeps a comment where it can be erased, and gives what stands for it in the chain: an opening like an intent's, with
 * the one field `comment`. At most 64 KiB. Rejects with `audit_unavailable`.
 */
export async function keepComment({ rows, pacing }: CommentPorts, text: string): Promise<CommittedComment> {
  const now = pacing.clock()
  const salt = pacing.random(saltSize)
  const partition = `comment|${new Date(now).toISOString().slice(0, 10)}`
  const id = Buffer.from(pacing.random(saltSize)).toString('hex')
  const value = Buffer.from(text, 'utf8')
  const entity = { partitionKey: partition, rowKey: id, properties: { comment_salt: salt, comment_0: value } }
  await persistOpenings(rows, [{ entity, size: value.length }], pauseUntil(now + deadlineMs, pacing))
  return { comment: personalCommitment(salt, text).toString('hex'), partition, id }
}
