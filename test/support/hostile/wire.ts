import { connect } from 'node:net'
import type { Sent } from './row.ts'

/** An answer as it came over the socket; `code` null where the body names none. */
export interface WireAnswer {
  readonly status: number
  readonly head: string
  readonly text: string
  readonly code: string | null
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

/** Where a request goes, and its body where the row has none of its own. */
export interface Target {
  readonly method: string
  readonly path: string
  readonly body?: unknown
}

const waitMs = 20_000
/** What is longer is sent in two parts: a server that has heard enough answers and closes, and a reset would lose that. */
const firstPart = 32 * 1024
const answerMs = 100

/** Sends bytes and gives all that came back before the connection closed. A server may close while it is still sent to. */
export function sendBytes(base: string, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(new URL(base).port), '127.0.0.1')
    socket.setEncoding('utf8').setTimeout(waitMs, () => socket.destroy(new Error('no answer')))
    const whole = Buffer.from(bytes as string)
    socket.on('connect', () => {
      socket.write(whole.subarray(0, firstPart))
      if (whole.length <= firstPart) return
      const rest = setTimeout(() => socket.write(whole.subarray(firstPart)), answerMs)
      socket.once('data', () => clearTimeout(rest)).once('close', () => clearTimeout(rest))
    })
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', (error) => (received === '' ? reject(error) : resolve(received)))
    socket.on('close', () => resolve(received))
  })
}

/** Sends a row: header lines as they are, which no HTTP client would do, and reads the one answer. */
export async function sendRow(base: string, sent: Sent, target: Target): Promise<WireAnswer> {
  const { authorization, query, contentType = 'application/json', headers = {} } = sent
  const body = target.method === 'GET' ? '' : (sent.body ?? JSON.stringify(target.body ?? {}))
  const lines = [
    `${target.method} ${target.path}${query === undefined ? '' : `?${query}`} HTTP/1.1`,
    'host: localhost',
    'connection: close',
    'accept: application/json, text/event-stream',
    ...(target.method === 'GET' ? [] : [`content-type: ${contentType}`, `content-length: ${Buffer.byteLength(body)}`]),
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    // By different spellings, since a second header of one name might be told apart by its letters.
    ...authorization.map((value, index) => `${index === 0 ? 'Authorization' : 'authorization'}: ${value}`),
  ]
  return parseAnswer(await sendBytes(base, Buffer.from(`${lines.join('\r\n')}\r\n\r\n${body}`, 'latin1')))
}

export function parseAnswer(received: string): WireAnswer {
  const [head = '', ...rest] = received.split('\r\n\r\n')
  const text = rest.join('\r\n\r\n')
  const json = /\{[\s\S]*\}/.exec(text)?.[0]
  const body = json === undefined ? undefined : (JSON.parse(json) as { code?: string })
  return { status: Number(head.split(' ')[1]), head, text, code: body?.code ?? null, body }
}

/** The value of a header of an answer. */
export function headerOf({ head }: WireAnswer, name: string): string | null {
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}:`))
  return line === undefined ? null : line.slice(name.length + 1).trim()
}
