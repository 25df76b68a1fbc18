import { createHash } from 'node:crypto'
import type { Notice } from './notice.ts'

interface Person {
  readonly tid: string
  readonly oid: string
}

/** A person has broken the glass. Times are ISO 8601 UTC. */
export function tellGlassBroken(use: Person & { id: string; since: string; until: string }): Notice {
  const { id, tid, oid, since, until } = use
  return {
    id: `broken-${id}`,
    kind: 'break-glass',
    time: since,
    data: { use: id, tid, person: oid, since, until },
    place: `#/break-glass/${id}`,
  }
}

/** The glass is whole again before its time. */
export function tellGlassEnded(use: Person & { id: string; time: string }): Notice {
  const { id, tid, oid, time } = use
  return {
    id: `ended-${id}`,
    kind: 'break-glass-ended',
    time,
    data: { use: id, tid, person: oid },
    place: `#/break-glass/${id}`,
  }
}

interface Seen extends Person {
  readonly decisionId: string
  readonly actor: string
  readonly backend: string
  readonly operation: string
  readonly time: string
}

/** A backend saw somebody else than who asked. */
export function tellMismatch({ decisionId, tid, oid, actor, backend, operation, time }: Seen): Notice {
  return {
    id: `mismatch-${decisionId}`,
    kind: 'identity-mismatch',
    time,
    data: { decision: decisionId, tid, person: oid, agent: actor, backend, operation },
    place: `#/records/${decisionId}`,
  }
}

/** A person says that they did not do what an agent did as them; the agent is suspended for them. */
export function tellNotMe(seen: Person & { actor: string; decisionId?: string; time: string }): Notice {
  const { tid, oid, actor, decisionId, time } = seen
  const of = createHash('sha256')
    .update([tid, oid, actor, decisionId ?? '', time].join('|'))
    .digest('hex')
  return {
    id: `notme-${of.slice(0, 32)}`,
    kind: 'not-me',
    time,
    data: { tid, person: oid, agent: actor, decision: decisionId ?? null },
    place: decisionId === undefined ? '#/suspensions' : `#/records/${decisionId}`,
  }
}
