import type { Approval } from '../approval/approval.ts'
import { varyingOf } from '../approval/grant-shape.ts'
import { showPlainly } from '../approval/plain-text.ts'
import { missingVotes } from '../approval/quorum.ts'
import { showCall } from '../approval/secrecy.ts'
import { escalatesAt, isoTime, stateAt } from '../approval/states.ts'
import type { Vote } from '../approval/terms.ts'
import { cleanText } from '../masking/secrets.ts'

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
    escalatesAt: request.needs.some(({ escalate }) => escalate !== undefined)
      ? isoTime(escalatesAt(request, progress))
      : null,
    missing: missingVotes(request.needs, progress.votes),
    grant: describeGrant({ request, progress }),
  }
}

/**
 * All that a voter has to judge: exactly what would run, but for what they may not see; `hidden` says where that was. The
 * purpose is the agent's own word, and says so.
 */
export function describeApproval(approval: Approval, now: number) {
  const { request, progress } = approval
  const { subject, secrecy, example, preview, content, contentNote } = request
  const shown = { inputs: example ?? subject.inputs, statement: subject.statement }
  return {
    ...summarizeApproval(approval, now),
    ...showCall(shown, secrecy),
    purpose: describePurpose(request.purpose),
    preview: preview ?? null,
    content: content ?? 'bound',
    contentNote: contentNote ?? null,
    approvers: progress.voters,
    votes: progress.votes.map(describeVote),
    justification: progress.votes.at(-1)?.justification.text ?? null,
    decisionId: progress.decisionId,
  }
}

/** What one vote would permit: so many calls like this one, with other values where `varies` says so. */
function describeGrant({ request, progress }: Pick<Approval, 'request' | 'progress'>) {
  const { grant, subject } = request
  if (grant === null) return null
  const varies = varyingOf(subject.inputs).map((name) => `/inputs/${name}`)
  return { ...grant, left: progress.left ?? grant.calls, varies }
}

function describePurpose(purpose: string | null) {
  if (purpose === null) return null
  return { text: showPlainly(cleanText(purpose)?.text ?? purpose), note: 'written by the agent, unverified' }
}

function describeVote({ approve, voter, inSteadOf, at, justification }: Vote) {
  const decision = approve ? 'approve' : 'reject'
  return { decision, voter, inSteadOf, at: isoTime(at), justification: justification.text }
}
