import type { Json } from '../pipeline/ports.ts'
import { readEvents } from './events.ts'
import { failWith } from './failure.ts'
import { listOf, membersOf } from './openai-facts.ts'
import { lostAnswer, type Response2xx, type Sending } from './openai-wire.ts'
import { makeSafe } from './safe-json.ts'

type Members = Readonly<Record<string, Json>>

/** Longest event, in characters. */
const eventLength = 1024 * 1024

/**
 * Collects the activities of one turn (Direct-to-Engine of Copilot Studio: `event: activity` … `event: end`). What is
 * said is passed on, with choices and cards; that somebody types, and links to attachments, are not. Throws as streams do.
 */
export async function readActivities(
  { response }: Response2xx,
  { call, signal }: Sending,
  totalBytes: number,
): Promise<{ readonly data: Json; readonly bytes: number }> {
  const messages: Json[] = []
  let conversation = response.headers.get('x-ms-conversationid')
  let bytes = 0
  const count = (more: number) => {
    bytes += more
  }
  try {
    const body = (response.body ?? []) as AsyncIterable<Uint8Array>
    for await (const { event, data } of readEvents(body, { eventLength, totalBytes, count })) {
      if (event === 'end') return { data: { conversation, messages }, bytes }
      const activity = event === 'activity' ? parse(data) : {}
      conversation ??= textOf(membersOf(activity.conversation).id)
      if (activity.type === 'message') messages.push(describe(activity))
    }
    throw failWith({ code: 'backend_failed', fate: 'called', why: 'connection_lost' })
  } catch (error) {
    throw lostAnswer(error, call, signal)
  }
}

function parse(data: string): Members {
  try {
    return membersOf(makeSafe(JSON.parse(data) as Json) ?? null)
  } catch {
    throw failWith({ code: 'backend_failed', fate: 'called', why: 'json' })
  }
}

function describe({ id, text, attachments, suggestedActions }: Members): Json {
  const cards = listOf(attachments).flatMap(({ contentType, content }) =>
    content === undefined ? [] : [{ contentType: textOf(contentType), content }],
  )
  const choices = listOf(membersOf(suggestedActions).actions).map(({ title }) => textOf(title))
  return {
    id: textOf(id),
    text: textOf(text),
    ...(choices.length === 0 ? {} : { choices }),
    ...(cards.length === 0 ? {} : { cards }),
  }
}

function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null
}
