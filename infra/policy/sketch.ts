// Policy requests sketched in a few words, for the tables and for `policy explain`: a persona of the embedded stack, a
// call, and what differs from the ordinary.

import type { Effect } from '../../shared/backend/effect.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { personaNamed } from '../local/personas.ts'

/** A call in a few words; what is left out is ordinary (understood, one statement, a person's own identity). */
export interface Sketch {
  readonly who: string
  readonly backend: string
  readonly operation: string
  readonly effect: Effect
  readonly declaredEffect?: Effect
  readonly runsAs?: 'person' | 'other'
  readonly reads?: readonly string[]
  readonly writes?: readonly string[]
  readonly labels?: readonly string[]
  readonly changes?: readonly string[]
  readonly egress?: boolean
  readonly principal?: Partial<PolicyRequest['principal']>
  readonly context?: Partial<PolicyRequest['context']>
}

/** The whole request. Throws where no persona has that name. */
export function completeSketch(sketch: Sketch): PolicyRequest {
  return {
    principal: { ...principalOf(sketch.who), ...sketch.principal },
    action: sketch.effect,
    resource: {
      backend: sketch.backend,
      operation: sketch.operation,
      declaredEffect: sketch.declaredEffect ?? sketch.effect,
      runsAs: sketch.runsAs ?? 'person',
      reads: sketch.reads ?? [],
      writes: sketch.writes ?? [],
      labels: sketch.labels ?? [],
      changes: sketch.changes ?? [],
      egress: sketch.egress ?? false,
    },
    context: {
      understood: true,
      dangers: [],
      statements: 1,
      time: '2026-01-15T10:00:00Z',
      tainted: false,
      approvals: [],
      ...sketch.context,
    },
  }
}

function principalOf(name: string): PolicyRequest['principal'] {
  const persona = personaNamed(name)
  if (persona === undefined) throw new Error(`no persona is called ${name}`)
  const { kind, tid, oid, azp, groups, roles } = persona
  const evidence = { guest: kind === 'guest', publicClient: false, authContexts: [] }
  return { kind, tid, oid, actor: azp, groups, roles, ...evidence }
}
