import { Problem } from '../errors/problem.ts'
import type { StateRow } from '../state/state-table.ts'

/** Partition of what holds for every tenant. */
export const everyTenant = 'all'

/** What is stopped: whatever is named, all of it together; what is not named is any. */
export interface SuspendedThing {
  /** Object id of a person. */
  readonly person?: string | undefined
  /** Application id of an agent. */
  readonly agent?: string | undefined
  readonly backend?: string | undefined
  readonly operation?: string | undefined
}

/** `operator` an operator's, `own` the person's own switch, `not-me` a person said that a call was none of theirs. */
export type SuspensionCause = 'operator' | 'own' | 'not-me'

/** A stop that is in force from when it is stored until it is lifted, or until a time (epoch milliseconds). */
export interface Suspension extends SuspendedThing {
  readonly id: string
  /** The tenant that it holds for, or `all`. */
  readonly tenant: string
  readonly cause: SuspensionCause
  readonly reason: string
  /** Salt (hex) of the reason's digest in the book. */
  readonly salt: string
  /** Object id of who made it. */
  readonly by: string
  readonly at: number
  readonly until?: number | undefined
}

/** A call as suspensions see it. */
export interface SuspensionTarget {
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly backend: string
  readonly operation: string
}

/** Whether it stops this call at `now` (epoch milliseconds). */
export function stops(suspension: Suspension, target: SuspensionTarget, now: number): boolean {
  const { tenant, person, agent, backend, operation, until } = suspension
  const isAny = (named: string | undefined, value: string) => named === undefined || named === value
  if (until !== undefined && now >= until) return false
  if (tenant !== everyTenant && tenant !== target.tid) return false
  const isWho = isAny(person, target.oid) && isAny(agent, target.actor)
  return isWho && isAny(backend, target.backend) && isAny(operation, target.operation)
}

const members = ['person', 'agent', 'backend', 'operation'] as const

/** What it names, as reasons say it: `suspended_person`, `suspended_agent` … */
export function reasonsOf(suspension: SuspendedThing): readonly string[] {
  return members.filter((name) => suspension[name] !== undefined).map((name) => `suspended_${name}`)
}

/** Its own members, as the table has them and as the book tells them. */
export function thingOf(suspension: SuspendedThing): Readonly<Record<string, string>> {
  return Object.fromEntries(members.flatMap((name) => (suspension[name] ? [[name, suspension[name]]] : [])))
}

/** The answer to a call that is stopped. */
export function suspended(suspension: Suspension): Problem {
  const whose = {
    operator: 'An operator has suspended this.',
    own: 'You have switched this agent off for yourself.',
    'not-me': 'This agent is suspended for you, since you said that a call was not yours.',
  }
  return new Problem('suspended', whose[suspension.cause], {
    reasons: reasonsOf(suspension),
    next: { action: 'stop' },
  })
}

/** A suspension as a row's members. */
export function toValues(suspension: Suspension) {
  const { cause, reason, salt, by, at, until } = suspension
  return { ...thingOf(suspension), cause, reason, salt, by, at, ...(until === undefined ? {} : { until }) }
}

/** What a row says. One that cannot be read stops whom it names, and without a name everybody: the safe side. */
export function fromRow({ partition, key, values }: StateRow): Suspension {
  const text = (name: string) => (typeof values[name] === 'string' ? String(values[name]) : undefined)
  const cause = text('cause')
  return {
    id: key,
    tenant: partition,
    ...Object.fromEntries(members.map((name) => [name, text(name)])),
    cause: cause === 'own' || cause === 'not-me' ? cause : 'operator',
    reason: text('reason') ?? '',
    salt: text('salt') ?? '',
    by: text('by') ?? '',
    at: Number(values.at ?? 0),
    until: values.until === undefined ? undefined : Number(values.until),
  }
}
