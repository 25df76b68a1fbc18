import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { OpenAiCall } from '../../../shared/backend/openai-call.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { readEvents } from '../../../shared/upstream/events.ts'
import { createOpenAiExecutor } from '../../../shared/upstream/openai.ts'
import { costOf } from '../../../shared/upstream/openai-price.ts'
import { makeCall, makeOperation, problemOf } from './calls.ts'

/** Stands in for any service that answers with events: it sends what the test at hand says. */
let reply: (response: ServerResponse) => void | Promise<void>
let asked: { url: string; body: unknown }[] = []
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  asked.push({ url: request.url ?? '', body: body === '' ? undefined : JSON.parse(body) })
  await reply(response)
})
let base: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const chat: OpenAiCall = { technology: 'openai', action: 'chat', path: '/chat', inputs: { stream: 'stream' } }
const activities: OpenAiCall = {
  technology: 'openai',
  action: 'activities',
  path: '/bots/{agent}/conversations/{conversation}',
  inputs: {},
  own: ['text'],
  fixed: { activity: { type: 'message', text: '{text}', locale: '{locale}' } },
}
const executor = (more: { maxStreamBytes?: number; maxBytes?: number } = {}) =>
  createOpenAiExecutor({
    fetch,
    settingsFor: () => ({ baseUrl: base, values: { prices: 'm=2/8' } }),
    clock: Date.now,
    parseChallenge: readBackendChallenge,
    ...more,
  })
const callOf = (call: OpenAiCall, inputs: Record<string, Json> = {}, signal?: AbortSignal) =>
  makeCall({ operation: makeOperation(call), inputs, ...(signal === undefined ? {} : { signal }) })
const sse =
  (text: string, headers = { 'content-type': 'text/event-stream' }) =>
  (response: ServerResponse) =>
    void response.writeHead(200, headers).end(text)
const chunk = (content: string) => `data: {"choices":[{"index":0,"delta":{"content":"${content}"}}]}\n\n`

/** Everything a stream brings, and the reason for which it ended. */
async function readAll(more: { maxStreamBytes?: number } = {}, signal?: AbortSignal) {
  const stream = await executor(more).open?.(callOf(chat, { stream: true }, signal))
  const pieces: unknown[] = []
  let reason = 'complete'
  try {
    for await (const piece of stream?.pieces ?? []) pieces.push(piece)
  } catch (error) {
    reason = error instanceof Problem ? `${error.code} ${error.reason}` : 'surprise'
  }
  return { pieces, reason, totals: stream?.totals() }
}

describe('a stream of the service', () => {
  it('is read to its mark, and its usage is kept back', async () => {
    reply = sse(
      `${chunk('a')}data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4}}\n\ndata: [DONE]\n\n`,
    )
    const { pieces, reason, totals } = await readAll()
    expect([pieces.length, reason]).toEqual([1, 'complete'])
    expect(totals).toMatchObject({ usage: { tokens: 7 }, backendIds: { promptTokens: '3', completionTokens: '4' } })
  })

  it.each([
    ['ends without its mark', chunk('a'), 'backend_failed connection_lost'],
    ['tells of an error', `${chunk('a')}data: {"error":{"message":"words"}}\n\n`, 'backend_failed stream_error'],
    ['is no JSON', 'data: {"a\n\n', 'backend_failed json'],
    ['has one line of 10 MB', `data: ${'x'.repeat(10_000_000)}`, 'backend_failed too_large'],
    ['is no UTF-8', Buffer.from([0x64, 0xff, 0xfe, 0x0a]).toString('latin1'), 'backend_failed json'],
  ])('that %s fails', async (_, text, reason) => {
    reply = sse(text)
    expect((await readAll({ maxStreamBytes: 20_000_000 })).reason).toMatch(
      reason === 'backend_failed json'
        ? /^backend_failed (?:json|encoding|connection_lost)$/
        : new RegExp(`^${reason}$`),
    )
  })

  it('that goes on for ever is cut at its size', async () => {
    reply = async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      while (!response.destroyed) {
        response.write(chunk('x'.repeat(1000)))
        await sleep(0)
      }
    }
    expect((await readAll({ maxStreamBytes: 50_000 })).reason).toBe('backend_failed too_large')
  })

  it('that says nothing ends with its time, and what it took is estimated', async () => {
    reply = (response) => void response.writeHead(200, { 'content-type': 'text/event-stream' }).write(chunk('12345678'))
    const { reason, totals } = await readAll({}, AbortSignal.timeout(80))
    expect(reason).toBe('backend_timeout deadline')
    expect(totals?.usage?.tokens).toBeGreaterThan(2)
  })

  it('that is a page is refused before anything has begun', async () => {
    reply = sse('<html>', { 'content-type': 'text/html' })
    await expect(executor().open?.(callOf(chat, { stream: true }))).rejects.toMatchObject({ reason: 'content_type' })
  })
})

describe('a whole answer', () => {
  it('that is too large is refused', async () => {
    reply = sse(`{"a":"${'x'.repeat(2000)}"}`, { 'content-type': 'application/json' })
    expect((await problemOf(executor({ maxBytes: 1000 }).call(callOf(chat)))).reason).toBe('too_large')
  })
})

describe('an operation that nobody can do', () => {
  it('is not sent', async () => {
    asked = []
    const operation = { ...makeOperation(chat), unsupported: 'It cannot be done.' }
    expect((await problemOf(executor().call(makeCall({ operation })))).reason).toMatch(/^not_called:/)
    expect(asked).toEqual([])
  })
})

describe('a turn of activities', () => {
  const inputs = { agent: 'cr1_helper', conversation: 'c1', text: 'hello' }
  const event = (activity: object) => `event: activity\r\ndata: ${JSON.stringify(activity)}\r\n\r\n`

  it('is collected: what is said, without who types and without links', async () => {
    asked = []
    const card = { contentType: 'application/vnd.microsoft.card.adaptive', content: { type: 'AdaptiveCard' } }
    const file = { contentType: 'image/png', contentUrl: 'https://e.example/x?sig=1' }
    reply = sse(
      event({ type: 'typing', text: 'he' }) +
        event({ type: 'message', id: 'a1', text: 'hello you', attachments: [card, file], conversation: { id: 'c9' } }) +
        'event: end\r\ndata: end\r\n\r\n',
    )
    const { data } = await executor().call(callOf(activities, inputs))
    expect(data).toEqual({ conversation: 'c9', messages: [{ id: 'a1', text: 'hello you', cards: [card] }] })
    expect(asked).toEqual([
      { url: '/bots/cr1_helper/conversations/c1', body: { activity: { type: 'message', text: 'hello' } } },
    ])
  })

  it('that breaks off is a failure', async () => {
    reply = sse(event({ type: 'message', text: 'x' }))
    expect((await problemOf(executor().call(callOf(activities, inputs)))).reason).toBe('connection_lost')
  })

  it.each(['..', 'a/b', 'a?b', ''])('of an agent named %j is not asked for', async (agent) => {
    expect((await problemOf(executor().call(callOf(activities, { ...inputs, agent })))).code).toBe('input_invalid')
  })
})

describe('server-sent events', () => {
  const text = ': comment\r\nevent: one\ndata: a\ndata: b\r\rdata:c\n\ndata: lost'
  const expected = [
    { event: 'one', data: 'a\nb' },
    { event: '', data: 'c' },
  ]

  it.each([1, 2, 3, 7, 1000])('are read alike in pieces of %i bytes', async (size) => {
    const bytes = Buffer.from(text)
    async function* pieces() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
    }
    const events = []
    for await (const event of readEvents(pieces(), { eventLength: 100, totalBytes: 1000 })) events.push(event)
    expect(events).toEqual(expected)
  })
})

describe('the cost of a call', () => {
  it.each([
    ['m', 'n=1/2,m=2/8', 0.01],
    ['x', 'n=1/2,m=2/8', undefined],
    ['m', undefined, undefined],
  ])('of model %s at prices %s is %s', (model, prices, cost) => {
    expect(costOf({ prompt: 1000, completion: 1000 }, model, prices)).toBe(cost)
  })
})
