import { endpointKey } from '../backend/define.ts'
import { Problem } from '../errors/problem.ts'
import type { ExchangedToken } from '../identity/principal.ts'
import { demandClaims } from '../identity/step-up.ts'
import { type MaskRequest, mask } from '../masking/mask.ts'
import { factsOfFailure, failWith } from '../upstream/failure.ts'
import type { CallInFlight } from '../usage/in-flight.ts'
import { assertNotSuspended } from './admit.ts'
import { idempotencyKeyOf } from './idempotency.ts'
import type { Deployment, ExchangeRequest, Line, Ports } from './line.ts'
import type { Executor, Invocation, Masked, UpstreamAnswer, UpstreamCall } from './ports.ts'
import { spendApproval } from './spend.ts'
import { type Exchanged, type Failed, isRefused, type Permitted } from './stages.ts'

/** The stages that act: the exchange, the backend's call as the person, and the masks on what it answered. */
export function createPerformance(ports: Ports, deployment: Deployment): Pick<Line, 'exchange' | 'call' | 'mask'> {
  return {
    exchange: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        return { ...stage, token: await requestToken(stage, { ports, deployment }) }
      } catch (error) {
        return fail(stage, error, 'not-called')
      }
    },

    call: async (stage) => {
      if (isRefused(stage)) return stage
      try {
        await spendApproval(stage, ports)
        await assertNotSuspended(stage, ports)
      } catch (error) {
        return fail(stage, error, 'not-called')
      }
      try {
        ports.inFlight.begin(describeFlight(stage, ports.now()))
        const ask = (call: UpstreamCall) => executorOf(stage, ports).call(call)
        return { ...stage, answer: assertSeen(await callOnceMore(stage, { ports, deployment }, ask)) }
      } catch (error) {
        return fail(stage, error, fateOf(error))
      } finally {
        ports.inFlight.end(stage.decisionId)
      }
    },

    mask: (stage) => {
      if (isRefused(stage)) return stage
      try {
        return { ...stage, result: withOurs(maskAnswer(stage, deployment), stage.answer) }
      } catch (error) {
        return { ...fail(stage, error, 'called'), facts: stage.answer }
      }
    },
  }
}

export interface World {
  readonly ports: Ports
  readonly deployment: Deployment
}

/** The call as it counts among those that are with a backend now. */
export function describeFlight({ decisionId, principal, invocation }: Permitted, since: number): CallInFlight {
  const { tid, oid, actor } = principal
  return { decisionId, tid, oid, actor, since, backend: invocation.backend.name, operation: invocation.operationName }
}

function requestToken(stage: Permitted, { ports, deployment }: World, claims?: string): Promise<ExchangedToken> {
  return ports.exchange.exchange({
    principal: stage.principal,
    assertion: stage.assertion,
    scope: scopeFor(stage, deployment),
    ...formOf(stage.invocation),
    ...(claims === undefined ? {} : { claims }),
    correlationId: stage.decisionId,
    signal: AbortSignal.timeout(ports.deadlineMs),
  })
}

/** SAP's own token service takes assertions alone, a machine certificates. */
function formOf({ backend, operation }: Invocation): Pick<ExchangeRequest, 'form'> {
  if (operation.call.technology === 'ssh') return { form: 'ssh-cert' }
  return backend.tokenService === 'sap' ? { form: 'saml2' } : {}
}

/** A further endpoint may be left out by the deployment, or unknown in its cloud. */
function scopeFor({ invocation }: Permitted, { scopes }: Deployment): string {
  const scope = scopes.get(endpointKey(invocation.backend.name, invocation.operation.at))
  if (scope !== undefined) return scope
  const reason = 'not_called:endpoint'
  throw new Problem('backend_not_configured', 'What this operation goes to is not configured here.', { reason })
}

/**
 * Calls, and once more with a fresh token where the backend refuses the first: with its claims where it names some,
 * so that the person's revocation or a challenge takes effect at once. A second refusal goes to the caller.
 */
export async function callOnceMore<Result>(
  stage: Exchanged,
  world: World,
  ask: (call: UpstreamCall) => Promise<Result>,
): Promise<Result> {
  try {
    return await ask(describeCall(stage, stage.token, world.ports))
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'backend_rejected_token') throw error
    world.ports.exchange.purge(stage.principal.tid, stage.principal.oid)
    const token = await requestAgain(stage, world, error.members.claims)
    return await ask(describeCall(stage, token, world.ports)).catch((second: unknown) => {
      throw challenged(second, stage, world.deployment)
    })
  }
}

async function requestAgain(stage: Exchanged, world: World, claims: string | undefined): Promise<ExchangedToken> {
  const text = claims === undefined ? undefined : decodeClaims(claims)
  try {
    return await requestToken(stage, world, text)
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    throw new Problem(error.code, error.detail, {
      ...error.members,
      reason: `not_called:${error.reason}`,
      cause: error,
    })
  }
}

/** A backend that still wants claims after it got them: the newest challenge is the caller's to answer. */
function challenged(error: unknown, stage: Exchanged, deployment: Deployment): unknown {
  if (!(error instanceof Problem) || error.code !== 'backend_rejected_token' || error.members.claims === undefined) {
    return error
  }
  const claims = decodeClaims(error.members.claims)
  const reason = 'not_called:backend_challenge'
  return demandClaims({ principal: stage.principal, claims, reason }, { settings: deployment.challenge })
}

function decodeClaims(claims: string): string {
  return Buffer.from(claims, 'base64').toString('utf8')
}

/** Throws Problem `backend_not_configured` where nobody serves the technology. */
export function executorOf({ invocation }: Exchanged, { executors }: Pick<Ports, 'executors'>): Executor {
  const executor = executors.get(invocation.operation.call.technology)
  if (executor !== undefined) return executor
  const reason = 'not_called:no_executor'
  throw new Problem('backend_not_configured', 'This backend cannot be called here.', { reason })
}

function describeCall(stage: Exchanged, token: ExchangedToken, ports: Ports): UpstreamCall {
  return {
    invocation: bindContent(stage),
    understood: stage.understood,
    principal: stage.principal,
    intent: stage.intent,
    token,
    traceparent: stage.traceparent,
    idempotencyKey: idempotencyKeyOf(stage),
    ...(stage.handle === undefined ? {} : { handle: stage.handle }),
    rowLimit: Math.min(stage.rowLimit, stage.admission?.hold?.rows ?? stage.rowLimit),
    signal: AbortSignal.timeout(ports.deadlineMs),
  }
}

/** What was approved at one version is called for that version alone, where the backend can be told so. */
function bindContent({ invocation, claim }: Exchanged): Invocation {
  const condition = invocation.operation.references?.condition
  const content = claim?.request.subject.content ?? ''
  if (condition === undefined || content === '' || invocation.inputs[condition] !== undefined) return invocation
  return { ...invocation, inputs: { ...invocation.inputs, [condition]: content } }
}

/** Executors say `not_called:` or `unknown:`; a backend that answered was called; a surprise is nobody's knowledge. */
export function fateOf(error: unknown): Failed['fate'] {
  if (!(error instanceof Problem)) return 'unknown'
  if (error.reason.startsWith('not_called:')) return 'not-called'
  return error.reason.startsWith('unknown:') ? 'unknown' : 'called'
}

/** Executors refuse what somebody else was shown; an answer that slipped through ends here, unseen. */
export function assertSeen<Seen extends Pick<UpstreamAnswer, 'identity' | 'backendIds'>>(answer: Seen): Seen {
  if (answer.identity.matches !== false) return answer
  const { backendIds, identity } = answer
  throw failWith({ code: 'identity_mismatch', fate: 'called', why: 'seen_in_answer', facts: { backendIds, identity } })
}

/** Ends a permitted call with what was thrown. */
export function fail(stage: Permitted, error: unknown, fate: Failed['fate']): Failed {
  const known = error instanceof Problem ? error : new Problem('internal', 'The call failed here.', { cause: error })
  return { ...stage, problem: known, fate, facts: factsOfFailure(known) ?? {} }
}

/** What is of our own making is nobody's data, and has to come through as it is. */
function withOurs(result: Masked, { ours }: UpstreamAnswer): Masked {
  if (ours === undefined) return result
  const { data } = result
  const isObject = typeof data === 'object' && data !== null && !Array.isArray(data)
  return { ...result, data: { ...(isObject ? data : { items: data }), ...ours } }
}

function maskAnswer(stage: Permitted & { answer: UpstreamAnswer }, deployment: Deployment) {
  return mask({ answer: stage.answer, ...describeMasking(stage, deployment) })
}

/** What masking of a call's answer looks at, besides the answer. */
export function describeMasking(stage: Permitted, deployment: Deployment): Omit<MaskRequest, 'answer'> {
  return {
    invocation: stage.invocation,
    understood: stage.understood,
    classification: deployment.classifications.get(stage.invocation.backend.name) ?? {},
    clearLabels: stage.decision.clearLabels,
    obligations: stage.decision.obligations,
    tokenKey: { ...deployment.maskKey, tenant: stage.principal.tid },
    ...(deployment.labelTree === undefined ? {} : { labelTree: deployment.labelTree }),
  }
}
