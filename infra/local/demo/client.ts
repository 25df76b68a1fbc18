import { z } from 'zod'
import type { StackFile } from '../stack/local-folder.ts'

/** An answer of the gateway, as an agent sees it. */
export interface Reply {
  readonly status: number
  readonly headers: Headers
  // An agent reads members by name; a wrong guess is undefined, which the demo's checks then refuse.
  readonly body: Loose
}

export interface Loose {
  readonly [name: string]: unknown
}

const token = z.object({ token: z.string() })

/** What an agent does: gets tokens for people, calls operations, asks why. */
export interface Agent {
  readonly signIn: (persona: string, extra?: Loose) => Promise<string>
  readonly call: (bearer: string, operation: string, inputs: Loose) => Promise<Reply>
  /** What a route answers to GET. */
  readonly read: (bearer: string, path: string) => Promise<Reply>
  readonly explain: (bearer: string, question: Loose) => Promise<Reply>
  /** Plants a fault in the sign-in stand-in. */
  readonly plant: (fault: Loose) => Promise<void>
  readonly clear: () => Promise<void>
}

/** An agent of the running stack. */
export function createAgent({ gateway, entra }: StackFile): Agent {
  const dev = (path: string, body: Loose) => post(`${entra}/dev/${path}`, body, {})
  const governed = (bearer: string, path: string, body: Loose) =>
    post(`${gateway}/api/${path}`, body, {
      authorization: `Bearer ${bearer}`,
      'countersign-agent': 'demo',
      'countersign-purpose': 'to show what Countersign does',
    })
  return {
    signIn: async (persona, extra = {}) => token.parse((await dev('token', { persona, ...extra })).body).token,
    call: (bearer, operation, inputs) => governed(bearer, operation, inputs),
    read: (bearer, path) =>
      send(`${gateway}/api/${path}`, { method: 'GET', headers: { authorization: `Bearer ${bearer}` } }),
    explain: (bearer, question) => governed(bearer, 'explain', question),
    plant: async (fault) => void (await dev('fault', fault)),
    clear: async () => void (await fetch(`${entra}/dev/fault`, { method: 'DELETE' })),
  }
}

function post(url: string, body: Loose, headers: Record<string, string>): Promise<Reply> {
  const all = { 'content-type': 'application/json', ...headers }
  return send(url, { method: 'POST', body: JSON.stringify(body), headers: all })
}

async function send(url: string, init: RequestInit): Promise<Reply> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(30_000) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as Loose) }
}
