import type { ServerResponse } from 'node:http'

/** What the service answers: one JSON value, or events that come one by one. */
export interface Reply {
  readonly status: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
  readonly events?: readonly StreamedEvent[]
}

/** One server-sent event; `data` is JSON but for the mark at the end. */
export interface StreamedEvent {
  readonly event?: string
  readonly data: unknown
}

/** An error in the service's own shape. */
export function fail(status: number, code: string, message: string): Reply {
  return { status, body: { error: { code, message, param: null, type: null } } }
}

/** Categories of the filter, none of which found anything but the one. */
export function filterResults(found?: string): object {
  const names = ['hate', 'self_harm', 'sexual', 'violence']
  return Object.fromEntries(
    names.map((name) => [name, { filtered: name === found, severity: name === found ? 'high' : 'safe' }]),
  )
}

/** How a stream goes wrong. */
export interface StreamFault {
  /** Cuts the connection after so many events. */
  readonly cutAfter?: number
  /** Milliseconds between two events. */
  readonly pause?: number
  /** Never ends: the last content goes on for ever. */
  readonly endless?: boolean
}

/** Sends a reply; a stream one event at a time, and no further once the caller has left. */
export async function send(response: ServerResponse, reply: Reply, fault: StreamFault): Promise<void> {
  const { status, headers, events, body = null } = reply
  const type = events === undefined ? 'application/json' : 'text/event-stream; charset=utf-8'
  response.writeHead(status, { 'content-type': type, ...headers })
  if (events !== undefined) return sendEvents(response, events, fault)
  response.end(typeof body === 'string' ? body : JSON.stringify(body))
}

async function sendEvents(
  response: ServerResponse,
  events: readonly StreamedEvent[],
  fault: StreamFault,
): Promise<void> {
  let sent = 0
  for (const event of fault.endless ? repeat(events) : events) {
    if (sent === fault.cutAfter) response.destroy()
    if (response.destroyed) return
    const isRoom = response.write(writeEvent(event))
    if (fault.pause !== undefined || !isRoom) await new Promise((resolve) => setTimeout(resolve, fault.pause ?? 5))
    sent += 1
  }
  response.end()
}

function writeEvent({ event, data }: StreamedEvent): string {
  const name = event === undefined ? '' : `event: ${event}\n`
  return `${name}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`
}

/** Everything once, and then its third event again and again: bounded, so that no test runs away. */
function* repeat(events: readonly StreamedEvent[]): Generator<StreamedEvent> {
  const third = events[2]
  for (let turn = 0; turn < 1_000_000 && third !== undefined; turn += 1)
    yield turn < 2 ? (events[turn] ?? third) : third
}
