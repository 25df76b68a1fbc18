import type { Approval, ApprovalNeed, ApprovalRequest } from '../approval/approval.ts'
import { approvalId, digestApproval } from '../approval/digest.ts'
import { requestLimit } from '../approval/entity.ts'
import { replaceSurely } from '../approval/replace-surely.ts'
import { findSecrets } from '../approval/secrecy.ts'
import { answersFor, claimApproval, isoTime, openRequest, stateAt } from '../approval/states.ts'
import { couldBeApproved } from '../approval/vote.ts'
import { canonicalInputs } from '../backend/canonical-inputs.ts'
import { Problem, type ProblemCode } from '../errors/problem.ts'
import type { ChallengeMemory } from '../identity/challenge-memory.ts'
import { demandContext, type StepUpParts } from '../identity/step-up.ts'
import type { Obligation } from '../policy/decision.ts'
import { denied } from './judge.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { refuse, refuseWith } from './refuse.ts'
import { type Decided, isRefused, type Refused, type Reserved } from './stages.ts'

const pollAfterSeconds = 15

/** The stage that asks for what policy wants of others: a stronger sign-in, a second person. */
export function createApproval(ports: Ports, deployment: Deployment): Pick<Line, 'approve'> {
  return {
    approve: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        const unmet = stepUp(stage, { settings: deployment.challenge, memory: ports.stepUps })
        if (unmet !== undefined) return unmet
        const held = await holdApproval(stage, { ports, deployment })
        if (isRefused(held)) return held
        return { ...held, cleared: true, rowLimit: rowLimit(held.decision.obligations, deployment.rowLimit) }
      } catch (error) {
        return refuseWith(stage, error)
      }
    },
  }
}

interface World {
  readonly ports: Ports
  readonly deployment: Deployment
}

function rowLimit(obligations: readonly Obligation[], most: number): number {
  return Math.min(most, ...obligations.flatMap((each) => (each.kind === 'row_limit' ? [each.max] : [])))
}

function stepUp(stage: Decided, parts: StepUpParts & { readonly memory: ChallengeMemory }): Refused | undefined {
  for (const obligation of stage.decision.obligations) {
    if (obligation.kind !== 'step_up') continue
    const unmet = demandContext(stage.principal, obligation.context, parts)
    if (unmet !== null) return refuse(stage, unmet)
    parts.memory.settle(stage.principal)
  }
  return undefined
}

/** Without such an obligation the call passes untouched, and nothing is looked up. */
async function holdApproval(stage: Reserved, world: World): Promise<Reserved | Refused> {
  const demands = stage.decision.obligations.filter((each) => each.kind === 'approval')
  if (demands.length === 0) return stage
  // One approver is what there is: a rule that wants more has nobody who could meet it.
  if (demands.some(({ count }) => count > 1)) return refuse(stage, nobody())
  const needs = demands.map(({ rule, group }) => ({ rule, group }))
  const subject = approvalSubject(stage, world.deployment)
  const asked: Asked = { subject, needs, digest: digestApproval(subject) }
  const approval = await findApproval(stage, asked, world)
  if (approval === null) return refuse(stage, mismatch())
  const now = world.ports.now()
  if (stateAt(approval.progress, now) !== 'approved') return refuse(stage, unusable(approval, world, now))
  return claim({ ...stage, needs }, approval, world)
}

interface Asked {
  readonly subject: ReturnType<typeof approvalSubject>
  readonly needs: readonly ApprovalNeed[]
  readonly digest: string
}

/** The approval that the caller names, where it is for exactly this call; else the one for this call, asked for if need be. */
async function findApproval(stage: Reserved, asked: Asked, world: World): Promise<Approval | null> {
  const { approvals, now } = world.ports
  const { tid } = stage.principal
  const named = stage.inbound.headers['approval-id']
  if (named !== undefined && named !== '') {
    const found = /^apr_[0-9a-f]{32}(-\d{1,6})?$/.test(named) ? await approvals.find(tid, named) : null
    return found?.request.digest === asked.digest ? found : null
  }
  const latest = await approvals.latest(tid, asked.digest)
  if (latest !== null && answersFor(latest.progress, now())) return latest
  const asking = { ...asked, attempt: (latest?.request.attempt ?? 0) + 1 }
  const made = await requestApproval(stage, asking, world)
  return made.request.digest === asked.digest ? made : null
}

async function requestApproval(
  stage: Reserved,
  { subject, needs, digest, attempt }: Asked & { readonly attempt: number },
  { ports, deployment }: World,
): Promise<Approval> {
  const { tid } = stage.principal
  if (!couldBeApproved(tid, needs, deployment.approvers)) throw nobody()
  const requestedAt = ports.now()
  const effect = stage.understood.effect
  const secrecy = findSecrets(stage, deployment.classifications.get(subject.backend) ?? {})
  const request: ApprovalRequest = {
    ...{ id: approvalId(digest, attempt), digest, attempt, subject, effect, needs, secrecy, requestedAt },
  }
  if (Buffer.byteLength(JSON.stringify(request)) > requestLimit) {
    throw new Problem('input_too_large', 'A call that a second person has to read may have 900 KiB.')
  }
  const progress = openRequest(requestedAt)
  const record = recorderOf(stage, request, ports)
  // First into the book: nobody decides a request that no row speaks of, even if we end between the two.
  await record({ step: 'request', decideBy: isoTime(progress.decideBy) })
  const isNew = await ports.approvals.insert(request, progress)
  if (!isNew) await record({ step: 'void', of: 'request' })
  const stored = await ports.approvals.find(tid, request.id)
  if (stored === null) throw new Problem('policy_unavailable', 'Approvals cannot be looked up now.', { retryAfter: 5 })
  return stored
}

function recorderOf(stage: Reserved, { id, digest }: ApprovalRequest, { audit }: Ports) {
  const { tid, oid, actor } = stage.principal
  const who = { id, digest, tid, oid, azp: actor, decisionId: stage.decisionId }
  return (detail: Readonly<Record<string, string>>) =>
    audit.recordEvent({ kind: 'approval', detail: { ...detail, ...who } })
}

/** Takes the approval for this decision, by its ETag, and lets policy decide anew: an approval never lifts a denial. */
async function claim(
  stage: Reserved & { readonly needs: readonly ApprovalNeed[] },
  approval: Approval,
  world: World,
): Promise<Reserved | Refused> {
  const { ports } = world
  const progress = claimApproval(approval.progress, stage.decisionId, ports.now())
  const etag = progress === null ? null : await replaceSurely(ports.approvals, approval, progress)
  if (progress === null || etag === null) return refuse(stage, reference('approval_used', approval, world))
  const claimed = { ...stage, claim: { request: approval.request, progress, etag } }
  try {
    return decideAnew(claimed, stage.needs)
  } catch (error) {
    return refuseWith(claimed, error)
  }
}

function decideAnew(stage: Reserved, needs: readonly ApprovalNeed[]): Reserved | Refused {
  const approvals = needs.map(({ rule }) => rule).sort()
  const request = { ...stage.request, context: { ...stage.request.context, approvals } }
  const decision = stage.policy.decide(request)
  const decided = { ...stage, request, decision }
  if (decision.verdict !== 'permit') return refuse(decided, denied(decision.reasons))
  const unmet = decision.obligations.some(({ kind }) => kind === 'approval' || kind === 'step_up')
  return unmet ? refuse(decided, denied(['not_permitted'])) : decided
}

const codes = {
  pending: 'approval_pending',
  approved: 'approval_pending',
  rejected: 'approval_rejected',
  cancelled: 'approval_rejected',
  revoked: 'approval_rejected',
  expired: 'approval_expired',
  claimed: 'approval_used',
  spent: 'approval_used',
} as const

const details = {
  approval_pending: 'A second person has to approve exactly this call; repeat it once they have.',
  approval_rejected: 'The approval was refused or taken back.',
  approval_expired: 'Nobody decided in time, or the approval was not used in time.',
  approval_used: 'An approval works once, and this one was taken.',
} as const

function unusable(approval: Approval, world: World, now: number): Problem {
  return reference(codes[stateAt(approval.progress, now)], approval, world)
}

function reference(code: keyof typeof details & ProblemCode, { request, progress }: Approval, { deployment }: World) {
  const approval = {
    id: request.id,
    expires: new Date(progress.useBy ?? progress.decideBy).toISOString(),
    url: `${deployment.publicUrl}/api/approvals/${request.id}`,
    pollAfter: pollAfterSeconds,
  }
  const next =
    code === 'approval_pending'
      ? ({ action: 'wait', url: approval.url, after: pollAfterSeconds } as const)
      : ({ action: 'stop' } as const)
  return new Problem(code, details[code], { approval, next })
}

function mismatch(): Problem {
  const detail = 'No approval of this id is for exactly this call. Repeat it without an id to ask for one.'
  return new Problem('approval_mismatch', detail, { next: { action: 'change_input' } })
}

function nobody(): Problem {
  return new Problem('no_eligible_approver', 'The policy asks for an approval that nobody here could give.', {
    next: { action: 'stop' },
  })
}

function approvalSubject(stage: Decided, deployment: Deployment) {
  const { principal, invocation, understood, decision } = stage
  const name = invocation.backend.name
  return {
    tid: principal.tid,
    oid: principal.oid,
    actor: principal.actor,
    backend: name,
    operation: invocation.operationName,
    inputs: canonicalInputs(invocation.inputs),
    statement: understood.statement?.text ?? '',
    digests: {
      policy: decision.policyDigest,
      schema: decision.schemaDigest,
      declaration: deployment.declarationDigests.get(name) ?? '',
      classification: deployment.classificationDigests.get(name) ?? '',
      target: deployment.targetDigests.get(name) ?? '',
    },
    obligations: decision.obligations.map((each) => JSON.stringify(each)).sort(),
  }
}
