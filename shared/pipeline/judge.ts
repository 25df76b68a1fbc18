import { classify, labelsOf } from '../backend/classify.ts'
import type { RunsAs } from '../backend/runner.ts'
import { Problem } from '../errors/problem.ts'
import { type Classification, indexTables } from '../masking/classification.ts'
import { labelsCarried, labelsCompared } from '../masking/column-labels.ts'
import { notAsThePerson, type PolicyRequest } from '../policy/decision.ts'
import type { Deployment, Line, Ports } from './line.ts'
import type { Invocation, Understood } from './ports.ts'
import { refuse, refuseWith } from './refuse.ts'
import { resumeWork } from './resume-work.ts'
import { type Classified, type Decided, isRefused } from './stages.ts'

/** The stages that judge: what the call does, and whether policy lets it pass. */
export function createJudgement(
  ports: Ports,
  deployment: Pick<Deployment, 'classifications'>,
): Pick<Line, 'classify' | 'decide'> {
  return {
    classify: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        const judged = await classify(stage.invocation, ports.understand)
        const { stage: asked, understood } = await resumeWork(stage, judged, ports)
        const classification = deployment.classifications.get(asked.invocation.backend.name) ?? {}
        return { ...asked, understood, ...describeData(asked.invocation, understood, classification) }
      } catch (error) {
        return refuseWith(stage, error)
      }
    },

    decide: async (stage) => {
      if (isRefused(stage)) return stage
      const { unsupported } = stage.invocation.operation
      try {
        const policy = ports.policy()
        if (unsupported !== undefined) {
          const never = { ...stage, policy, decision: notAsThePerson(policy) }
          return refuse(never, notSupported(unsupported))
        }
        const facts = [
          groupsOf(stage, ports),
          ports.taints.isTainted(stage.principal),
          ports.breakGlass.isActive(stage.principal),
        ] as const
        const [groups, tainted, isGlassBroken] = await Promise.all(facts)
        const request = withGlass(policyRequest({ ...stage, tainted }, groups, ports), isGlassBroken)
        const decision = policy.decide(request)
        const decided = { ...stage, policy, request, decision }
        return decision.verdict === 'permit' ? decided : refuse(decided, denied(reasonsOf(decided)))
      } catch (error) {
        return refuseWith(stage, error)
      }
    },
  }
}

/** Labels of the data that a call may bring back, of the data that a change carries on, and of that which it changes. */
export function describeData(invocation: Invocation, understood: Understood, classification: Classification) {
  const tables = indexTables(classification)
  const carried = [...labelsCarried(understood, tables), ...labelsCompared(invocation, understood, tables)]
  const changed = { ...understood, ...withoutBeyond(understood), reads: understood.writes }
  const silent = { ...invocation, operation: { ...invocation.operation, labels: {} } }
  return {
    labels: labelsOf(invocation, understood, classification),
    carried: [...new Set(carried)].sort(),
    changes: understood.effect === 'read' ? [] : labelsOf(silent, changed, classification),
  }
}

/** What a statement changes it names, whatever else it may read. */
function withoutBeyond({ statement }: Understood): Pick<Understood, 'statement'> {
  if (statement === undefined) return {}
  const { beyond: _beyond, ...rest } = statement
  return { statement: rest }
}

/** The same request where the person has broken the glass. */
function withGlass(request: PolicyRequest, isActive: boolean): PolicyRequest {
  return isActive ? { ...request, context: { ...request.context, breakGlass: true } } : request
}

/** What a decision needs of a stage. */
type Judged = Pick<
  Classified,
  'principal' | 'invocation' | 'understood' | 'labels' | 'carried' | 'changes' | 'runner'
> & {
  readonly tainted: boolean
}

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

/** The moment of a decision; whole seconds, so that a replay sees the same. */
function describeNow({ now, localTime }: Pick<Ports, 'now' | 'localTime'>) {
  const time = now()
  return { time: `${new Date(time).toISOString().slice(0, 19)}Z`, ...localTime(time) }
}

/** What policy may look at, from this stage. */
export function policyRequest(
  stage: Judged,
  groups: readonly string[],
  ports: Pick<Ports, 'now' | 'localTime'>,
): PolicyRequest {
  const { principal, invocation, understood, labels, carried, changes, tainted } = stage
  const { kind, tid, oid, actor, guest, publicClient, roles, authContexts } = principal
  return {
    principal: { kind, tid, oid, actor, guest, publicClient, groups, roles, authContexts },
    action: understood.effect,
    resource: {
      backend: invocation.backend.name,
      operation: invocation.operationName,
      declaredEffect: invocation.operation.effect,
      runsAs: stage.runner?.as ?? runnerOf(invocation.operation.runsAs),
      reads: understood.reads,
      writes: understood.writes,
      labels,
      carried,
      changes,
      egress: invocation.operation.egress ?? false,
    },
    context: {
      understood: understood.understood,
      dangers: understood.dangers,
      statements: understood.statements,
      ...describeNow(ports),
      tainted,
      approvals: [],
    },
  }
}

/** Policy's reasons, and what was found of who it runs as where that was somebody else. */
function reasonsOf({ decision, runner }: Pick<Decided, 'decision' | 'runner'>): readonly string[] {
  return runner?.as === 'other' ? [...decision.reasons, runner.reason] : decision.reasons
}

/** Policy's own no. */
export function denied(reasons: readonly string[]): Problem {
  return new Problem('policy_denied', 'Policy does not permit this call as this person through this agent.', {
    reasons,
    next: { action: 'change_input', url: '/api/explain' },
  })
}

/** What nobody can do as the person, in the declaration's own words. */
function notSupported(sentence: string): Problem {
  return new Problem('policy_denied', sentence, { reasons: ['not_as_the_person'], next: { action: 'stop' } })
}

/** Where nobody has read who it runs as, it is somebody else. */
function runnerOf(runsAs: RunsAs = 'person'): 'person' | 'other' {
  return typeof runsAs === 'string' ? runsAs : 'other'
}
