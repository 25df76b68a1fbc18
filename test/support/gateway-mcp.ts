import { describe, expect, it } from 'vitest'
import { type PersonaName, personas } from '../../infra/local/personas.ts'
import type { World } from './gateway-world.ts'
import { connectMcp } from './mcp-client.ts'

const query = 'azure_postgresql__execute_query'
const regions = 'SELECT DISTINCT region FROM sales.orders ORDER BY 1'
const ping = { jsonrpc: '2.0', id: 1, method: 'ping' }
const accept = 'application/json, text/event-stream'

// biome-ignore lint/suspicious/noExplicitAny: results are read by the tests as they come
type Structured = any

/** The line as clients of the Model Context Protocol find it: by the protocol's own client, over HTTP. */
export function describeMcp(world: () => World): void {
  const connect = async (persona: PersonaName, { path = '/mcp', mode = 'auto' as 'auto' | 'legacy' } = {}) =>
    connectMcp(`${world().file.gateway}${path}`, await world().token(persona), mode)
  const callTool = async (persona: PersonaName, name: string, inputs: Record<string, unknown> = {}) => {
    const client = await connect(persona)
    const { isError = false, structuredContent, content } = await client.callTool({ name, arguments: inputs })
    await client.close()
    return { isError, content, body: structuredContent as Structured }
  }
  const listNames = async (persona: PersonaName, options = {}) => {
    const client = await connect(persona, options)
    const { tools } = await client.listTools()
    await client.close()
    return tools.map(({ name }) => name)
  }
  const post = (headers: Readonly<Record<string, string>>, body: unknown = ping, token?: string) =>
    world().ask({ path: '/mcp', headers: { accept, ...headers }, body, ...(token === undefined ? {} : { token }) })

  describe('tools', () => {
    it('are those that the person may use', async () => {
      const shown = /^(azure_(postgresql|storage_blob)|databricks_sql|rest_entra_api)__/
      expect((await listNames('alice')).filter((name) => shown.test(name))).toHaveLength(30)
      const mallory = await listNames('mallory')
      expect(mallory.length).toBeGreaterThan(0)
      expect(mallory.filter((name) => name.startsWith('rest_entra_api__'))).toEqual([])
      expect(await listNames('robot')).toEqual([])
    })

    it('are those of one backend where the path names it', async () => {
      const names = await listNames('alice', { path: '/mcp/rest-entra-api' })
      expect([names.length, names.every((name) => name.startsWith('rest_entra_api__'))]).toEqual([7, true])
    })

    it('serve clients of the revisions before, too', async () => {
      const client = await connect('alice', { mode: 'legacy' })
      const { structuredContent } = await client.callTool({ name: query, arguments: { sql: regions } })
      expect(client.getNegotiatedProtocolVersion()).toMatch(/^2025-/)
      expect((structuredContent as Structured).data.rows).toEqual([['EMEA']])
      await client.close()
    })

    it.each([
      ['alice', [['EMEA']]],
      ['bob', [['US']]],
    ] as const)('give %s the rows of %j that row-level security gives', async (persona, rows) => {
      const { isError, body, content } = await callTool(persona, query, { sql: regions })
      expect([isError, body.data, body.meta.identity.matches]).toEqual([false, { columns: ['region'], rows }, true])
      expect(content).toEqual([{ type: 'text', text: JSON.stringify(body) }])
    })

    it('take a value of each type that the description names', async () => {
      const sql = 'SELECT $1::text, $2::int, $3::bool, $4::text'
      const { body } = await callTool('alice', query, { sql, params: ['a', 7, true, null] })
      expect(body.data.rows).toEqual([['a', 7, true, null]])
    })

    it('never mix people up when their calls run side by side', async () => {
      const people = Array.from({ length: 12 }, (_, index): PersonaName => (index % 2 === 0 ? 'alice' : 'bob'))
      const seen = await Promise.all(people.map((name) => callTool(name, query, { sql: 'SELECT session_user' })))
      expect(seen.map(({ body }) => body.data?.rows)).toEqual(people.map((name) => [[personas[name].username]]))
    })
  })

  describe('a tool call that is refused or held', () => {
    it('by policy carries the problem, and is in the book', async () => {
      const { isError, body } = await callTool('alice', query, { sql: 'DELETE FROM sales.orders' })
      expect([isError, body.code, body.status]).toEqual([true, 'policy_denied', 403])
      const decision = body.instance.replace('urn:uuid:', '')
      const rows = (await world().dump()).split('\n').filter((line) => line.includes(decision))
      expect(rows.length).toBeGreaterThanOrEqual(2)
    })

    it('for an application alone says that a person is needed', async () => {
      const { isError, body } = await callTool('robot', 'rest_entra_api__list_orders')
      expect([isError, body.code]).toEqual([true, 'app_only_not_allowed'])
    })

    it('until a second person looks is no error, and has a handle', async () => {
      const client = await connectMcp(`${world().file.gateway}/mcp`, await world().token('alice', { acrs: ['c1'] }))
      const name = 'azure_postgresql__execute_destructive'
      const inputs = { sql: "DELETE FROM sales.orders WHERE status = 'cancelled'" }
      const { isError, structuredContent } = await client.callTool({ name, arguments: inputs })
      expect(isError).toBeFalsy()
      expect(structuredContent).toMatchObject({ status: 'approval_pending', approval: expect.any(String) })
      await client.close()
    })

    it('for its arguments points to them', async () => {
      const { isError, body } = await callTool('alice', query, { sql: 7 })
      expect([isError, body.code, body.faults[0].pointer]).toEqual([true, 'input_invalid', '/sql'])
    })

    it('because the sign-in service asks for more carries the claims', async () => {
      await world().plant({ kind: 'claims', sticky: true, persona: 'bob', acrs: 'c1' })
      try {
        const { isError, body } = await callTool('bob', 'rest_entra_api__list_orders', { limit: 1 })
        expect([isError, body.code, body.next.action]).toEqual([true, 'claims_challenge', 'sign_in'])
        expect(JSON.parse(Buffer.from(body.claims, 'base64').toString()).access_token.acrs.value).toBe('c1')
      } finally {
        await world().clear()
      }
    })

    it.each(['nothing', 'azure-postgresql/executeQuery', 'constructor', '__proto__'])(
      'as %s, which is no tool, is an error of the protocol',
      async (name) => {
        await expect(callTool('alice', name)).rejects.toMatchObject({ code: -32602 })
      },
    )

    it('is one where the path names another backend', async () => {
      const client = await connect('alice', { path: '/mcp/rest-entra-api' })
      await expect(client.callTool({ name: query, arguments: { sql: regions } })).rejects.toMatchObject({
        code: -32602,
      })
      await client.close()
    })
  })

  describe('a request to /mcp', () => {
    it.each([
      ['no token', undefined, 'token_missing'],
      ['a token that is none', 'x.y.z', 'token_invalid'],
    ])('with %s gets 401 and where to find tokens, before anything else', async (_, token, code) => {
      const reply = await post({ origin: 'https://evil.example', 'content-type': 'text/plain' }, '{', token)
      expect([reply.status, reply.body.code]).toEqual([401, code])
      expect(reply.headers.get('www-authenticate')).toContain(
        `resource_metadata="${world().file.gateway}/.well-known/oauth-protected-resource/mcp"`,
      )
    })

    it.each([
      ['https://evil.example', 403],
      ['null', 403],
      ['own', 200],
    ])('of the origin %s gets %d', async (origin, status) => {
      const own = world().file.gateway
      const reply = await post({ origin: origin === 'own' ? own : origin }, ping, await world().token('alice'))
      expect(reply.status).toBe(status)
    })

    it.each([
      {
        what: 'text',
        headers: { 'content-type': 'text/plain' },
        body: '{}',
        expected: [415, 'media_type_unsupported'],
      },
      { what: 'over a megabyte', body: `"${'a'.repeat(1024 * 1024)}"`, expected: [413, 'input_too_large'] },
      { what: 'no JSON', body: '{', expected: [400, 'input_invalid'] },
      { what: 'a hundred levels', body: '['.repeat(100) + ']'.repeat(100), expected: [400, 'input_invalid'] },
    ])('with $what is refused', async ({ headers = {}, body, expected }) => {
      const reply = await post(headers, body, await world().token('alice'))
      expect([reply.status, reply.body.code]).toEqual(expected)
    })

    it.each(['GET', 'DELETE'])('by %s opens or ends no session', async (method) => {
      const { status } = await world().ask({
        method,
        path: '/mcp',
        token: await world().token('alice'),
        headers: { accept },
      })
      expect(status).toBe(405)
    })

    it('for a backend that there is not gets 404', async () => {
      const path = '/mcp/amazon-s3'
      const { status, body } = await world().ask({ path, token: await world().token('alice'), body: ping })
      expect([status, body.code]).toEqual([404, 'backend_not_configured'])
    })

    it('for a stream of changes is answered at once, and refused', async () => {
      const client = await connect('alice')
      const listening = client.listen({ toolsListChanged: true })
      await expect(listening).rejects.toThrow()
      await client.close()
    })
  })
}
