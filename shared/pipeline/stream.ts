import { Problem } from '../errors/problem.ts'
import { joinSignals } from '../errors/signals.ts'
import { assertNotSuspended } from './admit.ts'
import type { Deployment, Line, Ports } from './line.ts'
import { assertSeen, callOnceMore, describeFlight, describeMasking, executorOf, fail, fateOf } from './perform.ts'
import type { Answer, UpstreamCall, UpstreamStream } from './ports.ts'
import { commonHeaders, type Identification } from './respond.ts'
import { spendApproval } from './spend.ts'
import { type Exchanged, type Failed, type Flowing, isRefused, type MaskedCall } from './stages.ts'
import { type Flow, pump } from './stream-flow.ts'
import { openMask, writerOf } from './stream-form.ts'

interface World {
  readonly ports: Ports
  readonly deployment: Deployment
  readonly identification: Identification
  readonly line: Pick<Line, 'recordOutcome' | 'respond'>
}

const longestMs = 200_000

/**
 * The last stages of a call whose answer flows. The intent is durable before; a `release` row, with whom the backend
 * sees, is durable before the first byte; what ends the answer waits for the durable outcome. Where that cannot be had
 * the connection is cut, and the intent dangles.
 */
export function createStreaming(world: World): Pick<Line, 'isFlowing' | 'flow'> {
  return {
    isFlowing: (stage): stage is Flowing => {
      if (isRefused(stage) || stage.inbound.flow === 'whole') return false
      const executor = world.ports.executors.get(stage.invocation.operation.call.technology)
      return executor?.open !== undefined && executor.isFlowing?.(stage.invocation) === true
    },
    flow: async (stage) => {
      const opened = await open(stage, world)
      if (isRefused(opened)) return refuse(opened, world)
      try {
        await release(opened, world)
      } catch (error) {
        opened.leave()
        return await refuse(withShown(opened, fail(stage, error, 'called')), world)
      }
      return {
        status: 200,
        headers: {
          'content-type': 'text/event-stream; charset=utf-8',
          'x-accel-buffering': 'no',
          ...commonHeaders({ decisionId: stage.decisionId, traceparent: stage.traceparent }),
        },
        body: '',
        stream: pump(opened, world),
      }
    },
  }
}

async function refuse(failed: Failed, { line }: World): Promise<Answer> {
  return line.respond(await line.recordOutcome(failed))
}

/** Nothing was shown, and the quota counts what the backend took. */
function withShown({ stream: { totals, identity } }: Flow, failed: Failed): Failed & Pick<MaskedCall, 'answer'> {
  return { ...failed, flow: 'held', answer: { data: null, identity, ...totals() } }
}

/** Calls the backend as any call does; what holds it back before the first byte is answered as a problem. */
async function open(stage: Exchanged, world: World): Promise<Flow | Failed> {
  const { ports, deployment } = world
  let mask: Flow['mask']
  try {
    mask = openMask(describeMasking(stage, deployment)).mask
    await spendApproval(stage, ports)
    await assertNotSuspended(stage, ports)
  } catch (error) {
    return fail(stage, error, 'not-called')
  }
  const leaving = new AbortController()
  const late = AbortSignal.timeout(Math.min(ports.flowMs ?? longestMs, longestMs))
  const signal = joinSignals([leaving.signal, late])
  try {
    ports.inFlight.begin(describeFlight(stage, ports.now()))
    const ask = (call: UpstreamCall) => openStream(stage, { ...call, signal }, ports)
    const stream = assertSeen(await callOnceMore(stage, world, ask))
    const writer = writerOf(stage.inbound.flow === 'openai' ? 'openai' : 'events', stream.form)
    return { stage, stream, mask, writer, signal, late, leave: () => leaving.abort() }
  } catch (error) {
    leaving.abort()
    ports.inFlight.end(stage.decisionId)
    return fail(stage, error, fateOf(error))
  }
}

async function openStream(stage: Exchanged, call: UpstreamCall, ports: Ports): Promise<UpstreamStream> {
  const stream = await executorOf(stage, ports).open?.(call)
  if (stream !== undefined) return stream
  throw new Problem('internal', 'The call could not be made.', { reason: 'not_called:no_stream' })
}

/** Whoever gets what outsiders wrote is marked first; then the row that says that the answer leaves. */
async function release({ stage, stream }: Flow, { ports }: World): Promise<void> {
  const { principal, intent, decisionId, invocation } = stage
  const { tid, oid, actor } = principal
  if (invocation.operation.untrusted === true) await ports.taints.mark({ tid, oid, actor }, decisionId)
  const { source, method, checkedAt, matches } = stream.identity
  const seen = { source, method, checkedAt, ...(matches === null ? {} : { matches }) }
  const { lane, segment, seq } = intent
  await ports.audit.recordEvent({
    kind: 'release',
    detail: { decisionId, tid, oid, azp: actor, lane, segment, seq, status: 200, ...seen },
  })
}
