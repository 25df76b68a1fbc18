import type { Approval, Claim } from '../approval/approval.ts'
import { replaceSurely } from '../approval/replace-surely.ts'
import { answersFor, claimApproval, stateAt } from '../approval/states.ts'
import type { ApprovalNeed } from '../approval/terms.ts'
import { Problem, type ProblemCode } from '../errors/problem.ts'
import type { ChallengeMemory } from '../identity/challenge-memory.ts'
import { demandContext, type StepUpParts } from '../identity/step-up.ts'
import type { Obligation } from '../policy/decision.ts'
import { requestApproval } from './approval-request.ts'
import { type Asked, describeAsked } from './approval-subject.ts'
import { denied } from './judge.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { refuse, refuseWith } from './refuse.ts'
import { type Decided, isRefused, type Refused, type Reserved } from './stages.ts'

const pollAfterSeconds = 15
/** Calls of one grant that may come at once, each of which changes the same row. */
const mostClaims = 25

/** The stage that asks for what policy wants of others: a stronger sign-in, other persons. */
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
  const asked = await describeAsked(stage, demands, world)
  const approval = await findApproval(stage, asked, world)
  if (approval === null) return refuse(stage, mismatch())
  const claim = await claimOne(approval, stage.decisionId, world)
  return claim instanceof Problem ? refuse(stage, claim) : decideUnder({ ...stage, claim }, asked.needs)
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

/**
 * Takes the approval for this decision, by its ETag. Of a grant one call is taken; where another call was faster, the next.
 * A Problem where it cannot be had.
 */
async function claimOne(approval: Approval, decisionId: string, world: World): Promise<Claim | Problem> {
  const { approvals } = world.ports
  const { id, grant, subject } = approval.request
  let stored = approval
  for (let attempt = 0; attempt < mostClaims; attempt++) {
    const claim = await tryClaim(stored, decisionId, world)
    if (claim !== null) return claim
    if (grant === null) return reference('approval_used', approval, world)
    stored = (await approvals.find(subject.tid, id)) ?? stored
  }
  throw new Problem('policy_unavailable', 'Too many calls of this approval come at once.', { retryAfter: 1 })
}

/** Null where somebody else changed it first. */
async function tryClaim(stored: Approval, decisionId: string, world: World): Promise<Claim | Problem | null> {
  const { approvals, now } = world.ports
  const { request } = stored
  const progress = claimApproval(stored.progress, decisionId, now())
  if (progress === null) return reference(codes[stateAt(stored.progress, now())], stored, world)
  const etag = await replaceSurely(approvals, stored, progress)
  if (etag === null) return null
  return { request, progress, etag, ...(request.grant === null ? {} : { use: progress.round }) }
}

/** Lets policy decide anew with what was approved: an approval never lifts a denial. */
function decideUnder(stage: Reserved & { readonly claim: Claim }, needs: readonly ApprovalNeed[]): Reserved | Refused {
  try {
    const approvals = needs.map(({ rule }) => rule).sort()
    const request = { ...stage.request, context: { ...stage.request.context, approvals } }
    const decision = stage.policy.decide(request)
    const decided = { ...stage, request, decision }
    if (decision.verdict !== 'permit') return refuse(decided, denied(decision.reasons))
    const unmet = decision.obligations.some(({ kind }) => kind === 'approval' || kind === 'step_up')
    return unmet ? refuse(decided, denied(['not_permitted'])) : decided
  } catch (error) {
    return refuseWith(stage, error)
  }
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
