import type { Effect } from '../backend/effect.ts'
import type { Problem } from '../errors/problem.ts'
import type { Json } from '../pipeline/ports.ts'
import { failWith, fateOfLostAnswer } from './failure.ts'
import { makeSafe } from './safe-json.ts'

/** A body read whole. */
export interface ReadBody {
  readonly data: Json
  readonly bytes: number
}

/**
 * Reads an answer's body up to `maxBytes` and parses it by its content type: JSON, or text as one string. Throws
 * Problem `backend_failed` with why `too_large`, `content_type`, `encoding`, `json` or `too_deep`. What makes no sense
 * need not be the backend's own answer, so that of a change nobody can say then whether it was made.
 */
export async function readBody(response: Response, maxBytes: number, effect: Effect): Promise<ReadBody> {
  const chunks = await readChunks(response, maxBytes)
  if (chunks.length === 0) return { data: null, bytes: 0 }
  const kind = kindOf(response.headers.get('content-type'))
  if (kind === null) throw doubt('content_type', effect)
  const text = decode(chunks, effect)
  return { data: kind === 'text' ? text : parseJson(text, effect), bytes: chunks.length }
}

/** Reads a body up to `maxBytes` as UTF-8 text, whatever its type; throws as `readBody` does. */
export async function readText(
  response: Response,
  maxBytes: number,
  effect: Effect,
): Promise<{ text: string; bytes: number }> {
  const chunks = await readChunks(response, maxBytes)
  return { text: decode(chunks, effect), bytes: chunks.length }
}

async function readChunks(response: Response, maxBytes: number): Promise<Buffer> {
  if (Number(response.headers.get('content-length') ?? 0) > maxBytes) return tooLarge(response)
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength
    // Leaving the loop cancels the stream, so that the rest is not read.
    if (size > maxBytes) throw refuse('too_large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function tooLarge(response: Response): Promise<never> {
  await response.body?.cancel()
  throw refuse('too_large')
}

function kindOf(contentType: string | null): 'json' | 'text' | null {
  const type = (contentType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) return 'json'
  return type === 'text/plain' || type === 'text/csv' ? 'text' : null
}

function decode(bytes: Buffer, effect: Effect): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw doubt('encoding', effect)
  }
}

/** Parses JSON; members named `__proto__` are left out, too deep nesting is refused. */
function parseJson(text: string, effect: Effect): Json {
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    // The parser's message quotes the text, so it is not kept as a cause.
    throw doubt('json', effect)
  }
  const safe = makeSafe(parsed as Json)
  if (safe === undefined) throw refuse('too_deep')
  return safe
}

function refuse(why: string): Problem {
  return failWith({ code: 'backend_failed', fate: 'called', why, members: { next: { action: 'change_input' } } })
}

function doubt(why: string, effect: Effect): Problem {
  return failWith({ code: 'backend_failed', fate: fateOfLostAnswer(effect), why })
}
