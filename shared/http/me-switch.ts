import { requireFreshStepUp } from '../approval/vote.ts'
import { parseBody } from '../backend/inputs.ts'
import { Problem } from '../errors/problem.ts'
import type { Principal } from '../identity/principal.ts'
import type { Answer, Inbound } from '../pipeline/ports.ts'
import { answerJson } from '../pipeline/respond.ts'
import { reasonsOf, type Suspension, type SuspensionCause } from '../suspension/suspension.ts'
import { type ControlParts, requireSelf } from './control-person.ts'
import { stopWork } from './me-stop.ts'
import { keepSuspension, liftSuspension } from './suspension-keep.ts'
import { parseGuid, parseSwitch } from './suspension-question.ts'

/**
 * `PUT /api/me/agents/{actor}`: a person's own switch. Off takes effect like any suspension, and takes back what the
 * agent has asked for; on needs a strong sign-in just now, and lifts nothing that somebody else has suspended.
 */
export async function answerSwitch(inbound: Inbound, parts: ControlParts): Promise<Answer> {
  const principal = await requireSelf(inbound, parts)
  const actor = parseGuid(inbound.operation)
  const { enabled } = parseSwitch(parseBody(inbound.body, inbound.headers['content-type'] ?? ''))
  return enabled ? switchOn(principal, actor, parts) : switchOff(principal, actor, parts)
}

/** Agents that one person has switched off. Every call goes by all suspensions there are, so that nobody may fill them. */
const mostOff = 100

async function requireRoom({ tid, oid }: Principal, actor: string, { ports }: ControlParts): Promise<void> {
  const isOwn = ({ tenant, cause, person }: Suspension) => tenant === tid && cause === 'own' && person === oid
  const own = (await ports.suspensions.list()).filter(isOwn)
  if (own.length < mostOff || own.some(({ agent }) => agent === actor)) return
  throw new Problem('quota_exceeded', 'You have switched off as many agents as there may be.', {
    retryAfter: 60,
    reason: 'own_switches',
    next: { action: 'stop' },
  })
}

async function switchOff(principal: Principal, actor: string, parts: ControlParts): Promise<Answer> {
  await requireRoom(principal, actor, parts)
  await suspendAgent({ principal, actor, cause: 'own', reason: 'switched off by the person' }, parts)
  return answerJson(200, { agent: actor, enabled: false, ...(await stopWork(principal, actor, parts)) })
}

async function switchOn(principal: Principal, actor: string, parts: ControlParts): Promise<Answer> {
  const { ports, challenge } = parts
  requireFreshStepUp(principal, challenge, ports.now())
  const all = await ports.suspensions.list()
  const id = idOf('own', principal.oid, actor)
  const own = all.find((one) => one.tenant === principal.tid && one.id === id)
  if (own !== undefined) await liftSuspension(own, principal, parts)
  const others = all.filter((one) => one !== own && concerns(one, principal, actor))
  const reasons = [...new Set(others.flatMap(reasonsOf))].sort()
  return answerJson(200, { agent: actor, enabled: others.length === 0, reasons })
}

/** Stops whatever the agent does as this person, and not only at one backend. */
function concerns({ tenant, person, agent, backend }: Suspension, { tid, oid }: Principal, actor: string): boolean {
  const isTheirs = (tenant === tid || tenant === 'all') && (person ?? oid) === oid
  return isTheirs && (agent ?? actor) === actor && backend === undefined
}

interface AgentStop {
  readonly principal: Principal
  readonly actor: string
  readonly cause: Exclude<SuspensionCause, 'operator'>
  readonly reason: string
  readonly salt?: string
}

/** Suspends one agent for one person, who asks for it; once more changes nothing but the reason. */
export async function suspendAgent(stop: AgentStop, parts: ControlParts): Promise<void> {
  const { principal, actor, cause, reason } = stop
  const { tid, oid } = principal
  const { ports } = parts
  const suspension = {
    ...{ id: idOf(cause, oid, actor), tenant: tid, person: oid, agent: actor, cause, reason },
    ...{ salt: stop.salt ?? ports.randomHex(16), by: oid, at: ports.now() },
  }
  await keepSuspension(suspension, principal, parts)
}

function idOf(cause: string, oid: string, actor: string): string {
  return `${cause}.${oid}.${actor}`
}
