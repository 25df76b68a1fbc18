/**
 * The routes of OpenAI-shaped clients over HTTP, with the line in memory and a real executor behind it: tokens are made
 * by the sign-in stand-in and checked by the stand-in of the service, so that each call shows whose token it carried.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { type OpenAiResource, type SeenPrompt, startOpenAi } from '../../infra/local/openai/server.ts'
import { type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import { selectConfigured } from '../../shared/backend/configured.ts'
import { type Backend, endpointKey } from '../../shared/backend/define.ts'
import { Problem } from '../../shared/errors/problem.ts'
import { readBackendChallenge } from '../../shared/identity/backend-challenge.ts'
import type { ExchangedToken } from '../../shared/identity/principal.ts'
import type { Ports } from '../../shared/pipeline/line.ts'
import type { Answer, Inbound } from '../../shared/pipeline/ports.ts'
import { createOpenAiExecutor } from '../../shared/upstream/openai.ts'
import { createWorldApp } from './line-app.ts'
import { alice, type Faults, noon, type World } from './line-world.ts'

export interface OpenAiWorld {
  /** Base address of the gateway. */
  readonly url: string
  readonly resource: OpenAiResource
  readonly world: World
  /** What the service was asked, by whom. */
  readonly seen: SeenPrompt[]
  readonly plant: (fault: object) => Promise<void>
  readonly stop: () => Promise<void>
}

export interface OpenAiWorldOptions {
  readonly fetch?: typeof fetch
  readonly faults?: Faults
  readonly allow?: Readonly<Record<string, readonly string[]>>
  readonly values?: Readonly<Record<string, string>>
  readonly wrap?: (ports: Ports) => Ports
  /** Audience of the tokens for the service. */
  readonly audience?: string
  readonly flowMs?: number
}

const audience = 'https://cognitiveservices.azure.com'

/** Starts everything; tokens of the gateway are `token-of-<persona>`. */
export async function startOpenAiWorld(
  declared: readonly Backend[],
  options: OpenAiWorldOptions = {},
): Promise<OpenAiWorld> {
  const entra = await startEntra()
  const seen: SeenPrompt[] = []
  const users = [personas.alice.oid, personas.bob.oid]
  const rules = { entra: entra.url, tenant: tenants.home }
  const resource = await startOpenAi({ ...rules, users, watch: (one) => seen.push(one) })
  const allow = options.allow ?? { deployments: ['gpt-5-mini', 'text-embedding-3-small'], tools: [] }
  const configured = selectConfigured(
    declared.filter(({ name }) => name === 'azure-openai'),
    { 'azure-openai': { allow, classification: {} } },
  )
  const wrap = (ports: Ports) => makePorts(ports, { entra, resource, options })
  const { world, app } = createWorldApp([...configured.values()], {
    wrap,
    ...(options.faults === undefined ? {} : { faults: options.faults }),
  })
  for (const name of configured.keys())
    (world.deployment.scopes as Map<string, string>).set(endpointKey(name, undefined), `${audience}/.default`)
  const server = createServer((request, response) => {
    void readInbound(request)
      .then(async (inbound) => {
        const route = inbound.path.startsWith('/openai/') ? app.answers.openai : app.answers.call
        await write(response, await route(inbound).catch((error: unknown) => app.refuse(error, inbound)))
      })
      .catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const stop = async () => {
    server.close()
    server.closeAllConnections()
    await resource.stop()
    await entra.stop()
  }
  const plant = async (fault: object) =>
    void (await fetch(`${resource.url}/dev/fault`, { method: 'POST', body: JSON.stringify(fault) }))
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, resource, world, seen, plant, stop }
}

interface Parts {
  readonly entra: Entra
  readonly resource: OpenAiResource
  readonly options: OpenAiWorldOptions
}

function makePorts(ports: Ports, { entra, resource, options }: Parts): Ports {
  const values = options.values ?? {}
  const openai = createOpenAiExecutor({
    fetch: options.fetch ?? fetch,
    settingsFor: () => ({ baseUrl: `${resource.url}/openai/v1`, values }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
  })
  const verify: Ports['verify'] = async (inbound) => {
    const { assertion } = await ports.verify(inbound)
    const name = /^Bearer token-of-(\w+)$/.exec(inbound.headers.authorization ?? '')?.[1] as PersonaName | undefined
    if (name === undefined) throw new Problem('token_missing', 'Send a token.', { challenge: 'Bearer' })
    return { principal: { ...alice, tid: tenants.home, oid: personas[name].oid }, assertion }
  }
  const exchange: Ports['exchange']['exchange'] = async (request) => {
    await ports.exchange.exchange(request)
    const persona = Object.entries(personas).find(([, { oid }]) => oid === request.principal.oid)?.[0] as PersonaName
    const { token } = entra.mint(persona, { aud: options.audience ?? audience, scp: 'user_impersonation' })
    const { tid, oid } = request.principal
    return { value: token, tid, oid, scope: request.scope, expiresAt: noon } as ExchangedToken
  }
  const flowMs = options.flowMs === undefined ? {} : { flowMs: options.flowMs }
  const made = {
    ...ports,
    ...flowMs,
    verify,
    deadlineMs: 5000,
    exchange: { ...ports.exchange, exchange },
    executors: new Map([['openai', openai]]),
  }
  return options.wrap?.(made) ?? made
}

async function readInbound(request: IncomingMessage): Promise<Inbound> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { pathname, search } = new URL(request.url ?? '/', 'http://127.0.0.1')
  const [, , backend = '', operation = ''] = pathname.split('/')
  const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]))
  return {
    method: request.method ?? 'GET',
    path: pathname,
    ...(pathname.startsWith('/api/') ? { backend, operation } : { backend: '', operation: '' }),
    headers,
    query: search,
    body: Buffer.concat(chunks),
    remoteAddress: '127.0.0.1',
  }
}

async function write(response: ServerResponse, { status, headers, body, stream }: Answer): Promise<void> {
  response.writeHead(status, headers)
  if (stream === undefined) return void response.end(body)
  for await (const piece of stream) {
    if (response.destroyed) return
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), once(response, 'close')])
  }
  response.end()
}
