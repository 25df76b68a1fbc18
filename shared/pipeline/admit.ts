import { resolve, targetOf } from '../backend/resolve.ts'
import { Problem } from '../errors/problem.ts'
import { suspended } from '../suspension/suspension.ts'
import { holdQuota } from './hold-quota.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { refuse, refuseWith } from './refuse.ts'
import { type Decided, isRefused, type Refused, type Reserved, type Resolved, type Verified } from './stages.ts'
import { continueTrace } from './trace.ts'

/** The stages before anything is judged: who asks, for what; and then whether there is room for it. */
export function createAdmission(ports: Ports, deployment: Deployment): Pick<Line, 'verify' | 'resolve' | 'reserve'> {
  return {
    verify: async (inbound) => {
      const { principal, assertion } = await ports.verify(inbound)
      brakeDenied(principal, ports)
      const trace = continueTrace(inbound.headers.traceparent, ports.randomHex)
      return { inbound, principal, assertion, decisionId: ports.newId(), ...trace }
    },

    resolve: (stage) => {
      if (stage.principal.kind === 'app') return refuse(stage, appOnly())
      try {
        const invocation = resolve(targetOf(stage.inbound), ports.configured)
        const resolved = { ...stage, invocation }
        return deployment.isOwn?.(invocation) === true ? refuse(resolved, ours()) : resolved
      } catch (error) {
        return refuseWith(stage, error)
      }
    },

    reserve: async (stage) => {
      if (isRefused(stage)) {
        ports.askRate.reserve(deniedKey(stage.principal))
        return stage
      }
      const { tid, oid, actor } = stage.principal
      const reservation = ports.callRate.reserve(`${tid}|${oid}|${actor}`)
      if (!reservation.granted) return refuse(stage, tooMany(reservation.retryAfter))
      try {
        return await admit(stage, ports, deployment)
      } catch (error) {
        return refuseWith(stage, error)
      }
    },
  }
}

/** Whoever asks: what keeps the rules and the book is not governed by itself. */
function ours(): Problem {
  const detail = 'Countersign’s own resources are never a target of its calls.'
  return new Problem('access_denied', detail, { reason: 'own_resource', next: { action: 'stop' } })
}

async function admit(stage: Decided, ports: Ports, deployment: Deployment): Promise<Reserved | Refused> {
  const suspension = await ports.suspensions.find(targetOfCall(stage))
  if (suspension !== null) {
    const known = { ...stage, admission: { suspensions: [suspension.id], quotas: [] } }
    return refuse(known, suspended(suspension))
  }
  const admission = { suspensions: [], ...(await holdQuota(stage, ports, deployment)) }
  return { ...stage, admission, reserved: true }
}

/**
 * Asked again immediately before the call, since approvals and the exchange take their time. Throws Problem `suspended`
 * or `policy_unavailable`; nothing was called then.
 */
export async function assertNotSuspended(stage: Resolved, ports: Pick<Ports, 'suspensions'>): Promise<void> {
  const suspension = await ports.suspensions.find(targetOfCall(stage))
  if (suspension !== null) throw suspended(suspension)
}

function targetOfCall({ principal: { tid, oid, actor }, invocation }: Resolved) {
  return { tid, oid, actor, backend: invocation.backend.name, operation: invocation.operationName }
}

type Who = Pick<Verified['principal'], 'tid' | 'oid' | 'actor'>

function deniedKey({ tid, oid, actor }: Who): string {
  return `denied|${tid}|${oid}|${actor}`
}

/**
 * Denied calls are in the book; whoever is denied so often in a minute is not, so that nobody can fill it. Throws Problem
 * `quota_exceeded`.
 */
export function brakeDenied(principal: Who, { askRate }: Pick<Ports, 'askRate'>): void {
  const left = askRate.check(deniedKey(principal))
  if (!left.granted) throw tooMany(left.retryAfter, 'denied_calls')
}

/** Questions that no backend hears of. Throws Problem `quota_exceeded`. */
export function brakeQuestions({ tid, oid, actor }: Who, { askRate }: Pick<Ports, 'askRate'>): void {
  const reservation = askRate.reserve(`asked|${tid}|${oid}|${actor}`)
  if (!reservation.granted) throw tooMany(reservation.retryAfter, 'questions')
}

function appOnly(): Problem {
  return new Problem('app_only_not_allowed', 'Sign in as a person: an application alone may only read the catalogue.', {
    next: { action: 'stop' },
  })
}

function tooMany(retryAfter: number, reason = 'calls'): Problem {
  return new Problem('quota_exceeded', 'Too many calls by this person through this agent in a minute.', {
    retryAfter,
    reason,
    next: { action: 'wait', after: retryAfter },
  })
}
