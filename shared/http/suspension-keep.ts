import { createHash } from 'node:crypto'
import { isoTime } from '../approval/states.ts'
import type { Principal } from '../identity/principal.ts'
import { type Suspension, thingOf } from '../suspension/suspension.ts'
import { actorDetail } from './audit-reading.ts'
import type { ControlParts } from './control-person.ts'

type Keeping = Pick<ControlParts, 'ports'>

/** First into the book, then into the table: a suspension that counts is always on record. */
export async function keepSuspension(suspension: Suspension, principal: Principal, { ports }: Keeping): Promise<void> {
  await ports.audit.recordEvent({ kind: 'suspension', detail: describe('suspend', suspension, principal) })
  await ports.suspensions.add(suspension)
}

/** The same the other way: what is in the book as lifted may still hold, never the opposite. */
export async function liftSuspension(suspension: Suspension, principal: Principal, { ports }: Keeping): Promise<void> {
  await ports.audit.recordEvent({ kind: 'suspension', detail: describe('lift', suspension, principal) })
  await ports.suspensions.remove(suspension)
}

function describe(step: 'suspend' | 'lift', suspension: Suspension, principal: Principal) {
  const { id, tenant, cause, reason, salt, until } = suspension
  return {
    ...{ step, id, tenant, cause },
    ...thingOf(suspension),
    ...actorDetail(principal),
    reason: digestReason(reason, salt),
    ...(until === undefined ? {} : { until: isoTime(until) }),
  }
}

/** What the book has of a person's words. */
export function digestReason(text: string, salt: string): string {
  return createHash('sha256').update(`${salt}\0${text}`).digest('hex')
}
