import { Problem } from '../errors/problem.ts'
import type { Approval, ApprovalStore } from './approval.ts'
import type { Progress } from './states.ts'

/**
 * A change whose reply may get lost: where the table failed to say, the row itself says whether the change was made, and
 * one that was not is made once more, under the ETag that it still has. Resolves with the new ETag, or null where
 * somebody else changed the row; rejects where it cannot be known.
 */
export async function replaceSurely(
  approvals: Pick<ApprovalStore, 'find' | 'replace'>,
  approval: Approval,
  progress: Progress,
): Promise<string | null> {
  try {
    return await approvals.replace(approval, progress)
  } catch (error) {
    const now = await look(approvals, approval, error)
    if (isSame(now.progress, progress)) return now.etag
    if (now.etag !== approval.etag) return null
  }
  const etag = await approvals.replace(approval, progress)
  if (etag !== null) return etag
  // The first attempt may have come in between our look and the second: then it is ours that was in the way.
  const now = await look(approvals, approval, null)
  return isSame(now.progress, progress) ? now.etag : null
}

async function look(approvals: Pick<ApprovalStore, 'find'>, { request }: Approval, error: unknown): Promise<Approval> {
  const now = await approvals.find(request.subject.tid, request.id)
  if (now !== null) return now
  throw error ?? new Problem('policy_unavailable', 'Approvals cannot be looked up now.', { retryAfter: 5 })
}

/** Every change is of one decision or one vote, with its own id or salt, so that equal means ours. */
function isSame(a: Progress, b: Progress): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
