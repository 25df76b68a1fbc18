import type { Json } from '../pipeline/ports.ts'

type Members = Readonly<Record<string, Json>>

/** What is worth recording of an answer, in the order in which its pieces come; nothing of its text. */
export interface AnswerFacts {
  /** Takes a whole answer or one piece of it. */
  readonly note: (piece: Members) => void
  /** For the outcome row: ids, why it ended, counts. */
  readonly ids: () => Readonly<Record<string, string>>
  /** Undefined as long as the service did not say it. */
  readonly tokens: () => { readonly prompt: number; readonly completion: number } | undefined
  /** Characters of text so far. */
  readonly length: () => number
}

/** Categories of the content filters of Azure OpenAI; no other word of a backend is repeated. */
const categories: readonly string[] = [
  'hate',
  'sexual',
  'violence',
  'self_harm',
  'jailbreak',
  'profanity',
  'indirect_attack',
  'protected_material_text',
  'protected_material_code',
  'custom_blocklists',
]

const endings = /^(?:stop|length|tool_calls|function_call|content_filter|completed|incomplete|max_output_tokens)$/

/** Starts collecting. */
export function collectFacts(): AnswerFacts {
  const seen: Record<'ends' | 'filtered' | 'calls', Set<string>> = {
    ends: new Set(),
    filtered: new Set(),
    calls: new Set(),
  }
  let ids: Record<string, string> = {}
  let tokens: ReturnType<AnswerFacts['tokens']>
  let length = 0
  return {
    note: (piece) => {
      const whole = membersOf(piece.response ?? piece)
      ids = { ...ids, ...idsOf(whole) }
      tokens = readUsage(whole.usage) ?? tokens
      length += lengthOf(piece)
      for (const end of endsOf(whole)) seen.ends.add(end)
      for (const name of filteredIn(whole)) seen.filtered.add(name)
      for (const call of callsOf(whole, piece)) seen.calls.add(call)
    },
    ids: () => ({
      ...ids,
      ...(seen.ends.size === 0 ? {} : { finish: [...seen.ends].sort().join(' ') }),
      ...(seen.filtered.size === 0 ? {} : { contentFilter: [...seen.filtered].sort().join(' ') }),
      ...(seen.calls.size === 0 ? {} : { toolCalls: String(seen.calls.size) }),
      ...(tokens === undefined
        ? {}
        : { promptTokens: String(tokens.prompt), completionTokens: String(tokens.completion) }),
    }),
    tokens: () => tokens,
    length: () => length,
  }
}

/** The categories that a filter says it stopped something for. */
export function filteredIn(value: Json | undefined, depth = 0): readonly string[] {
  if (value === null || typeof value !== 'object' || depth > 8) return []
  return Object.entries(value).flatMap(([name, item]: [string, Json]) => {
    const own = categories.includes(name) && membersOf(item).filtered === true ? [name] : []
    return [...own, ...filteredIn(item, depth + 1)]
  })
}

function idsOf({ id, model }: Members): Record<string, string> {
  const plain = Object.entries({ id, model }).filter(
    (pair): pair is [string, string] => typeof pair[1] === 'string' && /^[\x21-\x7e]{1,200}$/.test(pair[1]),
  )
  return Object.fromEntries(plain)
}

/** Chat and embeddings say `prompt_tokens`, responses say `input_tokens`. */
function readUsage(value: Json | undefined): ReturnType<AnswerFacts['tokens']> {
  const usage = membersOf(value)
  const prompt = countOf(usage.prompt_tokens ?? usage.input_tokens)
  if (prompt === undefined) return undefined
  return { prompt, completion: countOf(usage.completion_tokens ?? usage.output_tokens) ?? 0 }
}

function countOf(value: Json | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined
}

function endsOf(whole: Members): readonly string[] {
  const reason = membersOf(whole.incomplete_details).reason
  const named = [...listOf(whole.choices).map(({ finish_reason: end }) => end), whole.status, reason]
  return named.filter((end): end is string => typeof end === 'string' && endings.test(end))
}

/** Calls that the model wants of the agent, each once: in pieces only the first names its function. */
function callsOf(whole: Members, piece: Members): readonly string[] {
  const ofChat = listOf(whole.choices).flatMap((choice, at) =>
    listOf(membersOf(choice.message ?? choice.delta).tool_calls)
      .filter((call) => typeof membersOf(call.function).name === 'string')
      .map((call, index) => `${String(choice.index ?? at)}/${String(call.index ?? index)}`),
  )
  const items = [...listOf(whole.output), membersOf(piece.item)]
  const ofResponse = items.filter(({ type }) => type === 'function_call').map(({ call_id: id }) => String(id))
  return [...ofChat, ...ofResponse]
}

/** Text that came in this piece; a closing event that repeats it all is left out. */
function lengthOf(piece: Members): number {
  if (typeof piece.delta === 'string') return piece.delta.length
  const texts = listOf(piece.choices).map((choice) => membersOf(choice.delta ?? choice.message).content)
  return texts.reduce((sum: number, text) => sum + (typeof text === 'string' ? text.length : 0), 0)
}

export function listOf(value: Json | undefined): readonly Members[] {
  return Array.isArray(value) ? value.map(membersOf) : []
}

export function membersOf(value: Json | undefined): Members {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? (value as Members) : {}
}
