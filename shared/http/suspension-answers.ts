import { isoTime } from '../approval/states.ts'
import { requireFreshStepUp } from '../approval/vote.ts'
import { findOperation } from '../backend/catalogue.ts'
import { invalid, parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { everyTenant, type SuspendedThing, type Suspension, thingOf } from '../suspension/suspension.ts'
import { requireUnsuspended } from '../suspension/suspensions.ts'
import { type ControlParts, denied, isAtHome, requireOperator } from './control-person.ts'
import { keepSuspension, liftSuspension } from './suspension-keep.ts'
import { parseSuspension } from './suspension-question.ts'

/** `GET /api/suspensions`: those of the own tenant and those of all; at home, all of them. */
export async function answerSuspensions(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireOperator(inbound, parts)
  const all = await parts.ports.suspensions.list()
  return answerJson(200, { suspensions: all.filter((one) => maySee(principal, one, parts)).map(describeSuspension) })
}

/** `POST /api/suspensions`. A stop waits for nothing: no second sign-in is asked for. */
export async function answerSuspend(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireOperator(inbound, parts)
  const { ports } = parts
  await requireUnsuspended(principal, ports.suspensions)
  const body = parseBody(inbound.body, inbound.headers['content-type'] ?? '')
  const { thing, tenant = principal.tid, reason, until } = parseSuspension(body, ports.now())
  if (tenant !== principal.tid && !isAtHome(principal, parts)) {
    throw denied('other_tenant', 'Only what is of your own tenant is yours to suspend.')
  }
  requireKnown(thing, parts)
  await requireRoom(principal, parts)
  const suspension: Suspension = {
    ...{ ...thing, id: ports.newId(), tenant, cause: 'operator', reason, until },
    ...{ salt: ports.randomHex(16), by: principal.oid, at: ports.now() },
  }
  await keepSuspension(suspension, principal, parts)
  return answerJson(200, describeSuspension(suspension))
}

/** `DELETE /api/suspensions/{id}`, after a strong sign-in just now. */
export async function answerLift(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireOperator(inbound, parts)
  const all = await parts.ports.suspensions.list()
  const found = all.find((one) => one.id === inbound.operation && maySee(principal, one, parts))
  if (found === undefined) throw new Problem('operation_unknown', 'There is no such suspension for you.')
  requireLiftable(principal, found, parts)
  await requireUnsuspended(principal, parts.ports.suspensions)
  requireFreshStepUp(principal, parts.challenge, parts.ports.now())
  await liftSuspension(found, principal, parts)
  return answerJson(200, { id: found.id, lifted: true })
}

function maySee(principal: Principal, { tenant }: Suspension, parts: ControlParts): boolean {
  return tenant === principal.tid || tenant === everyTenant || isAtHome(principal, parts)
}

function requireLiftable(principal: Principal, { tenant, cause, person }: Suspension, parts: ControlParts): void {
  if (tenant !== principal.tid && !isAtHome(principal, parts)) {
    throw denied('other_tenant', 'Only an operator of the tenant that runs the deployment lifts this.')
  }
  if (cause === 'own') throw denied('own_switch', 'Whoever switched an agent off for themselves switches it on again.')
  if (person === principal.oid && tenant === principal.tid) {
    throw denied('own_suspension', 'Nobody lifts a suspension of themselves.')
  }
}

/** Suspensions that operators of one tenant have made. Every call goes by all there are. */
const mostOfTenant = 2000

async function requireRoom({ tid, oid }: Principal, { ports }: ControlParts): Promise<void> {
  const isTheirs = ({ tenant, cause, by }: Suspension) => cause === 'operator' && (tenant === tid || by === oid)
  if ((await ports.suspensions.list()).filter(isTheirs).length < mostOfTenant) return
  throw new Problem('quota_exceeded', 'There are as many suspensions as there may be: lift some, or name less.', {
    retryAfter: 60,
    reason: 'suspensions',
    next: { action: 'stop' },
  })
}

/** A misspelt name would stop nothing and look as if it did. */
function requireKnown({ backend, operation }: SuspendedThing, { ports }: ControlParts): void {
  if (backend === undefined) return
  const known = ports.configured.get(backend)
  if (known === undefined) throw invalid([{ pointer: '/backend', detail: 'is no backend that is configured here' }])
  if (operation === undefined || findOperation(known, operation) !== undefined) return
  throw invalid([{ pointer: '/operation', detail: 'is no operation of this backend' }])
}

/** A suspension as people see it. */
function describeSuspension(suspension: Suspension) {
  const { id, tenant, cause, reason, by, at, until } = suspension
  return {
    ...{ id, tenant, cause },
    ...thingOf(suspension),
    ...{ reason, by, at: isoTime(at) },
    until: until === undefined ? null : isoTime(until),
  }
}
