import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import { createWorldApp } from '../support/line-app.ts'
import { lineBackend } from '../support/line-backend.ts'
import { fail, problem, refusedByPolicy, refusedEarly, surprise, whole } from '../support/line-case.ts'
import { alice, type Faults, inboundFor, secrets } from '../support/line-world.ts'

const { brokenSchema: _, ...operations } = lineBackend.operations
const served = { ...lineBackend, operations }
const url = 'https://gateway.example/mcp'

/** The protocol's own client over the real answers of a world in memory. */
async function connect(faults: Faults = {}) {
  const { world, app, failures } = createWorldApp([served], { faults })
  const answer: typeof fetch = async (_url, init) => {
    const { method, headers, body } = new Request(url, init as RequestInit)
    const sent = body === null ? new Uint8Array() : new Uint8Array(await new Response(body).arrayBuffer())
    const changes = { method, path: '/mcp', backend: '', headers: Object.fromEntries(headers), body: sent }
    const { status, headers: own, body: text } = await app.answers.mcp(inboundFor('', {}, changes))
    return new Response(text, { status, headers: own })
  }
  const client = new Client({ name: 'test', version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } })
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { fetch: answer }))
  world.used.length = 0
  return { client, world, failures }
}

async function callTool(faults: Faults, name = 'line_backend__get_item') {
  const { client, world } = await connect(faults)
  const result = await client.callTool({ name, arguments: { id: '7' } })
  return { ...result, world, code: (result.structuredContent as { code?: string }).code }
}

const approval = { id: 'apr_1', expires: '2026-11-23T00:00:00Z', url: 'https://g/a', pollAfter: 5 }

describe('a tool call', () => {
  it('takes the whole line: one verification more than over HTTP, one intent, one outcome', async () => {
    const { structuredContent, isError, world } = await callTool({})
    expect([isError, world.used]).toEqual([undefined, ['verify', ...whole]])
    expect(world.rows.map(({ kind }) => kind)).toEqual(['intent', 'outcome'])
    expect(structuredContent).toMatchObject({ data: { id: '7' }, meta: { audit: { lane: 'lane-1' } } })
  })

  it.each<{ what: string; faults: Faults; code: string; used: readonly string[] }>([
    {
      what: 'denied',
      faults: { decide: () => ({ verdict: 'deny', reasons: ['not_permitted'] }) },
      code: 'policy_denied',
      used: refusedByPolicy,
    },
    {
      what: "an application's alone",
      faults: { verify: () => ({ ...alice, kind: 'app' }) },
      code: 'app_only_not_allowed',
      used: refusedEarly,
    },
  ])('that is $what is recorded, and an error of the tool', async ({ faults, code, used }) => {
    const { isError, code: told, world } = await callTool(faults)
    expect([isError, told, world.used, world.calls]).toEqual([true, code, ['verify', ...used], []])
  })

  it('of no tool is recorded as a refusal without its name', async () => {
    const { client, world } = await connect()
    await expect(client.callTool({ name: 'secret-name', arguments: {} })).rejects.toMatchObject({ code: -32602 })
    expect(world.used).toEqual(['verify', ...refusedEarly])
    expect(JSON.stringify(world.rows)).not.toContain('secret-name')
  })

  it('that waits for a second person is no error, and calls nothing', async () => {
    const pending = new Problem('approval_pending', 'Somebody has to look.', { approval })
    const { isError, structuredContent, world } = await callTool({ decide: fail(pending) })
    expect([isError, world.calls]).toEqual([undefined, []])
    expect(structuredContent).toMatchObject({ status: 'approval_pending', approval: 'apr_1', pollAfter: 5 })
  })

  it.each([
    ['the intent cannot be written', { intent: problem('audit_unavailable') }, 'audit_unavailable'],
    ['the outcome cannot be written', { outcome: problem('audit_unavailable') }, 'audit_unavailable'],
    ['the exchange asks for more', { exchange: problem('claims_challenge') }, 'claims_challenge'],
    ['something breaks in the book', { intent: surprise }, 'internal'],
    ['something breaks in the backend', { call: surprise }, 'internal'],
  ])('while %s gives no data and no inside', async (_name, faults, code) => {
    const { isError, code: told, content } = await callTool(faults)
    expect([isError, told]).toEqual([true, code])
    const text = JSON.stringify(content)
    expect(Object.values(secrets).filter((secret) => text.includes(secret))).toEqual([])
  })
})

describe('the list of tools', () => {
  it('leaves out what is denied for certain', async () => {
    const names = async (faults: Faults) =>
      (await (await connect(faults)).client.listTools()).tools.map(({ name }) => name)
    const all = Object.keys(operations).length
    expect(await names({})).toHaveLength(all)
    const deny = { verdict: 'deny', reasons: ['suspended'] } as const
    expect(
      await names({ decide: ({ resource }) => (resource.operation.endsWith('createOrder') ? deny : {}) }),
    ).toHaveLength(all - 1)
    expect(await names({ decide: () => deny })).toEqual([])
  })

  it('says why it cannot be had by the code of the problem, and no more', async () => {
    const groups = problem('exchange_unavailable')
    const { client } = await connect({ verify: () => ({ ...alice, groups: null }), groups })
    await expect(client.listTools()).rejects.toMatchObject({ code: -32603, data: { code: 'exchange_unavailable' } })
  })

  it('says nothing of a surprise', async () => {
    const { client } = await connect({ verify: () => ({ ...alice, groups: null }), groups: surprise })
    const error = await client.listTools().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ data: { code: 'internal' } })
    expect(String(error)).not.toContain(secrets.data)
  })
})
