import type { Problem } from '../errors/problem.ts'
import { failWith } from './failure.ts'

/** One server-sent event (WHATWG HTML, "event stream interpretation"). */
export interface ServerEvent {
  /** Empty where the stream names none. */
  readonly event: string
  readonly data: string
}

/** Bounds of a stream: characters of one event, bytes of all. `count` hears of the bytes as they come. */
export interface EventLimits {
  readonly eventLength: number
  readonly totalBytes: number
  readonly count?: (bytes: number) => void
}

/**
 * Reads the events of a body, however its bytes are cut. Throws Problem `backend_failed` with why `too_large` or
 * `encoding`; what is left of an event at the end is dropped, as the standard says. Leaving early cancels the body.
 */
export async function* readEvents(body: AsyncIterable<Uint8Array>, limits: EventLimits): AsyncGenerator<ServerEvent> {
  let fields: Field[] = []
  let length = 0
  for await (const line of readLines(body, limits)) {
    length += line.length
    if (length > limits.eventLength) throw broken('too_large')
    if (line !== '') fields.push(splitField(line))
    else {
      if (fields.some(({ name }) => name === 'data')) yield eventOf(fields)
      fields = []
      length = 0
    }
  }
}

interface Field {
  readonly name: string
  readonly value: string
}

function eventOf(fields: readonly Field[]): ServerEvent {
  const data = fields.filter(({ name }) => name === 'data').map(({ value }) => value)
  return { event: fields.findLast(({ name }) => name === 'event')?.value ?? '', data: data.join('\n') }
}

async function* readLines(body: AsyncIterable<Uint8Array>, limits: EventLimits): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let held = ''
  let total = 0
  for await (const piece of body) {
    total += piece.byteLength
    limits.count?.(piece.byteLength)
    if (total > limits.totalBytes) throw broken('too_large')
    const lines = (held + decode(decoder, piece)).split(/\r\n|\n|\r(?=.)/s)
    held = lines.pop() ?? ''
    yield* lines
    if (held.length > limits.eventLength) throw broken('too_large')
  }
  if (held !== '') yield held.replace(/\r$/, '')
}

function decode(decoder: TextDecoder, piece: Uint8Array): string {
  try {
    return decoder.decode(piece, { stream: true })
  } catch {
    throw broken('encoding')
  }
}

/** A line without a colon is a name alone; one that begins with it is a comment. */
function splitField(line: string): Field {
  const colon = line.indexOf(':')
  if (colon < 0) return { name: line, value: '' }
  return { name: line.slice(0, colon), value: line.slice(colon + 1).replace(/^ /, '') }
}

function broken(why: string): Problem {
  return failWith({ code: 'backend_failed', fate: 'called', why })
}
