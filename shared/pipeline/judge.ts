import { approvalId, digestApproval } from '../approval/digest.ts'
import { canonicalInputs } from '../backend/canonical-inputs.ts'
import { classify, labelsOf } from '../backend/classify.ts'
import { Problem } from '../errors/problem.ts'
import type { ChallengeMemory } from '../identity/challenge-memory.ts'
import { demandContext, type StepUpParts } from '../identity/step-up.ts'
import { type Classification, indexTables, labelsCarried } from '../masking/column-labels.ts'
import type { Obligation, PolicyRequest } from '../policy/decision.ts'
import type { Deployment, Line, Ports } from './line.ts'
import type { Invocation, Understood } from './ports.ts'
import { refuse, refuseWith } from './refuse.ts'
import { type Classified, type Decided, isRefused, type Refused } from './stages.ts'

/** Minutes that a request for an approval stays open. */
const decideByMinutes = 60
const pollAfterSeconds = 15

/** The stages that judge: what the call does, whether policy lets it pass, and what policy wants for it. */
export function createJudgement(ports: Ports, deployment: Deployment): Pick<Line, 'classify' | 'decide' | 'approve'> {
  return {
    classify: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        const understood = await classify(stage.invocation, ports.understand)
        const classification = deployment.classifications.get(stage.invocation.backend.name) ?? {}
        return { ...stage, understood, ...describeData(stage.invocation, understood, classification) }
      } catch (error) {
        return refuseWith(stage, error)
      }
    },

    decide: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        const request = policyRequest(stage, await groupsOf(stage, ports), ports.now())
        const decision = ports.decide(request)
        const decided = { ...stage, request, decision }
        return decision.verdict === 'permit' ? decided : refuse(decided, denied(decision.reasons))
      } catch (error) {
        return refuseWith(stage, error)
      }
    },

    approve: (stage) => {
      if (isRefused(stage)) return stage
      const unmet =
        stepUp(stage, { settings: deployment.challenge, memory: ports.stepUps }) ??
        pendingApproval(stage, deployment, ports.now())
      return unmet ?? { ...stage, cleared: true, rowLimit: rowLimit(stage.decision.obligations, deployment.rowLimit) }
    },
  }
}

/** Labels of the data that a call may bring back, and of the data that a change carries on. */
export function describeData(invocation: Invocation, understood: Understood, classification: Classification) {
  return {
    labels: labelsOf(invocation, understood, classification),
    carried: labelsCarried(understood, indexTables(classification)),
  }
}

/** What a decision needs of a stage; a question about a call needs no more. */
export type Judged = Pick<Classified, 'principal' | 'invocation' | 'understood' | 'labels' | 'carried'>

/**
 * The groups of the principal. Where the token cannot list them the directory is asked as the person, since a missing
 * group must not read as "in none"; that exchange is for the decision and reaches no backend, so it comes before it.
 */
export async function groupsOf(
  stage: Pick<Classified, 'principal' | 'assertion' | 'decisionId'>,
  ports: Pick<Ports, 'groupsOf' | 'deadlineMs'>,
): Promise<readonly string[]> {
  const { principal, assertion, decisionId } = stage
  if (principal.groups !== null) return principal.groups
  const signal = AbortSignal.timeout(ports.deadlineMs)
  return ports.groupsOf({ principal, assertion, correlationId: decisionId, signal })
}

/** What policy may look at, from this stage; whole seconds, so that a replay sees the same. */
export function policyRequest(stage: Judged, groups: readonly string[], now: number): PolicyRequest {
  const { principal, invocation, understood, labels, carried } = stage
  const { kind, tid, oid, actor, guest, publicClient, roles, authContexts } = principal
  return {
    principal: { kind, tid, oid, actor, guest, publicClient, groups, roles, authContexts },
    action: understood.effect,
    resource: {
      backend: invocation.backend.name,
      operation: invocation.operationName,
      declaredEffect: invocation.operation.effect,
      runsAs: invocation.operation.runsAs ?? 'person',
      reads: understood.reads,
      writes: understood.writes,
      labels,
      carried,
    },
    context: {
      understood: understood.understood,
      dangers: understood.dangers,
      statements: understood.statements,
      time: `${new Date(now).toISOString().slice(0, 19)}Z`,
      tainted: false,
      approvals: [],
    },
  }
}

function denied(reasons: readonly string[]): Problem {
  return new Problem('policy_denied', 'Policy does not permit this call as this person through this agent.', {
    reasons,
    next: { action: 'change_input', url: '/api/explain' },
  })
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

function pendingApproval(stage: Decided, deployment: Deployment, now: number): Refused | undefined {
  const needed = stage.decision.obligations.some((each) => each.kind === 'approval')
  if (!needed) return undefined
  const id = approvalId(digestApproval(approvalSubject(stage, deployment)))
  const approval = {
    id,
    expires: new Date(now + decideByMinutes * 60_000).toISOString(),
    url: `${deployment.publicUrl}/api/approvals/${id}`,
    pollAfter: pollAfterSeconds,
  }
  const detail = 'A second person has to approve exactly this call; repeat it once they have.'
  const next = { action: 'wait', url: approval.url, after: pollAfterSeconds } as const
  return refuse(stage, new Problem('approval_pending', detail, { approval, next }))
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
    },
    obligations: decision.obligations.map((each) => JSON.stringify(each)).sort(),
  }
}
