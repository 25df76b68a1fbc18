import type { Approval } from '../approval/approval.ts'
import { showCall } from '../approval/secrecy.ts'
import { isoTime, stateAt } from '../approval/states.ts'

/** An approval in a list; times are ISO 8601 UTC. */
export function summarizeApproval({ request, progress }: Approval, now: number) {
  const { tid, oid, actor, backend, operation } = request.subject
  return {
    id: request.id,
    state: stateAt(progress, now),
    digest: request.digest,
    requester: { tid, oid, actor },
    ...{ backend, operation, effect: request.effect },
    rules: request.needs.map(({ rule }) => rule),
    requestedAt: isoTime(request.requestedAt),
    decideBy: isoTime(progress.decideBy),
    useBy: progress.useBy === null ? null : isoTime(progress.useBy),
  }
}

/** All that a voter has to judge: exactly what would run, but for secrets; `hidden` says where those were. */
export function describeApproval(approval: Approval, now: number) {
  const { request, progress } = approval
  return {
    ...summarizeApproval(approval, now),
    ...showCall(request.subject, request.secrecy),
    approvers: progress.voters,
    justification: progress.justification?.text ?? null,
    decisionId: progress.decisionId,
  }
}
