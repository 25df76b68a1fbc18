import OpenAI, { APIError, AzureOpenAI } from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { personas } from '../../infra/local/personas.ts'
import type { OutcomeFacts } from '../../shared/audit/record.ts'
import type { PolicyRequest } from '../../shared/policy/decision.ts'
import { createQuotas } from '../../shared/quota/quotas.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { permit } from '../support/line-world.ts'
import { type OpenAiWorld, startOpenAiWorld } from '../support/openai-gateway.ts'
import { keepProofs } from '../support/proofs.ts'
import { judgedBy, publishedSpec } from '../support/specs/sources.ts'
import { watchTraffic } from '../support/specs/watch.ts'
import { createStateMemory } from '../support/state-memory.ts'

const declared = await loadFunctions()
const proofs = keepProofs(import.meta.url)
const model = 'gpt-5-mini'
const words = 'the order was shipped to our customer who asked for a new invoice because the first was lost'
const weather = { name: 'get_weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } }

let gateway: OpenAiWorld

beforeAll(async () => {
  gateway = await startOpenAiWorld(declared)
})

afterEach(() => {
  gateway.seen.length = 0
  gateway.world.rows.length = 0
})

afterAll(() => gateway?.stop())

const as = (persona: string, more: object = {}) =>
  new OpenAI({ baseURL: `${gateway.url}/openai/v1`, apiKey: `token-of-${persona}`, maxRetries: 0, ...more })
const azureAs = (persona: string) =>
  new AzureOpenAI({
    endpoint: gateway.url,
    apiVersion: '2024-10-21',
    azureADTokenProvider: async () => `token-of-${persona}`,
    maxRetries: 0,
  })
const user = (content: string) => [{ role: 'user' as const, content }]
const outcomes = (): OutcomeFacts[] => gateway.world.rows.flatMap((row) => (row.kind === 'outcome' ? [row.facts] : []))

async function errorOf(call: PromiseLike<unknown>): Promise<APIError> {
  const error = await Promise.resolve(call).then(
    () => new Error('there was an answer'),
    (reason: unknown) => reason,
  )
  if (error instanceof APIError) return error
  throw error
}

const clients = [
  ['OpenAI', as],
  ['AzureOpenAI', azureAs],
] as const

describe.each(clients)('the client %s', (_, client) => {
  it('chats', async () => {
    const { choices, usage } = await client('alice').chat.completions.create({ model, messages: user('good day') })
    expect(choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'You said: good day' } })
    expect(usage?.total_tokens).toBeGreaterThan(0)
    expect(gateway.seen).toMatchObject([{ oid: personas.alice.oid, path: '/openai/v1/chat/completions' }])
  })

  it('chats with an answer that flows, and hears nothing of what it did not ask for', async () => {
    const stream = await client('alice').chat.completions.create({ model, messages: user(words), stream: true })
    const chunks = []
    for await (const chunk of stream) chunks.push(chunk)
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe(`You said: ${words}`)
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop')
    expect(chunks.filter(({ usage }) => usage !== undefined)).toEqual([])
    expect(outcomes()).toMatchObject([{ code: 'ok', backendIds: { finish: 'stop', promptTokens: '23' } }])
  })

  it('gets the calls of its own tools untouched, and the book counts them', async () => {
    const args = '{"city":"Bruges","tell":"ann.berg@customer.example"}'
    const tools = [{ type: 'function' as const, function: weather }]
    const asked = { model, tools, messages: user(`call get_weather ${args}`) }
    const { choices } = await client('alice').chat.completions.create(asked)
    const call = choices[0]?.message.tool_calls?.[0]
    expect(call).toMatchObject({ function: { name: 'get_weather', arguments: args } })
    const stream = client('alice').chat.completions.stream(asked)
    const final = await stream.finalChatCompletion()
    expect(final.choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { arguments: args } })
    expect(outcomes().map(({ backendIds }) => backendIds.toolCalls)).toEqual(['1', '1'])
  })

  it('makes embeddings, as it asks for them by itself', async () => {
    const { data } = await client('alice').embeddings.create({ model: 'text-embedding-3-small', input: ['a', 'b'] })
    expect(data.map(({ embedding }) => embedding.length)).toEqual([8, 8])
    expect(Math.hypot(...(data[0]?.embedding ?? []))).toBeCloseTo(1, 5)
  })

  it('asks by responses', async () => {
    const response = await client('alice').responses.create({ model, input: 'good day' })
    expect(response).toMatchObject({ output_text: 'You said: good day', store: false })
    expect(gateway.seen).toMatchObject([{ path: '/openai/v1/responses', body: { store: false } }])
  })

  it('asks by responses that flow', async () => {
    const stream = await client('alice').responses.create({ model, input: words, stream: true })
    const events = []
    for await (const event of stream) events.push(event)
    const deltas = events.flatMap((event) => (event.type === 'response.output_text.delta' ? [event.delta] : []))
    expect(deltas.join('')).toBe(`You said: ${words}`)
    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, at) => at))
    expect(events.at(-1)).toMatchObject({ type: 'response.completed', response: { status: 'completed' } })
  })
})

describe('two people', () => {
  it('are seen by the service as themselves, each by a digest of their own', async () => {
    for (const persona of ['alice', 'bob']) await as(persona).chat.completions.create({ model, messages: user('x') })
    expect(gateway.seen.map(({ oid }) => oid)).toEqual([personas.alice.oid, personas.bob.oid])
    const [first, second] = gateway.seen.map(({ body }) => body.user)
    expect(first).toMatch(/^[0-9a-f]{32}$/)
    expect(first).not.toBe(second)
  })

  it('get what their own role allows: without it the service refuses, and no token is tried twice', async () => {
    const error = await errorOf(as('carol').chat.completions.create({ model, messages: user('x') }))
    expect(error).toMatchObject({ status: 403, code: 'backend_rejected' })
    expect(gateway.world.exchanges.filter(({ principal }) => principal.oid === personas.carol.oid)).toHaveLength(1)
  })
})

describe('what comes back', () => {
  it.each([
    ['whole', false],
    ['as it flows', true],
  ])('is searched for identifiers, %s', async (_, stream) => {
    const messages = user(`say ${words} and write to ann.berg@customer.example today`)
    const response = await as('alice')
      .chat.completions.create({ model, messages, stream } as never)
      .asResponse()
    const text = await response.text()
    expect(text).toContain('invoice')
    expect(text).not.toContain('ann.berg')
    expect(outcomes()[0]).toMatchObject({ labels: ['text.free'], masked: [{ label: 'pii.contact' }] })
  })

  it('of a response that flows is masked in every event that repeats it', async () => {
    const input = `say ${words} and write to ann.berg@customer.example today`
    const response = await as('alice').responses.create({ model, input, stream: true }).asResponse()
    const text = await response.text()
    expect(text).toContain('response.output_text.done')
    expect(text).not.toContain('ann.berg')
  })

  it('says what it took where the caller asked', async () => {
    const options = { stream: true as const, stream_options: { include_usage: true } }
    const stream = await as('alice').chat.completions.create({ model, messages: user('x'), ...options })
    let last: OpenAI.ChatCompletionChunk | undefined
    for await (const chunk of stream) last = chunk
    expect(last?.usage?.total_tokens).toBeGreaterThan(0)
  })

  it('that the filter cut says so, and the book why', async () => {
    const { choices } = await as('alice').chat.completions.create({ model, messages: user('[[cut]]') })
    expect(choices[0]?.finish_reason).toBe('content_filter')
    expect(outcomes()[0]?.backendIds).toMatchObject({ finish: 'content_filter', contentFilter: 'hate' })
  })

  it('of a prompt that the filter refused are the categories, never words', async () => {
    const error = await errorOf(as('alice').chat.completions.create({ model, messages: user('[[refuse]]') }))
    expect(error).toMatchObject({ status: 400, code: 'backend_rejected' })
    expect(error.message).toContain('violence')
    expect(error.message).not.toContain('policy')
    expect(outcomes()[0]?.backendIds).toMatchObject({ contentFilter: 'violence' })
  })
})

describe('a request', () => {
  it.each([
    ['a deployment that is not listed', { model: 'gpt-4o' }, '/model'],
    ['stored answers', { store: true }, '/store'],
    ['members that are kept with the service', { metadata: { a: 'b' } }, '/metadata'],
    ['probabilities, which spell the text once more', { logprobs: true }, '/logprobs'],
    ['a data source of its own', { data_sources: [] }, '/data_sources'],
    [
      'an image that the service would fetch',
      { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'https://e.example/i.png' } }] }] },
      '/messages/0/content/0/image_url/url',
    ],
  ])('for %s is refused, with the place', async (_, change, param) => {
    const asked = { model, messages: user('x'), ...change } as never
    expect(await errorOf(as('alice').chat.completions.create(asked))).toMatchObject({ status: 400, param })
    expect(gateway.seen).toEqual([])
  })

  it.each([
    ['previous_response_id', { previous_response_id: 'resp_1' }],
    ['background', { background: true }],
    ['an MCP server of its own', { tools: [{ type: 'mcp', server_label: 'x', server_url: 'https://e.example' }] }],
    ['a hosted tool that the deployment does not list', { tools: [{ type: 'web_search' }] }],
  ])('for a response with %s is refused', async (_, change) => {
    const asked = { model, input: 'x', ...change } as never
    expect(await errorOf(as('alice').responses.create(asked))).toMatchObject({ status: 400, code: 'input_invalid' })
    expect(gateway.seen).toEqual([])
  })

  it('with a key for a token is told what to send', async () => {
    const response = await fetch(`${gateway.url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { 'api-key': 'k', 'content-type': 'application/json' },
      body: '{}',
    })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({
      code: 'token_missing',
      error: { message: expect.stringContaining('api-key') },
    })
  })

  it('for a path that is none of these is unknown, and in the book', async () => {
    const error = await errorOf(as('alice').models.delete('x'))
    expect(error.status).toBe(404)
    expect(await errorOf(as('alice').files.list())).toMatchObject({ status: 404, code: 'operation_unknown' })
  })

  it('lists models', async () => {
    const { data } = await as('alice').models.list()
    expect(data.map(({ id }) => id)).toContain(model)
  })

  it('in our own form flows as our events', async () => {
    const response = await fetch(`${gateway.url}/api/azure-openai/createChatCompletion`, {
      method: 'POST',
      headers: { authorization: 'Bearer token-of-alice', 'content-type': 'application/json' },
      body: JSON.stringify({ model, messages: user('good day'), stream: true }),
    })
    const text = await response.text()
    expect(text).toMatch(/^event: data\n/)
    expect(text).toMatch(/event: end\ndata: \{"meta":.*"outcome":\{/)
  })
})

describe('a service that fails', () => {
  const chat = (more: object = {}) => as('alice').chat.completions.create({ model, messages: user(words), ...more })
  const flow = () => as('alice').chat.completions.create({ model, messages: user(words), stream: true })

  it.each([
    ['throttles with Retry-After', { headers: { 'retry-after': '7' } }, '7'],
    ['throttles in milliseconds', { headers: { 'retry-after-ms': '1500' } }, '2'],
    ['throttles until a limit starts anew', { headers: { 'x-ratelimit-reset-tokens': '1m3s' } }, '63'],
    ['throttles and says no more', { headers: {} }, '5'],
  ])('and %s is answered with when to come again', async (_, more, after) => {
    await gateway.plant({ fault: 'throttle', ...more })
    const error = await errorOf(chat())
    expect([error.status, error.headers?.get('retry-after')]).toEqual([429, after])
  })

  it.each([
    ['a server error', { fault: 'error' }, { status: 502, code: 'backend_failed' }],
    ['503', { fault: 'error', status: 503 }, { status: 502, code: 'backend_failed' }],
    ['404', { fault: 'error', status: 404 }, { status: 404, code: 'backend_rejected' }],
    ['409', { fault: 'error', status: 409 }, { status: 409, code: 'backend_rejected' }],
    ['a page of HTML', { fault: 'html' }, { status: 502, code: 'backend_failed' }],
    ['a redirect', { fault: 'redirect' }, { status: 502, code: 'backend_failed' }],
  ])('with %s makes a problem, whole or flowing', async (_, fault, expected) => {
    for (const stream of [false, true]) {
      await gateway.plant(fault)
      expect(await errorOf(chat({ stream }))).toMatchObject(expected)
    }
  })

  it('with a challenge once is asked again with its claims', async () => {
    await gateway.plant({ fault: 'claims_challenge' })
    const before = gateway.world.exchanges.length
    await chat()
    expect(gateway.world.exchanges.slice(before).map(({ claims }) => claims?.includes('c1') ?? false)).toEqual([
      false,
      true,
    ])
  })

  it('with a challenge twice sends it to the caller', async () => {
    await gateway.plant({ fault: 'claims_challenge', count: 2 })
    expect(await errorOf(chat())).toMatchObject({ status: 401, code: 'claims_challenge' })
  })

  it('in the middle of a stream is an error of the client and never looks complete', async () => {
    await gateway.plant({ fault: 'stream', stream: { cutAfter: 4 } })
    const read = async () => {
      const stream = await flow()
      for await (const _ of stream);
    }
    expect(await errorOf(read())).toMatchObject({ code: 'backend_failed' })
    expect(outcomes()).toMatchObject([{ status: 'called', code: 'backend_failed' }])
  })

  it('is left where the client leaves', async () => {
    await gateway.plant({ fault: 'stream', stream: { endless: true, pause: 1 } })
    const stream = await flow()
    let count = 0
    for await (const _ of stream) if (++count === 3) break
    await expect.poll(() => outcomes()).toMatchObject([{ code: 'client_gone' }])
    expect(Number(outcomes()[0]?.bytes)).toBeGreaterThan(0)
  })
})

describe('both sides', () => {
  judgedBy('openai-openapi.json')('say what OpenAI’s own document says', async () => {
    // The document is of OpenAI's own address, where Azure's has one more segment.
    const watch = watchTraffic({
      documents: [await publishedSpec('openai-openapi.json')],
      fetch: (input, init) => fetch(String(input).replace('/v1/', '/openai/v1/'), init),
    })
    const watched: typeof fetch = (input, init) => watch.fetch(String(input).replace('/openai/v1/', '/v1/'), init)
    const own = await startOpenAiWorld(declared, { fetch: watched })
    try {
      const client = new OpenAI({ baseURL: `${own.url}/openai/v1`, apiKey: 'token-of-alice', maxRetries: 0 })
      const tools = [{ type: 'function' as const, function: weather }]
      await client.chat.completions.create({ model, messages: user('hello'), temperature: 1, seed: 3 })
      await client.chat.completions.create({ model, tools, messages: user('call get_weather {"city":"Ghent"}') })
      await client.responses.create({ model, input: 'hello', instructions: 'be brief' })
      await client.embeddings.create({ model: 'text-embedding-3-small', input: 'hello' })
      await client.models.list()
    } finally {
      await own.stop()
    }
    expect(watch.faults).toEqual([])
    expect(watch.asked).toEqual([
      'createChatCompletion',
      'createChatCompletion',
      'createResponse',
      'createEmbedding',
      'listModels',
    ])
    for (const operation of ['createChatCompletion', 'createResponse', 'createEmbeddings', 'listModels'])
      proofs.note('official-spec', 'azure-openai', operation)
  })
})

describe('a token for another audience', () => {
  it('is refused by the service', async () => {
    const own = await startOpenAiWorld(declared, {
      audience: 'https://storage.azure.com',
      faults: { decide: () => permit },
    })
    try {
      const client = new OpenAI({ baseURL: `${own.url}/openai/v1`, apiKey: 'token-of-alice', maxRetries: 0 })
      const error = await errorOf(client.chat.completions.create({ model, messages: user('x') }))
      expect(error).toMatchObject({ status: 502, code: 'backend_rejected_token' })
    } finally {
      await own.stop()
    }
  })
})

describe('a quota of tokens', () => {
  const rule = { name: 'tokens', meter: 'tokens', per: ['person'], window: 'day', limit: 60, onDemand: false } as const

  it.each([
    ['whole', false],
    ['as it flows', true],
  ])('refuses a person what their call before used up, %s, and nobody else', async (_, stream) => {
    const own = await startOpenAiWorld(declared, {
      wrap: (ports) => {
        const at = { now: Date.now, table: createStateMemory(), zone: 'UTC', onFault: () => undefined }
        return { ...ports, quotas: createQuotas({ ...at, rules: [rule] }) }
      },
    })
    const ask = async (persona: string) => {
      const client = new OpenAI({ baseURL: `${own.url}/openai/v1`, apiKey: `token-of-${persona}`, maxRetries: 0 })
      const asked = { model, messages: user(words.repeat(2)), stream } as never
      const response = await client.chat.completions.create(asked).asResponse()
      return response.text()
    }
    try {
      await ask('alice')
      expect(await errorOf(ask('alice'))).toMatchObject({ status: 429, code: 'quota_exceeded' })
      expect(await ask('bob')).toContain('invoice')
    } finally {
      await own.stop()
    }
  })
})

describe('tools of the service', () => {
  it('that the deployment lists are asked for as what leaves the company', async () => {
    const requests: PolicyRequest[] = []
    const own = await startOpenAiWorld(declared, {
      allow: { deployments: [model], tools: ['web_search'] },
      faults: {
        decide: (request) => {
          requests.push(request)
          return permit
        },
      },
    })
    try {
      const client = new OpenAI({ baseURL: `${own.url}/openai/v1`, apiKey: 'token-of-alice', maxRetries: 0 })
      await client.responses.create({ model, input: 'x', tools: [{ type: 'web_search' }] })
      expect(requests.map(({ resource }) => [resource.operation, resource.egress])).toEqual([
        ['createResponseWithTools', true],
      ])
      expect(own.seen[0]?.body).not.toHaveProperty('hosted_tools')
      const other = client.responses.create({ model, input: 'x', tools: [{ type: 'code_interpreter' }] } as never)
      expect(await errorOf(other)).toMatchObject({ status: 400, code: 'input_invalid' })
    } finally {
      await own.stop()
    }
  })
})
