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
    const { subject, id } = approval.request
    const now = await approvals.find(subject.tid, id)
    if (now === null) throw error
    if (isSame(now.progress, progress)) return now.etag
    return now.etag === approval.etag ? approvals.replace(approval, progress) : null
  }
}

/** Every change is of one decision or one vote, with its own id or salt, so that equal means ours. */
function isSame(a: Progress, b: Progress): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
