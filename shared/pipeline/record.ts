import { usedId } from '../approval/approval.ts'
import type { IntentFacts, OutcomeFacts } from '../audit/record.ts'
import { canonicalInputs } from '../backend/canonical-inputs.ts'
import type { Principal } from '../identity/principal.ts'
import { tellMismatch } from '../notice/occurrences.ts'
import type { PolicyRequest } from '../policy/decision.ts'
import { nameFailure } from '../telemetry/log.ts'
import { countUsage } from './count-usage.ts'
import { settleQuota } from './hold-quota.ts'
import { keepRecording } from './keep-recording.ts'
import { keepTaint } from './keep-taint.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { objectNames } from './object-names.ts'
import type { UpstreamAnswer } from './ports.ts'
import { settleApproval } from './spend.ts'
import { type Answerable, type Cleared, isRefused, type MaskedCall, type Refused, type Verified } from './stages.ts'

/** The stages that write the book. A store that is away throws `audit_unavailable`, and nothing after it happens. */
export function createRecording(ports: Ports, deployment: Deployment): Pick<Line, 'recordIntent' | 'recordOutcome'> {
  return {
    recordIntent: async (stage) => {
      const facts = intentFacts(stage, ports, deployment)
      try {
        if (!isRefused(stage)) {
          return { ...stage, intent: await ports.audit.recordPermitted({ ...facts, verdict: 'permit' }) }
        }
        const verdict = stage.problem.code === 'approval_pending' ? 'pending' : 'deny'
        return { ...stage, intent: await ports.audit.recordRefused({ ...facts, verdict }) }
      } catch (error) {
        // Without an intent nothing is ever called: a claim is of no use to anybody.
        await settleApproval(stage, 'not-called', ports)
        settleQuota(stage, { status: 'not-called' }, ports)
        throw error
      }
    },

    recordOutcome: async (made): Promise<Answerable> => {
      const { call: stage, recording } = await keepRecording(await keepTaint(made, ports), ports)
      const kept = recording === undefined ? {} : { recording }
      const facts = { ...outcomeFacts(stage, ports.now()), ...flowFacts(stage), ...kept }
      if (facts.code === 'identity_mismatch') raiseMismatch(stage, ports)
      if (facts.code === 'internal') ports.log('unexpected', { decisionId: stage.decisionId, ...causeOf(stage) })
      const outcome = await ports.audit.recordOutcome(stage.intent, facts)
      await settleApproval(stage, facts.status, ports)
      settleQuota(stage, { status: facts.status, answer: answerOf(made) }, ports)
      countUsage(stage, { status: facts.status, answer: answerOf(made) }, ports)
      return { outcome, intent: stage.intent, call: stage }
    },
  }
}

/** What came back, shown or not. */
function answerOf(made: Parameters<Line['recordOutcome']>[0]): UpstreamAnswer | undefined {
  return 'answer' in made ? (made as MaskedCall).answer : undefined
}

/** Nobody waits for the notice: it neither delays nor changes the answer, and the row says it too. */
function raiseMismatch({ decisionId, principal, invocation }: Verified & Partial<Cleared>, ports: Ports): void {
  ports.log('identity_mismatch', { decisionId })
  const { tid, oid, actor } = principal
  const called = { backend: invocation?.backend.name ?? 'unknown', operation: invocation?.operationName ?? 'unknown' }
  const time = new Date(ports.now()).toISOString()
  void ports.notices.enqueue(tellMismatch({ decisionId, tid, oid, actor, ...called, time }))
}

function intentFacts(stage: Cleared | Refused, ports: Ports, deployment: Deployment): Omit<IntentFacts, 'verdict'> {
  return {
    decisionId: stage.decisionId,
    traceId: stage.traceId,
    principal: principalFacts(stage.principal),
    backend: stage.invocation?.backend.name ?? 'unknown',
    operation: stage.invocation?.operationName ?? 'unknown',
    effect: stage.understood?.effect ?? stage.invocation?.operation.effect ?? 'admin',
    reads: objectNames(stage, 'reads'),
    writes: objectNames(stage, 'writes'),
    ...grounds(stage),
    obligations: stage.decision?.obligations ?? [],
    context: stage.request === undefined ? {} : { ...contextFacts(stage.request, stage), ...shadowFacts(stage) },
    ...approvalFacts(stage),
    digests: digestFacts(stage, ports, deployment),
    personal: personalFacts(stage),
  }
}

/** The approval that the call has claimed, with who gave it; or the one that it was refused for want of. */
function approvalFacts(stage: Cleared | Refused): Pick<IntentFacts, 'approval'> {
  const { claim } = stage
  if (claim !== undefined) return { approval: { id: usedId(claim), voters: claim.progress.voters } }
  const missing = isRefused(stage) ? stage.problem.members.approval : undefined
  return missing === undefined ? {} : { approval: { id: missing.id, voters: [] } }
}

function principalFacts(principal: Principal): IntentFacts['principal'] {
  const { kind, tid, oid, actor, blueprint, tokenId, authContexts } = principal
  return { kind, tid, oid, azp: actor, tokenId, acrs: authContexts, ...(blueprint === undefined ? {} : { blueprint }) }
}

function grounds(stage: Cleared | Refused): Pick<IntentFacts, 'rules' | 'reasons'> {
  const rules = stage.decision?.rules ?? []
  const reasons = stage.decision?.reasons ?? []
  if (!isRefused(stage) || stage.problem.code === 'policy_denied') return { rules, reasons }
  return { rules, reasons: [...reasons, stage.problem.code].sort() }
}

/** Everything the decision looked at that is not in the row already, so that it can be replayed. */
function contextFacts(
  request: PolicyRequest,
  { labels = [], admission, runner, handle }: Pick<Refused, 'labels' | 'admission' | 'runner' | 'handle'>,
): IntentFacts['context'] {
  const { principal, resource, context } = request
  return {
    guest: principal.guest,
    publicClient: principal.publicClient,
    groups: principal.groups,
    roles: principal.roles,
    declaredEffect: resource.declaredEffect,
    runsAs: resource.runsAs,
    ...(runner === undefined ? {} : { runner: runner.reason, runnerContent: runner.content }),
    ...(handle === undefined ? {} : { resumed: true }),
    egress: resource.egress ?? false,
    labels,
    carried: resource.carried ?? [],
    changes: resource.changes ?? [],
    understood: context.understood,
    dangers: context.dangers,
    statements: context.statements,
    time: context.time,
    ...(context.hour === undefined ? {} : { hour: context.hour }),
    ...(context.weekday === undefined ? {} : { weekday: context.weekday }),
    breakGlass: context.breakGlass ?? false,
    tainted: context.tainted,
    approvals: context.approvals,
    suspensions: admission?.suspensions ?? [],
    quotas: admission?.quotas ?? [],
  }
}

/** Policies that are only watched, where they would have changed the decision. */
function shadowFacts({ decision }: Cleared | Refused): { readonly shadow?: readonly string[] } {
  return decision?.shadow === undefined ? {} : { shadow: decision.shadow }
}

function digestFacts(stage: Cleared | Refused, ports: Ports, deployment: Deployment): IntentFacts['digests'] {
  const name = stage.invocation?.backend.name ?? ''
  const decided = stage.policy ?? ports.policy()
  return {
    policy: decided.policyDigest,
    schema: decided.schemaDigest,
    classification: deployment.classificationDigests.get(name) ?? '',
    declaration: deployment.declarationDigests.get(name) ?? '',
    settings: deployment.settingsDigest,
    build: deployment.buildDigest,
  }
}

/** Longest claimed header that is kept, in UTF-16 units; the rest is cut. */
const claimedLength = 512

const claimedHeaders = [
  ['purpose', 'countersign-purpose'],
  ['claimedAgent', 'countersign-agent'],
  ['claimedConversation', 'countersign-conversation'],
] as const

function personalFacts(stage: Cleared | Refused): IntentFacts['personal'] {
  const { invocation, understood } = stage
  const statement = understood?.statement?.text
  return {
    inputs: invocation === undefined ? stage.inbound.path.slice(0, claimedLength) : canonicalInputs(invocation.inputs),
    ...(statement === undefined ? {} : { statement }),
    ...claimedFacts(stage),
  }
}

function claimedFacts({ inbound }: Verified): Partial<IntentFacts['personal']> {
  const given = claimedHeaders.flatMap(([name, header]) => {
    const value = inbound.headers[header]
    return value === undefined || value === '' ? [] : [[name, value.slice(0, claimedLength).toWellFormed()] as const]
  })
  return Object.fromEntries(given)
}

/** The class of what went wrong; the caller learns nothing of it. */
function causeOf(stage: Parameters<Line['recordOutcome']>[0]): { readonly error?: string } {
  return isRefused(stage) ? { error: nameFailure(stage.problem.cause ?? stage.problem) } : {}
}

function outcomeFacts(stage: Parameters<Line['recordOutcome']>[0], now: number): OutcomeFacts {
  if (!isRefused(stage)) return calledFacts(stage)
  const known = 'facts' in stage ? stage.facts : undefined
  return {
    status: 'fate' in stage ? stage.fate : 'not-called',
    code: stage.problem.code,
    backendIds: known?.backendIds ?? {},
    identity: known?.identity ?? {
      source: 'none',
      method: 'none',
      checkedAt: new Date(now).toISOString(),
      matches: null,
    },
    rows: 0,
    bytes: 0,
    labels: [],
    masked: [],
    ...('shown' in stage ? stage.shown : {}),
  }
}

function flowFacts(stage: Parameters<Line['recordOutcome']>[0]): Pick<OutcomeFacts, 'flow'> {
  return 'flow' in stage && stage.flow !== undefined ? { flow: stage.flow } : {}
}

function calledFacts({ answer, result }: MaskedCall): OutcomeFacts {
  return {
    status: 'called',
    code: 'ok',
    backendIds: answer.backendIds,
    identity: answer.identity,
    rows: answer.rows,
    bytes: answer.bytes,
    labels: result.labels,
    masked: result.masked,
  }
}
