import { classify, labelsOf } from '../backend/classify.ts'
import { Problem } from '../errors/problem.ts'
import { type Classification, indexTables } from '../masking/classification.ts'
import { labelsCarried, labelsCompared } from '../masking/column-labels.ts'
import type { PolicyRequest } from '../policy/decision.ts'
import type { Deployment, Line, Ports } from './line.ts'
import type { Invocation, Understood } from './ports.ts'
import { refuse, refuseWith } from './refuse.ts'
import { type Classified, isRefused } from './stages.ts'

/** The stages that judge: what the call does, and whether policy lets it pass. */
export function createJudgement(ports: Ports, deployment: Deployment): Pick<Line, 'classify' | 'decide'> {
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
  }
}

/** Labels of the data that a call may bring back, and of the data that a change carries on. */
export function describeData(invocation: Invocation, understood: Understood, classification: Classification) {
  const tables = indexTables(classification)
  const carried = [...labelsCarried(understood, tables), ...labelsCompared(invocation, understood, tables)]
  return { labels: labelsOf(invocation, understood, classification), carried: [...new Set(carried)].sort() }
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

/** Policy's own no. */
export function denied(reasons: readonly string[]): Problem {
  return new Problem('policy_denied', 'Policy does not permit this call as this person through this agent.', {
    reasons,
    next: { action: 'change_input', url: '/api/explain' },
  })
}
