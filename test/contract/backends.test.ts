import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Backend, Cloud, Endpoint, PerCloud } from '../../shared/backend/define.ts'
import type { RestCall } from '../../shared/backend/rest-call.ts'
import type { Problem } from '../../shared/errors/problem.ts'
import { checkBaseUrl } from '../../shared/upstream/hosts.ts'
import { inputsTaken, schemaOfInputs, textsIn } from '../support/declared-calls.ts'
import { type DeclaredOperation, loadFunctions, objectsIn, operationsOf } from '../support/line-declarations.ts'
import { echoFor } from '../support/specs/echo.ts'
import type { SentRequest } from '../support/specs/match.ts'
import { callRest } from '../support/specs/rest-caller.ts'
import type { Extent } from '../support/specs/sample.ts'
import { inputsOf } from '../support/specs/samples.ts'
import { type Reply, type SpecServer, serveReplies } from '../support/specs/spec-server.ts'
import { makeToken, principal, problemOf } from '../unit/upstream/calls.ts'

const backends = await loadFunctions()
const operations = operationsOf(backends)
const clouds: readonly Cloud[] = ['public', 'usgov', 'china']
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const named = backends.map((backend) => [backend.name, backend] as const)

/** Asked by a token service with credentials of its own kind: no token of Entra's is for it, in no cloud. */
const isForTokens = ({ scope }: Endpoint) => typeof scope !== 'string' && clouds.every((cloud) => scope[cloud] === null)
/** What a token service or a warehouse's protocol takes is in no template. */
const hasOwnValues = (backend: Backend) =>
  backend.tokenService !== undefined ||
  Object.values(backend.operations).some(({ call }) => ['warehouse', 'cosmos', 'mongo'].includes(call.technology))

/** Every endpoint with a name for messages: the backend's own is called by the backend's name. */
const endpoints = backends.flatMap((backend) => [
  [backend.name, backend as Endpoint] as const,
  ...Object.entries(backend.endpoints ?? {}).map(
    ([at, endpoint]) => [`${backend.name}/${at}`, withPermission(endpoint, backend)] as const,
  ),
])

const rest = operations.filter(
  ({ operation }) => operation.call.technology === 'rest' && operation.unsupported === undefined,
)
const callOf = ({ operation }: DeclaredOperation) => operation.call as RestCall
const titled = (some: readonly DeclaredOperation[]) => some.map((each) => [each.title, each] as const)

describe('each backend', () => {
  it.each(named)('%s says how honest it is, in whole sentences', (_name, backend) => {
    expect(['yes', 'conditional', 'partial', 'by-token-service']).toContain(backend.honesty)
    expect(backend.notes?.length).toBeGreaterThan(0)
    for (const note of backend.notes ?? []) expect(note).toMatch(/^[A-Z].{19,}[.)]$/)
  })

  it.each(named)('%s is honest by a token service exactly where it has one', (_name, backend) => {
    if (backend.tokenService !== undefined) expect(backend.honesty).not.toBe('yes')
    if (backend.honesty === 'by-token-service') expect(backend.tokenService).toBeDefined()
  })

  it.each(named)('%s wants values that it uses, and describes them', (_name, backend) => {
    const used = textsIn(backend).flatMap((text) => [...text.matchAll(/\{@(\w+)\}/g)].map(([, name]) => name))
    const unused = Object.keys(backend.values ?? {}).filter((name) => !used.includes(name))
    if (!hasOwnValues(backend)) expect(unused).toEqual([])
    expect(used.filter((name) => backend.values?.[name ?? ''] === undefined)).toEqual([])
    for (const { description } of Object.values(backend.values ?? {})) expect(description).toMatch(/^[A-Z].{9,}$/)
  })

  it.each(named)('%s limits inputs that some operation has', (_name, backend) => {
    const known = Object.values(backend.operations).flatMap((operation) => inputNames(operation))
    // A command names its collection within itself, where its executor looks.
    const within = Object.values(backend.operations).some(({ call }) => call.technology === 'mongo')
      ? ['collection']
      : []
    expect(Object.keys(backend.limits ?? {}).filter((input) => ![...known, ...within].includes(input))).toEqual([])
  })

  it.each(named)('%s sends headers of its own that are not credentials', (_name, backend) => {
    const ours = ['authorization', 'cookie', 'host', 'x-api-key', 'api-key', 'ocp-apim-subscription-key']
    const all = [...Object.keys(backend.correlation ?? {}), ...Object.values(backend.operations).flatMap(headersOf)]
    expect(all.filter((name) => ours.includes(name.toLowerCase()))).toEqual([])
  })
})

describe('each endpoint', () => {
  it.each(endpoints)(
    '%s asks for a scope in every cloud: one, none known, or what the deployment says',
    (_place, endpoint) => {
      if (typeof endpoint.scope === 'string') return expect(['configured', 'host']).toContain(endpoint.scope)
      assertPerCloud(endpoint.scope, /^((https|api):\/\/\S+|[0-9a-f-]{36})\/\S+$/)
    },
  )

  it.each(endpoints)('%s names the delegated permission to grant', (_place, endpoint) => {
    if (isForTokens(endpoint)) return expect(endpoint.permission?.resource ?? 'tenant-defined').toBe('tenant-defined')
    const { permission } = endpoint
    expect(permission?.resource).toMatch(/^(tenant-defined|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$/)
    expect(permission?.name).toMatch(/\S/)
    for (const scope of permission?.scopes ?? []) expect(scope).toMatch(/^[A-Za-z][\w.:-]*$/)
    // What the company itself registers has a scope that only its deployment knows.
    if (!guid.test(permission?.resource ?? '')) expect(['configured', 'host']).toContain(endpoint.scope)
  })

  it.each(endpoints)('%s allows hosts in every cloud, or knows none', (_place, endpoint) => {
    expect(Object.keys(endpoint.hostSuffixes).sort()).toEqual(['china', 'public', 'usgov'])
    for (const suffix of clouds.flatMap((cloud) => endpoint.hostSuffixes[cloud] ?? []))
      expect(suffix).toMatch(/^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/)
  })

  it.each(endpoints)('%s has a scope where it has a base, and a base under its own suffixes', (_place, endpoint) => {
    const { scope, base } = endpoint
    for (const cloud of clouds.filter((cloud) => (base?.[cloud] ?? null) !== null)) {
      expect(checkBaseUrl(base?.[cloud] ?? '', endpoint.hostSuffixes[cloud] ?? ['.none.invalid'], false)).toBeNull()
      if (typeof scope !== 'string' && !isForTokens(endpoint)) expect(scope[cloud]).not.toBeNull()
    }
  })
})

describe('each operation', () => {
  /** What only gives a secret or a link that works for whoever holds it. */
  const secretive =
    /(?:^|[a-z])(?:Sas|SAS|SignedUrl|DownloadUrl|EmbedToken|ConnectionString|AccessToken|Credentials?)(?:[A-Z]|$)|^(?:sas|regenerate)(?:[A-Z]|$)/

  it.each(titled(operations))('%s makes no link or key that works for whoever holds it', (_title, each) => {
    const path = each.operation.call.technology === 'rest' ? callOf(each).path : ''
    const isSecretive =
      /\/(?:listKeys|regenerateKey|generateAccountSas|listServiceSas|GenerateToken|listConnectionStrings)\b/i.test(path)
    if (secretive.test(each.name) || isSecretive) expect(each.operation.unsupported).toBeDefined()
  })

  it.each(titled(operations))('%s says in a whole sentence what is not supported and what to know', (_title, each) => {
    for (const said of [each.operation.unsupported, each.operation.note])
      if (said !== undefined) expect(said).toMatch(/^[A-Z].{9,}[.)]$/)
  })

  it.each(titled(rest))('%s has an effect that is no smaller than its method', (_title, each) => {
    const { effect } = each.operation
    const { method } = callOf(each)
    const allowed: Readonly<Record<RestCall['method'], readonly string[]>> = {
      GET: ['read', 'write', 'admin'],
      HEAD: ['read'],
      POST: ['read', 'write', 'delete', 'admin'],
      PUT: ['write', 'delete', 'admin'],
      PATCH: ['write', 'delete', 'admin'],
      DELETE: ['delete', 'admin'],
    }
    expect(allowed[method]).toContain(effect)
  })

  it.each(titled(rest.filter((each) => callOf(each).page !== undefined)))(
    '%s turns pages by a cursor alone',
    (_title, each) => {
      const { properties = {}, required = [] } = schemaOf(each)
      expect(properties.cursor?.type).toBe('string')
      expect(required).not.toContain('cursor')
    },
  )

  it.each(titled(operations))('%s has inputs that a client of MCP understands', (_title, each) => {
    const nodes = objectsIn(schemaOf(each)).filter(({ pointer }) => !pointer.endsWith('/properties'))
    const words = ['$ref', '$defs', 'oneOf', 'allOf', 'not']
    expect(nodes.filter(({ node }) => words.some((word) => word in node)).map(({ pointer }) => pointer)).toEqual([])
    // A value of a statement is one of several plain types; a tool then says the first.
    const unions = nodes.flatMap(({ node }) => (node.anyOf ?? []) as readonly { readonly type?: unknown }[])
    // OpenAI's own shapes are what its clients send: a text, or a list of parts.
    const complex = each.operation.call.technology === 'openai' ? [] : ['object', 'array']
    expect(unions.filter(({ type }) => typeof type !== 'string' || complex.includes(type))).toEqual([])
    expect(nodes.filter(({ node }) => node.type === 'array' && node.items === undefined)).toEqual([])
  })

  it.each(titled(operations))('%s has an input for everything it fills in', (_title, each) => {
    expect(inputsTaken(each.operation).filter((name) => !inputNames(each.operation).includes(name))).toEqual([])
  })
})

describe('the executor', () => {
  const secret = 'exchanged-0b1c2d3e'
  const seen: SentRequest[] = []
  let server: SpecServer
  let reply: Reply

  beforeAll(async () => {
    server = await serveReplies((request) => {
      seen.push(request)
      return reply
    })
  })
  afterAll(() => server.close())

  const callAs = ({ backend, operation, name }: DeclaredOperation, extent: Extent, token = makeToken(secret)) => {
    seen.length = 0
    reply = echoFor(operation)
    return callRest({
      backend,
      operation,
      inputs: inputsOf(backend, name, extent),
      baseUrl: `${server.url}/base`,
      fetch,
      token,
    })
  }
  const isOwn = ({ backend }: DeclaredOperation) => backend.tokenService === undefined
  const extents: readonly Extent[] = ['least', 'full']
  const samples = titled(rest.filter(isOwn)).flatMap(([title, each]) =>
    extents.map((extent) => [title, extent, each] as const),
  )

  it.each(samples)(
    "sends %s (%s) with the person's token in Authorization and nowhere else",
    async (_title, extent, each) => {
      await callAs(each, extent)
      expect(seen.length).toBeGreaterThan(0)
      for (const { url, body, headers } of seen) {
        expect(headers.authorization).toBe(`Bearer ${secret}`)
        expect(url.startsWith('/base/')).toBe(true)
        const { authorization: _own, ...others } = headers
        expect(`${url}\n${body}\n${JSON.stringify(others)}`).not.toContain(secret)
      }
    },
  )

  it.each(titled(rest))("sends nothing for %s with another person's token", async (_title, each) => {
    const other = makeToken(secret, { tid: principal.tid, oid: 'b0000000-0000-4000-8000-000000000002' })
    const problem: Problem = await problemOf(callAs(each, 'least', other))
    expect(problem.code).toBe('identity_mismatch')
    expect(seen).toEqual([])
  })
})

type InputSchema = {
  readonly properties?: Readonly<Record<string, { readonly type?: string }>>
  readonly required?: readonly string[]
}

/** An endpoint for the same API needs no other permission than the backend's own. */
function withPermission(endpoint: Endpoint, { permission, scope }: Endpoint): Endpoint {
  const isSame = JSON.stringify(endpoint.scope) === JSON.stringify(scope)
  return isSame && permission !== undefined ? { permission, ...endpoint } : endpoint
}

function schemaOf({ operation }: Pick<DeclaredOperation, 'operation'>): InputSchema {
  return schemaOfInputs(operation, 'draft-2020-12') as InputSchema
}

function inputNames(operation: DeclaredOperation['operation']): readonly string[] {
  return Object.keys(schemaOf({ operation }).properties ?? {})
}

function headersOf({ call }: DeclaredOperation['operation']): readonly string[] {
  return call.technology === 'rest' ? Object.keys(call.headers ?? {}) : []
}

function assertPerCloud(values: PerCloud<string>, form: RegExp): void {
  expect(Object.keys(values).sort()).toEqual(['china', 'public', 'usgov'])
  for (const cloud of clouds) if (values[cloud] !== null) expect(values[cloud]).toMatch(form)
}
