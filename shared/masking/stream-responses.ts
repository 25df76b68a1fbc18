import type { Json } from '../pipeline/ports.ts'
import { createTextStream, type TextStream, type TextStreamJob } from './stream-text.ts'

type Members = Readonly<Record<string, Json>>

/** Most texts of one answer that flow side by side; a further one is left out. */
const mostTexts = 256

/** Text of the model, as against the arguments of calls, in which only secrets are looked for. */
const texts: readonly string[] = ['text', 'refusal', 'content', 'summary']

/**
 * Masks the events of a response as they come (`response.*`, as in OpenAI's API). Each `….delta` belongs to one text,
 * however it is cut; the `….done` behind it brings what was held back in a delta before it. Whole texts in other events
 * are masked exactly as they flowed, every other string is cleaned by itself.
 */
export async function* maskResponseEvents(
  events: AsyncIterable<Members>,
  job: TextStreamJob & { readonly clean: (value: Json) => Json },
): AsyncGenerator<Members> {
  let number = 0
  for await (const event of maskAll(events, job)) {
    // What was held back comes in events of our own, which are counted as well.
    yield typeof event.sequence_number === 'number' ? { ...event, sequence_number: number } : event
    number += 1
  }
}

async function* maskAll(events: AsyncIterable<Members>, job: Flowing['job']): AsyncGenerator<Members> {
  const open: Flowing['open'] = new Map()
  for await (const event of events) {
    const { type, delta } = event
    if (typeof type !== 'string') continue
    if (type.endsWith('.delta') && typeof delta === 'string') yield* flow(event, delta, { open, job })
    else {
      yield* flush(event, open)
      yield maskWhole(event, job)
    }
  }
  yield* flush(null, open)
}

interface Flowing {
  readonly open: Map<string, { readonly stream: TextStream; readonly event: Members }>
  readonly job: TextStreamJob & { readonly clean: (value: Json) => Json }
}

function* flow(event: Members, delta: string, { open, job }: Flowing): Generator<Members> {
  const key = placeOf(event, String(event.type).replace(/\.delta$/, ''))
  const isArguments = /arguments|input|code/.test(String(event.type))
  const free = job.free && !isArguments
  const found = open.get(key) ?? (open.size < mostTexts ? { stream: createTextStream({ ...job, free }), event } : null)
  if (found === null) return
  open.set(key, found)
  const shown = found.stream.push(delta)
  yield { ...withoutText(event, job.clean), delta: shown }
}

/** What waits of the texts that this event ends; of every text where there is no event any more. */
function* flush(event: Members | null, open: Flowing['open']): Generator<Members> {
  const isEnded = endedBy(event)
  const ended = [...open].filter(([place]) => isEnded(place))
  for (const [place, { stream, event: first }] of ended) {
    open.delete(place)
    const rest = stream.end()
    if (rest !== '') yield { ...withoutText(first, (value) => value), delta: rest }
  }
}

const endsOne = /(?:_(?:text|arguments|input|code)|refusal)\.done$/
const endsAll = /^response\.(?:completed|incomplete|failed|output_item\.done|content_part\.done)$/

function endedBy(event: Members | null): (place: string) => boolean {
  if (event === null) return () => true
  const type = String(event.type)
  if (!endsOne.test(type)) return () => endsAll.test(type)
  const own = placeOf(event, type.replace(/\.done$/, ''))
  return (place) => place === own
}

function placeOf(event: Members, type: string): string {
  return JSON.stringify([type, event.output_index ?? 0, event.content_index ?? event.summary_index ?? 0])
}

/** Tokens' probabilities would spell the text once more; padding says nothing. */
function withoutText(event: Members, clean: (value: Json) => Json): Members {
  const { delta: _delta, logprobs: _logprobs, obfuscation: _padding, ...rest } = event
  return clean(rest) as Members
}

function maskWhole(event: Members, job: Flowing['job']): Members {
  const { logprobs: _logprobs, obfuscation: _padding, ...rest } = event
  return maskMembers(rest, job)
}

function maskMembers(members: Members, job: Flowing['job']): Members {
  const kept = Object.entries(members).filter(([name]) => name !== 'logprobs')
  return Object.fromEntries(kept.map(([name, value]) => [name, maskValue(name, value, job)]))
}

function maskValue(name: string, value: Json, job: Flowing['job']): Json {
  if (typeof value === 'string') return texts.includes(name) ? maskText(value, job) : job.clean(value)
  if (value === null || typeof value !== 'object') return value
  if (Array.isArray(value)) return value.map((item: Json) => maskValue(name, item, job))
  return maskMembers(value as Members, job)
}

/** As it flowed: the same cuts, whatever the pieces were. */
function maskText(text: string, job: Flowing['job']): string {
  const stream = createTextStream(job)
  return stream.push(text) + stream.end()
}
