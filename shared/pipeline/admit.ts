import { resolve, targetOf } from '../backend/resolve.ts'
import { Problem } from '../errors/problem.ts'
import type { Line, Ports } from './line.ts'
import { refuse, refuseWith } from './refuse.ts'
import { isRefused } from './stages.ts'
import { continueTrace } from './trace.ts'

/** The stages before anything is judged: who asks, for what, and whether this instance takes more of it. */
export function createAdmission(ports: Ports): Pick<Line, 'verify' | 'resolve' | 'reserve'> {
  return {
    verify: async (inbound) => {
      const { principal, assertion } = await ports.verify(inbound)
      const trace = continueTrace(inbound.headers.traceparent, ports.randomHex)
      return { inbound, principal, assertion, decisionId: ports.newId(), ...trace }
    },

    resolve: (stage) => {
      if (stage.principal.kind === 'app') return refuse(stage, appOnly())
      try {
        return { ...stage, invocation: resolve(targetOf(stage.inbound), ports.configured) }
      } catch (error) {
        return refuseWith(stage, error)
      }
    },

    reserve: async (stage) => {
      if (isRefused(stage)) return stage
      const { tid, oid, actor } = stage.principal
      const reservation = ports.callRate.reserve(`${tid}|${oid}|${actor}`)
      return reservation.granted ? { ...stage, reserved: true } : refuse(stage, quotaExceeded(reservation.retryAfter))
    },
  }
}

function appOnly(): Problem {
  return new Problem('app_only_not_allowed', 'Sign in as a person: an application alone may only read the catalogue.', {
    next: { action: 'stop' },
  })
}

function quotaExceeded(retryAfter: number): Problem {
  return new Problem('quota_exceeded', 'Too many calls by this person through this agent in a minute.', {
    retryAfter,
    next: { action: 'wait', after: retryAfter },
  })
}
