import { cutText, type Prompt, type Written, write } from './model.ts'
import { filterResults, type Reply, type StreamedEvent } from './wire.ts'

type Members = Readonly<Record<string, unknown>>

/** Where an answer is made: its id and time. */
export interface Stamp {
  readonly id: string
  /** Epoch seconds. */
  readonly created: number
}

/** `POST …/chat/completions`. */
export function answerChat(body: Members, { id, created }: Stamp): Reply {
  const prompt = readChat(body)
  const written = write(prompt)
  if (written.refused !== undefined) return refusePrompt(written.refused)
  const common = { id: `chatcmpl-${id}`, created, model: String(body.model), system_fingerprint: 'fp_local' }
  const usage = usageOf(written)
  if (body.stream === true) return { status: 200, events: chunksOf({ common, written, prompt, body, usage }) }
  const message = {
    role: 'assistant',
    content: written.call === undefined ? written.text : null,
    refusal: null,
    ...(written.call === undefined ? {} : { tool_calls: [callOf(written.call, id)] }),
  }
  const choice = { index: 0, message, logprobs: null, finish_reason: endOf(written) }
  const choices = [{ ...choice, content_filter_results: filterResults(written.cut) }]
  return { status: 200, body: { ...common, object: 'chat.completion', choices, usage, prompt_filter_results: [] } }
}

/** As the service refuses a prompt: the words are never repeated, the categories are. */
export function refusePrompt(category: string): Reply {
  const message = 'The response was filtered due to the prompt triggering the content policy.'
  const innererror = { code: 'ResponsibleAIPolicyViolation', content_filter_result: filterResults(category) }
  const error = { code: 'content_filter', message, param: 'prompt', type: null, status: 400, innererror }
  return { status: 400, body: { error } }
}

function readChat({ messages, tools }: Members): Prompt {
  const list = (Array.isArray(messages) ? messages : []) as readonly Members[]
  const texts = list.map(({ content }) => textOf(content))
  const named = ((Array.isArray(tools) ? tools : []) as readonly { function?: { name?: string } }[]).map(
    (tool) => tool.function?.name ?? '',
  )
  return { all: texts.join('\n'), last: texts.at(-1) ?? '', functions: named }
}

/** A text, or the texts among the parts. */
export function textOf(content: unknown): string {
  if (typeof content === 'string') return content
  const parts = (Array.isArray(content) ? content : []) as readonly { text?: string }[]
  return parts.map(({ text = '' }) => text).join('\n')
}

function usageOf({ usage: { prompt, completion } }: Written) {
  return { prompt_tokens: prompt, completion_tokens: completion, total_tokens: prompt + completion }
}

function endOf({ call, cut }: Written): string {
  if (cut !== undefined) return 'content_filter'
  return call === undefined ? 'stop' : 'tool_calls'
}

function callOf({ name, arguments: args }: NonNullable<Written['call']>, id: string) {
  return { id: `call_${id}`, type: 'function', function: { name, arguments: args } }
}

interface Chunking {
  readonly common: Stamp & Members
  readonly written: Written
  readonly prompt: Prompt
  readonly body: Members
  readonly usage: object
}

function chunksOf({ common, written, prompt, body, usage }: Chunking): readonly StreamedEvent[] {
  const wantsUsage = (body.stream_options as { include_usage?: boolean } | undefined)?.include_usage === true
  const withUsage = wantsUsage ? { usage: null } : {}
  const chunk = (delta: object, end: string | null = null) => ({
    data: {
      ...common,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, logprobs: null, finish_reason: end }],
      ...withUsage,
    },
  })
  const first = chunk({ role: 'assistant', content: written.call === undefined ? '' : null, refusal: null })
  const last = { data: { ...common, object: 'chat.completion.chunk', choices: [], usage } }
  return [
    first,
    ...deltasOf(written, prompt, common.id).map((delta) => chunk(delta)),
    chunk({}, endOf(written)),
    ...(wantsUsage ? [last] : []),
    { data: '[DONE]' },
  ]
}

function deltasOf({ text, call }: Written, prompt: Prompt, id: string): readonly object[] {
  if (call === undefined) return cutText(text, prompt).map((content) => ({ content }))
  const begin = { index: 0, id: `call_${id}`, type: 'function', function: { name: call.name, arguments: '' } }
  const pieces = cutText(call.arguments, prompt).map((piece) => ({ index: 0, function: { arguments: piece } }))
  return [begin, ...pieces].map((one) => ({ tool_calls: [one] }))
}
