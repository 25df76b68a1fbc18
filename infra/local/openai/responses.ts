import { refusePrompt, type Stamp, textOf } from './chat.ts'
import { cutText, type Prompt, type Written, write } from './model.ts'
import type { Reply, StreamedEvent } from './wire.ts'

type Members = Readonly<Record<string, unknown>>

/** `POST …/responses`. */
export function answerResponse(body: Members, stamp: Stamp): Reply {
  const prompt = readInput(body)
  const written = write(prompt)
  if (written.refused !== undefined) return refusePrompt(written.refused)
  const item = itemOf(written, stamp)
  const whole = responseOf(body, stamp, { written, output: [item], status: 'completed' })
  return body.stream === true
    ? { status: 200, events: eventsOf(body, stamp, { written, prompt }) }
    : { status: 200, body: whole }
}

function readInput({ input, instructions, tools }: Members): Prompt {
  const items = (Array.isArray(input) ? input : [{ content: input }]) as readonly Members[]
  const texts = items.map(({ content, output }) => textOf(content ?? output))
  const named = ((Array.isArray(tools) ? tools : []) as readonly { name?: string }[]).map(({ name = '' }) => name)
  return { all: [textOf(instructions), ...texts].join('\n'), last: texts.at(-1) ?? '', functions: named }
}

function itemOf({ call, text }: Written, { id }: Stamp, status = 'completed') {
  if (call !== undefined) return { type: 'function_call', id: `fc_${id}`, call_id: `call_${id}`, ...call, status }
  const content = status === 'completed' ? [partOf(text)] : []
  return { type: 'message', id: `msg_${id}`, status, role: 'assistant', content }
}

function partOf(text: string) {
  return { type: 'output_text', text, annotations: [], logprobs: [] }
}

interface State {
  readonly written: Written
  readonly output: readonly object[]
  readonly status: 'in_progress' | 'completed'
}

function responseOf(body: Members, { id, created }: Stamp, { written, output, status }: State) {
  const { prompt, completion } = written.usage
  const usage = {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: 0, cache_write_tokens: 0 },
    output_tokens: completion,
    output_tokens_details: { reasoning_tokens: 0 },
    total_tokens: prompt + completion,
  }
  return {
    id: `resp_${id}`,
    object: 'response',
    created_at: created,
    status,
    error: null,
    incomplete_details: null,
    instructions: body.instructions ?? null,
    metadata: {},
    model: String(body.model),
    output,
    parallel_tool_calls: true,
    temperature: body.temperature ?? 1,
    tool_choice: body.tool_choice ?? 'auto',
    tools: body.tools ?? [],
    top_p: body.top_p ?? 1,
    store: body.store !== false,
    ...(status === 'completed' ? { usage } : { usage: null }),
  }
}

function eventsOf(
  body: Members,
  stamp: Stamp,
  { written, prompt }: { readonly written: Written; readonly prompt: Prompt },
): readonly StreamedEvent[] {
  const state = (status: State['status'], output: readonly object[]) =>
    responseOf(body, stamp, { written, status, output })
  const item = itemOf(written, stamp)
  const place = { output_index: 0 }
  const all = [
    { type: 'response.created', response: state('in_progress', []) },
    { type: 'response.in_progress', response: state('in_progress', []) },
    { type: 'response.output_item.added', ...place, item: itemOf(written, stamp, 'in_progress') },
    ...(written.call === undefined ? textEvents(written, prompt, item.id) : callEvents(written.call, prompt, item.id)),
    { type: 'response.output_item.done', ...place, item },
    { type: 'response.completed', response: state('completed', [item]) },
  ]
  return all.map((each, at) => ({ event: each.type, data: { ...each, sequence_number: at } }))
}

function textEvents({ text }: Written, prompt: Prompt, id: string) {
  const place = { item_id: id, output_index: 0, content_index: 0 }
  return [
    { type: 'response.content_part.added', ...place, part: partOf('') },
    ...cutText(text, prompt).map((delta) => ({ type: 'response.output_text.delta', ...place, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...place, text, logprobs: [] },
    { type: 'response.content_part.done', ...place, part: partOf(text) },
  ]
}

function callEvents(call: NonNullable<Written['call']>, prompt: Prompt, id: string) {
  const place = { item_id: id, output_index: 0 }
  const type = 'response.function_call_arguments'
  return [
    ...cutText(call.arguments, prompt).map((delta) => ({ type: `${type}.delta`, ...place, delta })),
    { type: `${type}.done`, ...place, name: call.name, arguments: call.arguments },
  ]
}
