import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { findOperation } from '../../shared/backend/catalogue.ts'
import type { Backend } from '../../shared/backend/define.ts'
import { readBackendChallenge } from '../../shared/identity/backend-challenge.ts'
import type { Json, UpstreamAnswer, UpstreamCall } from '../../shared/pipeline/ports.ts'
import { createRestExecutor, type RestOptions, type RestSettings } from '../../shared/upstream/rest.ts'
import { parseXml } from '../../shared/upstream/xml-reader.ts'
import { type CallParts, makeCall } from '../unit/upstream/calls.ts'

/** One request as the server got it. */
export interface Asked {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

/** A server on 127.0.0.1 that answers whatever the test at hand says, and remembers what it was asked. */
export interface Site {
  readonly url: string
  readonly asked: Asked[]
  /** What it answers from now on. */
  reply: (asked: Asked, response: ServerResponse) => void
  readonly close: () => void
}

/** Answers JSON. */
export const answerWith =
  (data: unknown, status = 200, headers: Readonly<Record<string, string>> = {}): Site['reply'] =>
  (_asked, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(data))
  }

/** Opens one; the test closes it. */
export async function openSite(reply: Site['reply'] = answerWith({})): Promise<Site> {
  const asked: Asked[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const one = { method: request.method ?? '', url: request.url ?? '', headers: request.headers, body }
    asked.push(one)
    site.reply(one, response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const site: Site = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    reply,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
  return site
}

/** The key of all handles in tests. */
const handleKey = new Uint8Array(32).fill(7)

/** Where the backend is, what the deployment says of it, and what of the executor is otherwise. */
export interface RestWorldParts {
  readonly baseUrl: string
  readonly values?: RestSettings['values']
  /** Base URLs of further endpoints, by name. */
  readonly endpoints?: Readonly<Record<string, string>>
  readonly options?: Partial<RestOptions>
}

/** What of one call is not as usual: principal, token, row limit, effect, judged statement, handle. */
export type CallWish = Omit<CallParts, 'operation' | 'backend' | 'inputs'> & { readonly handle?: string }

/**
 * Calls declared operations of one backend through the real executor: inputs are parsed by the declared schema (what
 * does not fit throws its ZodError), policy and masking are not asked. Resolves and throws as `Executor.call` does.
 */
export function createRestWorld(backend: Backend, parts: RestWorldParts) {
  const { baseUrl, values = {}, endpoints = {} } = parts
  const executor = createRestExecutor({
    fetch,
    settingsFor: (_backend, at) => ({ baseUrl: at === undefined ? baseUrl : (endpoints[at] ?? ''), values }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    parseXml,
    handleKey: async () => handleKey,
    ...parts.options,
  })
  return (name: string, inputs: Readonly<Record<string, Json>> = {}, wish: CallWish = {}): Promise<UpstreamAnswer> =>
    executor.call(callOf(backend, { name, inputs }, wish))
}

function callOf(
  backend: Backend,
  { name, inputs }: { readonly name: string; readonly inputs: Readonly<Record<string, Json>> },
  { handle, ...wish }: CallWish,
): UpstreamCall {
  const operation = findOperation(backend, name)
  if (operation === undefined) throw new Error(`${backend.name} has no operation ${name}`)
  const parsed = operation.inputs().parse(inputs) as Record<string, Json>
  const call = makeCall({ operation, backend, inputs: parsed, ...wish })
  const made = { ...call, invocation: { ...call.invocation, backend, operationName: name } }
  return handle === undefined ? made : { ...made, handle }
}
