import type { Backend } from '../backend/define.ts'
import type { OpenAiCall } from '../backend/openai-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Executor, Invocation, Json, UpstreamAnswer, UpstreamCall, UpstreamStream } from '../pipeline/ports.ts'
import { type AnswerFacts, collectFacts, listOf, membersOf } from './openai-facts.ts'
import { costOf } from './openai-price.ts'
import { buildOpenAiRequest } from './openai-request.ts'
import { readPieces, requireEvents } from './openai-stream.ts'
import { readWhole, type Sending, sendOpenAi, type WireOptions } from './openai-wire.ts'
import type { RestSettings } from './rest.ts'
import { type ProofMemory, proveIdentity } from './rest-identity.ts'

/** What the executor needs from outside. */
export interface OpenAiOptions extends WireOptions {
  /** Of the backend's own endpoint, or of the further one that the operation names. Throws where it is not there. */
  readonly settingsFor: (backend: Backend, at: string | undefined) => RestSettings
  /** Largest whole answer; default 4 MiB. */
  readonly maxBytes?: number
  /** Largest stream, as its bytes come; default 16 MiB, most of which is envelope. */
  readonly maxStreamBytes?: number
}

const mebibyte = 1024 * 1024
/** English text as the usual tokenizers cut it; where a stream is left before it says what it took. */
const charactersPerToken = 4

/**
 * Calls OpenAI-shaped APIs as the person. Calls of tools are the agent's own business and pass through, counted. What
 * an answer took is settled to quotas; failures are Problems as `Executor` says.
 */
export function createOpenAiExecutor(options: OpenAiOptions): Executor {
  const memory: ProofMemory = { proofs: new WeakMap(), now: options.clock }
  return {
    call: (call) => callWhole(call, { options, memory }),
    open: (call) => openStream(call, { options, memory }),
    isFlowing: ({ operation, inputs }: Invocation) => {
      const { call } = operation
      return call.technology === 'openai' && call.inputs.stream !== undefined && inputs[call.inputs.stream] === true
    },
    close: async () => undefined,
  }
}

interface World {
  readonly options: OpenAiOptions
  readonly memory: ProofMemory
}

function prepare(call: UpstreamCall, { options }: World, flows: boolean): Sending & { readonly template: OpenAiCall } {
  const { operation, backend, inputs } = call.invocation
  const template = operation.call
  if (template.technology !== 'openai' || operation.unsupported !== undefined)
    throw new Problem('internal', 'The call could not be made.', { reason: 'not_called:technology' })
  const settings = options.settingsFor(backend, operation.at)
  const base = new URL(settings.baseUrl)
  const { principal, signal } = call
  const request = buildOpenAiRequest({
    ...{ base, inputs, principal, flows },
    call: template,
    values: settings.values ?? {},
  })
  return { call, request, settings, signal, template }
}

async function callWhole(call: UpstreamCall, world: World): Promise<UpstreamAnswer> {
  const sending = prepare(call, world, false)
  const identity = await proveIdentity(call, noProbe, world.memory)
  const sent = await sendOpenAi(sending, world.options)
  const { data, bytes } = await readWhole(sent, sending, world.options.maxBytes ?? 4 * mebibyte)
  const facts = collectFacts()
  facts.note(membersOf(data))
  const rows = sending.template.action === 'models' ? listOf(membersOf(data).data).length : 0
  return { data, rows, bytes, identity, truncated: false, ...describe(sending, facts, sent.backendIds) }
}

async function openStream(call: UpstreamCall, world: World): Promise<UpstreamStream> {
  const { options } = world
  const sending = prepare(call, world, true)
  const identity = await proveIdentity(call, noProbe, world.memory)
  const sent = await sendOpenAi(sending, options)
  await requireEvents(sent)
  const facts = collectFacts()
  const form = sending.template.action === 'responses' ? 'responses' : 'chat'
  const { signal, request } = sending
  let bytes = 0
  const count = (more: number) => {
    bytes += more
  }
  const totalBytes = options.maxStreamBytes ?? 16 * mebibyte
  const job = { call, signal, form, facts, count, totalBytes, showsUsage: request.showsUsage } as const
  const totals = () => ({ rows: 0, bytes, truncated: false, ...describe(sending, facts, sent.backendIds) })
  return { form, pieces: readPieces(sent, job), backendIds: sent.backendIds, identity, totals }
}

/** Ids and what it took; where a stream was left before it said that, what its texts come to. */
function describe(
  { request, settings, template, call }: Sending & { template: OpenAiCall },
  facts: AnswerFacts,
  ids: Readonly<Record<string, string>>,
) {
  const backendIds = { ...ids, ...facts.ids() }
  const said = facts.tokens()
  if (said === undefined && !request.flows) return { backendIds }
  const guessed = (length: number) => Math.ceil(length / charactersPerToken)
  const { prompt, completion } = said ?? {
    prompt: guessed(request.body?.length ?? 0),
    completion: guessed(facts.length()),
  }
  const model = call.invocation.inputs[template.inputs.model ?? '']
  const cost = costOf({ prompt, completion }, model, settings.values?.prices)
  return { backendIds, usage: { tokens: prompt + completion, ...(cost === undefined ? {} : { cost }) } }
}

/** These services have nothing that says whom they see: the proof is the token. */
function noProbe(): Promise<Json> {
  throw new Problem('internal', 'The call could not be made.', { reason: 'not_called:probe' })
}
