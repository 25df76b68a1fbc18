import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { connect } from 'node:net'
import { Client } from 'pg'
import { apps, type PersonaName, personas } from '../../infra/local/personas.ts'
import { postgresAudience } from '../../infra/local/postgres/front.ts'
import { type Launched, launchStack } from './gateway-launch.ts'

type Loose = Readonly<Record<string, unknown>>

export interface Ask {
  readonly method?: string
  readonly path: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Text or bytes as they are; anything else as JSON. */
  readonly body?: unknown
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

/** A running stack, and what an integrator, an operator and the backends' own clients do with it. */
export interface World extends Launched {
  readonly ask: (ask: Ask) => Promise<Reply>
  /** A governed call as a persona, or with a token that was made before. */
  readonly call: (who: PersonaName | { token: string }, operation: string, inputs?: unknown) => Promise<Reply>
  readonly query: (who: PersonaName | { token: string }, sql: string, params?: readonly unknown[]) => Promise<Reply>
  readonly token: (persona: PersonaName, overrides?: Loose) => Promise<string>
  readonly sign: (order: Loose) => Promise<string>
  /** Plants a fault in the sign-in stand-in; resolves with how many are planted now. */
  readonly plant: (fault: Loose) => Promise<number>
  readonly clear: () => Promise<void>
  readonly plantOrders: (fault: Loose) => Promise<void>
  /** A request to the orders API itself, past the gateway; resolves with its status. */
  readonly askOrders: (persona: PersonaName, path: string) => Promise<number>
  /** Rows that the database itself gives to a person, past the gateway. */
  readonly rows: (persona: PersonaName, sql: string) => Promise<Loose[]>
  /** Bytes over a bare socket; resolves with all that came back. */
  readonly raw: (text: string) => Promise<string>
  /** Tokens that were handed out, and every answer that the gateway gave. */
  readonly issued: readonly string[]
  readonly answers: readonly { readonly ask: Ask; readonly status: number; readonly text: string }[]
}

/** Starts a stack and gives the means to use it. */
export async function openWorld(): Promise<World> {
  const stack = await launchStack()
  const issued: string[] = []
  const answers: { ask: Ask; status: number; text: string }[] = []
  const ask = async (asked: Ask) => {
    const reply = await send(stack.file.gateway, asked)
    answers.push({ ask: asked, status: reply.status, text: `${reply.text} ${JSON.stringify([...reply.headers])}` })
    return reply
  }
  const dev = async (path: string, body: Loose) => {
    const { text } = await send(stack.file.entra, { path: `/dev/${path}`, body })
    return JSON.parse(text) as { token: string; planted: number }
  }
  const keep = (token: string) => {
    issued.push(token)
    return token
  }
  const token: World['token'] = async (persona, overrides = {}) =>
    keep((await dev('token', { persona, ...overrides })).token)
  const bearerOf = async (who: PersonaName | { token: string }) => (typeof who === 'string' ? token(who) : who.token)
  const call: World['call'] = async (who, operation, inputs = {}) =>
    ask({ path: `/api/${operation}`, token: await bearerOf(who), body: inputs })
  return {
    ...stack,
    ask,
    call,
    query: (who, sql, params) => call(who, 'azure-postgresql/executeQuery', { sql, ...(params ? { params } : {}) }),
    token,
    sign: async (order) => keep((await dev('sign', order)).token),
    plant: async (fault) => (await dev('fault', fault)).planted,
    clear: async () => void (await send(stack.file.entra, { method: 'DELETE', path: '/dev/fault' })),
    ...backendClients(stack, (persona, overrides) => token(persona, overrides)),
    raw: (text) => exchangeBytes(stack.file.gateway, text),
    issued,
    answers,
  }
}

async function send(base: string, { method, path, token, headers = {}, body }: Ask): Promise<Reply> {
  const sent =
    body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const response = await fetch(`${base}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(sent === undefined ? {} : { body: sent as string }),
  })
  const text = await response.text()
  const json = response.headers.get('content-type')?.includes('json') === true && text !== ''
  return { status: response.status, headers: response.headers, text, body: json ? JSON.parse(text) : undefined }
}

function backendClients({ file }: Launched, token: World['token']): Pick<World, 'plantOrders' | 'askOrders' | 'rows'> {
  const ca = readFileSync(file.ca, 'utf8')
  const orders = (path: string, options: { method: string; bearer?: string; body?: Loose }) =>
    new Promise<number>((resolve, reject) => {
      const headers = options.bearer === undefined ? {} : { authorization: `Bearer ${options.bearer}` }
      const url = new URL(path, file.backends['rest-entra-api'].url)
      const sent = request(url, { method: options.method, ca, headers }, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0))
      })
      sent.on('error', reject).end(options.body === undefined ? undefined : JSON.stringify(options.body))
    })
  return {
    plantOrders: async (body) => {
      const status = await orders('/dev/fault', { method: 'POST', body })
      if (status !== 204) throw new Error(`the orders API took no fault: ${status}`)
    },
    askOrders: async (persona, path) =>
      orders(path, { method: 'GET', bearer: await token(persona, { aud: apps.orders }) }),
    rows: async (persona, sql) => {
      const password = await token(persona, { version: 1, aud: postgresAudience, scope: 'user_impersonation' })
      const { host, port, database } = file.backends['azure-postgresql']
      const client = new Client({ host, port, database, user: personas[persona].username, password, ssl: { ca } })
      await client.connect()
      try {
        return (await client.query(sql)).rows as Loose[]
      } finally {
        await client.end()
      }
    },
  }
}

function exchangeBytes(base: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = ''
    const socket = connect(Number(new URL(base).port), '127.0.0.1', () => socket.write(text))
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', (chunk) => {
      received += chunk
    })
    socket.on('error', reject).on('close', () => resolve(received))
  })
}
