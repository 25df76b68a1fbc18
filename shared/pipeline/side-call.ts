import type { Effect } from '../backend/effect.ts'
import { denied } from './judge.ts'
import type { Deployment, Line, Ports } from './line.ts'
import type { Json } from './ports.ts'
import { refuse } from './refuse.ts'
import {
  type Failed,
  isRefused,
  type MaskedCall,
  type Recorded,
  type Refused,
  type Reserved,
  type Resolved,
} from './stages.ts'

/** A read of the same backend that a call needs to be described; or, of another one, a write that tells of it. */
export interface SideRead {
  readonly operation: string
  readonly backend?: string
  readonly effect?: 'read' | 'write'
  readonly inputs: Readonly<Record<string, Json>>
}

/** The stages that a side read takes; its approval is never asked for. */
export type SideLine = Omit<Line, 'verify' | 'approve' | 'respond' | 'isFlowing' | 'flow'>

/**
 * A governed call of our own within a call, as the same person through the same agent: decided, recorded and exchanged
 * like any other, with rows of its own; nothing of it is kept but what it answers. It asks for nobody's approval and for no stronger
 * sign-in: where policy wants one, it is denied.
 */
export async function readAside(
  stage: Resolved,
  { operation, inputs, backend = stage.invocation.backend.name, effect = 'read' }: SideRead,
  { line, ports, deployment }: { readonly line: SideLine; readonly ports: Ports; readonly deployment: Deployment },
): Promise<MaskedCall | Failed | Recorded> {
  const { principal, assertion, traceId } = stage
  const inbound = {
    ...stage.inbound,
    ...{ method: 'POST', path: `/api/${backend}/${operation}`, backend, operation },
    headers: { 'content-type': 'application/json' },
    query: '',
    body: Buffer.from(JSON.stringify(inputs), 'utf8'),
  }
  const traceparent = `00-${traceId}-${ports.randomHex(8)}-01`
  const asked = { inbound, principal, assertion, decisionId: ports.newId(), traceId, traceparent }
  const reserved = await line.reserve(await line.decide(await line.classify(line.resolve(asked))))
  const intent = await line.recordIntent(clear(reserved, effect, deployment))
  const masked = line.mask(await line.call(await line.exchange(intent)))
  return (await line.recordOutcome(masked)).call
}

function clear(stage: Reserved | Refused, wanted: Effect, { rowLimit }: Deployment) {
  if (isRefused(stage)) return stage
  const { effect } = stage.understood
  const isPlain = !stage.decision.obligations.some(({ kind }) => kind === 'approval' || kind === 'step_up')
  if (effect !== wanted || !isPlain) return refuse(stage, denied(['not_permitted']))
  return { ...stage, cleared: true as const, rowLimit }
}
