import type { Json } from '../pipeline/ports.ts'
import { createTextStream, type TextStream, type TextStreamJob } from './stream-text.ts'

type Members = Readonly<Record<string, Json>>

/** Most texts of one answer that flow side by side (choices, tool calls); a further one is left out. */
const mostTexts = 256

/**
 * Masks the chunks of a chat completion as they come (`choices[].delta`, as in OpenAI's API): `content`, `refusal` and
 * the arguments of calls, each as one text however it is cut. A choice's end brings what was held back of its texts, in
 * a chunk of the same shape before it. Every other string is cleaned by itself.
 */
export async function* maskDeltas(
  chunks: AsyncIterable<Members>,
  job: TextStreamJob & { readonly clean: (value: Json) => Json },
): AsyncGenerator<Members> {
  const texts = new Map<string, { readonly stream: TextStream; readonly place: Place }>()
  const feed = (place: Place, piece: string) => {
    const key = JSON.stringify(place)
    // Arguments of calls are the agent's own business: only secrets are looked for in them.
    const free = job.free && place.member !== 'arguments'
    const begin = () => ({ stream: createTextStream({ ...job, free }), place })
    const found = texts.get(key) ?? (texts.size < mostTexts ? begin() : undefined)
    if (found === undefined) return ''
    texts.set(key, found)
    return found.stream.push(piece)
  }
  const flush = (choice: number | null): Members[] => {
    const ended = [...texts].filter(([, { place }]) => choice === null || place.choice === choice)
    return ended.flatMap(([key, { stream, place }]) => {
      texts.delete(key)
      const rest = stream.end()
      return rest === '' ? [] : [deltaOf(place, rest)]
    })
  }
  let last: Members = {}
  for await (const chunk of chunks) {
    last = chunk
    const choices = listOf(chunk.choices).map((choice) => maskChoice(choice, { feed, clean: job.clean }))
    const held = choices.flatMap(({ index, finished }) => (finished ? flush(index) : []))
    for (const rest of held) yield { ...envelope(chunk, job.clean), choices: [rest] }
    yield { ...envelope(chunk, job.clean), choices: choices.map(({ choice }) => choice) }
  }
  for (const rest of flush(null)) yield { ...envelope(last, job.clean), choices: [rest] }
}

/** One text of an answer. */
interface Place {
  readonly choice: number
  readonly member: 'content' | 'refusal' | 'arguments'
  readonly call: number
}

interface Tools {
  readonly feed: (place: Place, piece: string) => string
  readonly clean: (value: Json) => Json
}

function maskChoice(choice: Members, tools: Tools) {
  const index = typeof choice.index === 'number' ? choice.index : 0
  const { content, refusal, tool_calls: calls, ...others } = membersOf(choice.delta)
  const text = (member: 'content' | 'refusal', value: Json | undefined) =>
    typeof value === 'string' ? { [member]: tools.feed({ choice: index, member, call: 0 }, value) } : {}
  const masked = listOf(calls).map((call) => maskCall(call, index, tools))
  const delta = {
    ...membersOf(tools.clean(others)),
    ...text('content', content),
    ...text('refusal', refusal),
    ...(calls === undefined ? {} : { tool_calls: masked }),
  }
  const { delta: _delta, logprobs: _logprobs, ...rest } = choice
  const finished = typeof choice.finish_reason === 'string'
  return { index, finished, choice: { ...membersOf(tools.clean(rest)), index, delta } }
}

function maskCall(call: Members, choice: number, tools: Tools): Members {
  const { function: given, ...others } = call
  const { arguments: text, ...named } = membersOf(given)
  const place = { choice, member: 'arguments', call: typeof call.index === 'number' ? call.index : 0 } as const
  const masked = typeof text === 'string' ? { arguments: tools.feed(place, text) } : {}
  return { ...membersOf(tools.clean(others)), function: { ...membersOf(tools.clean(named)), ...masked } }
}

function deltaOf({ choice, member, call }: Place, text: string): Members {
  const delta: Members =
    member === 'arguments' ? { tool_calls: [{ index: call, function: { arguments: text } }] } : { [member]: text }
  return { index: choice, delta, finish_reason: null }
}

/** The chunk without its choices. Tokens' probabilities would spell the text once more. */
function envelope({ choices: _choices, ...rest }: Members, clean: (value: Json) => Json): Members {
  return membersOf(clean(rest))
}

function listOf(value: Json | undefined): readonly Members[] {
  return Array.isArray(value) ? value.map(membersOf) : []
}

function membersOf(value: Json | undefined): Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Members) : {}
}
