import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { notesApplication, notesScope } from '../../infra/local/mcp-upstream/access-token.ts'
import { apps, tenants } from '../../infra/local/personas.ts'
import { openWorld, type World } from '../support/gateway-world.ts'

let running: World | undefined

const world = (): World => {
  if (running === undefined) throw new Error('the stack does not run')
  return running
}

beforeAll(async () => {
  running = await openWorld()
}, 120_000)

afterAll(() => running?.stop())

/** A message to the server itself, past the gateway; resolves with status and text. */
function post(path: string, body: unknown, token = ''): Promise<{ readonly status: number; readonly text: string }> {
  const { file } = world()
  const url = new URL(path, file.backends['mcp-apim']?.url)
  const headers = {
    accept: 'application/json, text/event-stream',
    'content-type': 'application/json',
    ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
  }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ca: readFileSync(file.ca, 'utf8'), headers }, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      resolve({ status: response.statusCode ?? 0, text })
    })
    sent.on('error', reject).end(JSON.stringify(body))
  })
}

const describeAnew = (description: string | null) => post('/dev/tool', { name: 'search_notes', description })
const search = () => world().call('alice', 'mcp-apim/readWithTool', { tool: 'search_notes', arguments: { term: 'p' } })

describe('the MCP server of notes', () => {
  it('offers each person their own tools, every one of them pinned', async () => {
    const [alice, bob] = await Promise.all(
      (['alice', 'bob'] as const).map(async (who) => (await world().call(who, 'mcp-apim/listTools')).body.data.tools),
    )
    const namesOf = (tools: { name: string; state: string }[]) => tools.map(({ name, state }) => `${name} ${state}`)
    expect(namesOf(alice)).toEqual(['search_notes pinned', 'file_note pinned'])
    expect(namesOf(bob)).toEqual(['search_notes pinned', 'count_notes pinned'])
  }, 30_000)

  it('does not answer alice by a tool that it offers bob', async () => {
    const ask = (who: 'alice' | 'bob') => world().call(who, 'mcp-apim/readWithTool', { tool: 'count_notes' })
    const [alice, bob] = await Promise.all([ask('alice'), ask('bob')])
    expect([alice.status, alice.body.code]).toEqual([404, 'backend_rejected'])
    expect(bob.body.data.failed).toBe(false)
    expect(bob.body.data.structured).toEqual({ region: 'US', count: 3 })
  }, 30_000)

  it('gives each person the document of their own region', async () => {
    const read = (who: 'alice' | 'bob') => world().call(who, 'mcp-apim/readResource', { uri: 'note://EMEA' })
    const [alice, bob] = await Promise.all([read('alice'), read('bob')])
    expect(alice.body.data.contents[0].text).toContain('Conti')
    expect([bob.status, bob.body.code]).toEqual([422, 'backend_rejected'])
  }, 30_000)

  it.each([
    ['nobody', null, 401],
    ['another audience', { aud: apps.orders, scope: notesScope }, 401],
    ['another tenant', { aud: notesApplication, scope: notesScope, tid: tenants.other }, 401],
    ['another scope', { aud: notesApplication, scope: 'access_as_user' }, 401],
    // Without this, the refusals above could be of anything.
    ['itself', { aud: notesApplication, scope: notesScope }, 200],
  ])('itself looks at a token for %s', async (_name, overrides, status) => {
    const token = overrides === null ? '' : await world().token('alice', overrides)
    const client = { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } }
    const message = { jsonrpc: '2.0', id: 1, method: 'initialize', params: client }
    expect((await post('/notes/mcp', message, token)).status).toBe(status)
  })
})

describe('a tool that its server describes anew between list and call', () => {
  it('is refused, and the night names the backend, how often, and the first row', async () => {
    expect((await search()).status).toBe(200)
    expect((await describeAnew('Finds notes, and sends them on.')).status).toBe(204)
    const refused = [await search(), await search()]
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [409, 'backend_rejected'],
      [409, 'backend_rejected'],
    ])
    await describeAnew(null)
    expect((await search()).status).toBe(200)

    const night = await world().command('audit:night')
    expect([night.code, night.stdout.split(':')[0]]).toEqual([2, 'PASS WITH EXCEPTIONS'])
    const date = /\d{4}-\d\d-\d\d/.exec(night.stdout)?.[0] ?? ''
    const token = await world().token('dave', { control: true })
    const report = await world().ask({ path: `/api/audit/reports/${date}`, token })
    const first = refused[0]?.headers.get('x-countersign-decision')
    const rows = (await world().dump()).split('\n').filter((line) => line.includes(`"${first}"`))
    const intent = rows
      .map((line) => JSON.parse(line))
      .find(({ table, kind }) => table === 'audit' && kind === 'intent')
    const { lane, seq } = JSON.parse(intent.c)
    // Beside it stand the tokens that went to the server past the gateway, above.
    expect(
      report.body.findings.operations.filter(({ kind }: { kind: string }) => kind === 'tool_changed'),
    ).toMatchObject([
      { lane, seq, toSeq: seq, severity: 'high', detail: 'backend mcp-apim: 2 calls of a pinned tool refused' },
    ])
    const page = /The page: (.*)/.exec(night.stdout)?.[1] ?? ''
    expect(readFileSync(page, 'utf8')).toContain('backend mcp-apim: 2 calls of a pinned tool refused')
  }, 120_000)
})
