import { Problem } from '../errors/problem.ts'
import { failWith } from '../upstream/failure.ts'
import type { Line, Ports } from './line.ts'
import { fail } from './perform.ts'
import type { Json, UpstreamStream } from './ports.ts'
import { answerProblem, type Identification, meta } from './respond.ts'
import { type Answerable, type Exchanged, type Failed, isRefused, type MaskedCall } from './stages.ts'
import { isLast, type MaskedPieces, type openMask, type Piece, type Writer } from './stream-form.ts'
import { createHandover, type Handover } from './stream-handover.ts'

/** A call whose backend has answered, and whose answer flows. */
export interface Flow {
  readonly stage: Exchanged
  readonly stream: UpstreamStream
  readonly mask: ReturnType<typeof openMask>['mask']
  readonly writer: Writer
  /** Ends with the caller's leaving, or when time is up, which `late` tells. */
  readonly signal: AbortSignal
  readonly late: AbortSignal
  /** Lets the backend go. */
  readonly leave: () => void
}

interface World {
  readonly ports: Ports
  readonly identification: Identification
  readonly line: Pick<Line, 'recordOutcome'>
}

/** How the flow ended. */
type Ending =
  | { readonly why: 'complete' }
  | { readonly why: 'gone' }
  | { readonly why: 'failed'; readonly error: unknown }

/** What came out of one flow: pieces that wait for the outcome, and what the recording keeps. */
interface Passed {
  readonly masked: MaskedPieces
  readonly held: Piece[]
  readonly kept: Piece[]
  readonly ending: Ending
}

/**
 * The answer's bytes. They are made whether or not somebody takes them, as far as one piece goes: so the outcome is
 * written when time is up, even where the caller neither reads nor leaves.
 */
export function pump(flow: Flow, world: World): AsyncIterable<Uint8Array> {
  const handover = createHandover<Uint8Array>(flow.signal, flow.leave)
  void produce(flow, handover, world)
  return handover.taken
}

async function produce(flow: Flow, handover: Handover<Uint8Array>, world: World): Promise<void> {
  const { stage, writer } = flow
  try {
    const passed = await pass(flow, handover)
    flow.leave()
    const answerable = await world.line.recordOutcome(describeEnd(flow, passed))
    handover.finish(writeEnd(answerable, passed, { writer, world }))
  } catch (error) {
    world.ports.log('stream_cut', { decisionId: stage.decisionId, code: codeOf(error) })
    handover.fail(error)
  } finally {
    flow.leave()
    world.ports.inFlight.end(stage.decisionId)
  }
}

/** Hands on every piece as it comes, but those that tell of the end, and all behind them. */
async function pass(flow: Flow, handover: Handover<Uint8Array>): Promise<Passed> {
  const masked = flow.mask(flow.stream.form, flow.stream.pieces)
  const passed = { masked, held: [], kept: [] }
  try {
    const isTaken = await handOn(flow, passed, handover)
    return { ...passed, ending: isTaken ? { why: 'complete' } : whyLeft(flow) }
  } catch (error) {
    return { ...passed, ending: flow.signal.aborted ? whyLeft(flow) : { why: 'failed', error } }
  }
}

/** False where the taker takes nothing more. */
async function handOn(flow: Flow, { masked, held, kept }: Omit<Passed, 'ending'>, handover: Handover<Uint8Array>) {
  const { stream, stage, writer } = flow
  const isRecorded = stage.decision.obligations.some(({ kind }) => kind === 'record')
  for await (const piece of masked.pieces) {
    if (isRecorded) kept.push(piece)
    if (held.length > 0 || isLast(stream.form, piece)) held.push(piece)
    else if (!(await handover.put(writer.piece(piece)))) return false
  }
  return true
}

/** Time that is up ends it for everybody; whoever left before had no answer any more. */
function whyLeft({ late }: Flow): Ending {
  if (!late.aborted) return { why: 'gone' }
  return { why: 'failed', error: failWith({ code: 'backend_timeout', fate: 'called', why: 'stream_time' }) }
}

function describeEnd(flow: Flow, { masked, ending, kept }: Passed): MaskedCall | Failed {
  const { stage, stream } = flow
  const { labels, masked: fields, neutralised } = masked.report.finish()
  const answer = { data: null, identity: stream.identity, ...stream.totals() }
  const { token: _token, ...exchanged } = stage
  const permitted = { ...exchanged, flow: 'left' } as const
  const call = { ...permitted, answer }
  const result = { data: kept as unknown as Json, masked: fields, labels, neutralised }
  if (ending.why === 'complete') return { ...call, result }
  const error = ending.why === 'failed' ? ending.error : new Problem('backend_timeout', 'The caller has left.')
  const failed = fail(permitted, error, 'called')
  const { rows, bytes, backendIds, identity } = answer
  const code = ending.why === 'gone' ? 'client_gone' : failed.problem.code
  const shown = { code, rows, bytes, labels, masked: fields }
  // What had left can be accounted for: whether the backend did it is no question any more.
  return { ...call, ...failed, facts: { backendIds, identity }, shown }
}

interface Ended {
  readonly writer: Writer
  readonly world: World
}

/** The end as the caller sees it; a recording or mark that could not be kept makes a problem of a complete answer. */
function writeEnd(answerable: Answerable, { held }: Passed, { writer, world }: Ended): readonly Uint8Array[] {
  const { call } = answerable
  if (!isRefused(call)) return [...held.map(writer.piece), writer.end(meta(answerable))]
  const ids = { decisionId: call.decisionId, traceparent: call.traceparent }
  return [writer.problem(answerProblem(call.problem, world.identification, ids).body)]
}

function codeOf(error: unknown): string {
  return error instanceof Problem ? error.code : 'internal'
}
