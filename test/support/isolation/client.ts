/** Sends one planned call over HTTP, or breaks it off on the way. */
import { type Agent, type ClientRequest, request } from 'node:http'

export interface Outgoing {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Where a call is broken off: `late` so many milliseconds after all of it was sent, `half` after half of its body,
 * `head` when the answer begins.
 */
export type Cut = { readonly at: 'never' | 'head' } | { readonly at: 'late' | 'half'; readonly ms: number }

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the checks as they come
  readonly body: any
}

const answerWithinMs = 60_000

/** The answer, or null where the call was broken off before all of it had come. Rejects where the gateway is away. */
export function sendCall(base: string, call: Outgoing, { cut, agent }: { cut: Cut; agent: Agent }) {
  return new Promise<Answer | null>((resolve, reject) => {
    const length = String(Buffer.byteLength(call.body))
    const headers = call.body === '' ? call.headers : { ...call.headers, 'content-length': length }
    const sent = request(`${base}${call.path}`, { method: call.method, headers, agent })
    let isCut = false
    const breakOff = () => {
      isCut = true
      sent.destroy()
      resolve(null)
    }
    sent.setTimeout(answerWithinMs, () => sent.destroy(new Error(`no answer to ${call.method} ${call.path}`)))
    sent.on('error', (error) => (isCut ? resolve(null) : reject(error)))
    sent.on('response', (response) => {
      if (cut.at === 'head') return breakOff()
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', (error) => (isCut ? resolve(null) : reject(error)))
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parse(text) })
      })
    })
    write(sent, call.body, cut)
    if ('ms' in cut) setTimeout(() => !sent.closed && breakOff(), cut.ms).unref()
  })
}

function write(sent: ClientRequest, body: string, cut: Cut): void {
  if (cut.at === 'half') sent.write(body.slice(0, Math.ceil(body.length / 2)))
  else sent.end(body)
}

/** JSON, or the message of an event stream that holds one. */
function parse(text: string): unknown {
  const json = /^event: message\ndata: (.*)$/m.exec(text)?.[1] ?? text
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
