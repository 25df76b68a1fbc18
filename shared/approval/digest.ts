import { createHash } from 'node:crypto'
import { canonicalText } from '../audit/canonical.ts'

/** Everything that an approval binds; a change in any of it makes it another call. */
export interface ApprovalSubject {
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly backend: string
  readonly operation: string
  /** Canonical text of the inputs; of a grant: of what all of its calls have in common. */
  readonly inputs: string
  /** The statement as it would be sent, or empty. */
  readonly statement: string
  /** Version of the object that the call refers to (an ETag, say), or empty. */
  readonly content: string
  /** What the approval is for: one call, or several of a kind. */
  readonly scope: 'call' | 'grant'
  readonly digests: Readonly<Record<string, string>>
  readonly obligations: readonly string[]
}

/** SHA-256 (hex) over the canonical form of the subject. */
export function digestApproval(subject: ApprovalSubject): string {
  return createHash('sha256')
    .update('countersign/approval/v2\0')
    .update(canonicalText({ ...subject }))
    .digest('hex')
}

/** The id of the first request for a digest, and of each that follows it: the same call asks for the same approval. */
export function approvalId(digest: string, attempt = 1): string {
  return `apr_${digest.slice(0, 32)}${attempt === 1 ? '' : `-${attempt}`}`
}
