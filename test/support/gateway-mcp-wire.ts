import { describe, expect, it } from 'vitest'
import type { World } from './gateway-world.ts'

const accept = 'application/json, text/event-stream'
const tool = 'azure_postgresql__execute_query'
const clientInfo = { name: 'wire', version: '1.0.0' }
const modern = '2026-07-28'
const _meta = {
  'io.modelcontextprotocol/protocolVersion': modern,
  'io.modelcontextprotocol/clientInfo': clientInfo,
  'io.modelcontextprotocol/clientCapabilities': {},
}

type Headers = Readonly<Record<string, string>>
// biome-ignore lint/suspicious/noExplicitAny: messages are read by the tests as they come
type Message = any

/** An earlier revision: version in the handshake alone. */
const legacy = (method: string, params: object = {}) => ({ headers: {}, body: { method, params } })
/** Revision 2026-07-28: version, method and name stand in headers and body, and agree. */
function current(method: string, params: { name?: string; [member: string]: unknown } = {}, headers: Headers = {}) {
  const name = params.name === undefined ? {} : { 'mcp-name': params.name }
  return {
    headers: { 'mcp-protocol-version': modern, 'mcp-method': method, ...name, ...headers },
    body: { method, params: { ...params, _meta } },
  }
}

/** The protocol byte by byte (revisions 2025-11-25 and 2026-07-28), without a client that would smooth things over. */
export function describeMcpWire(world: () => World): void {
  const post = async (headers: Headers, body: unknown, path = '/mcp') => {
    const token = await world().token('alice', { acrs: ['c1'] })
    const reply = await world().ask({ path, token, headers: { accept, ...headers }, body })
    const event = /^data: (.*)$/m.exec(reply.text)?.[1]
    return { ...reply, message: (event === undefined ? reply.body : JSON.parse(event)) as Message }
  }
  const send = ({ headers, body }: { headers: Headers; body: object }, path?: string) =>
    post(headers, { jsonrpc: '2.0', id: 7, ...body }, path)

  describe('the protocol on the wire', () => {
    it.each([
      ['2025-11-25', '2025-11-25'],
      ['2025-06-18', '2025-06-18'],
      ['1999-01-01', '2025-11-25'],
    ])('answers a handshake for %s with %s, and opens no session', async (protocolVersion, given) => {
      const reply = await send(legacy('initialize', { protocolVersion, capabilities: {}, clientInfo }))
      expect([reply.status, reply.message.result.protocolVersion, reply.message.id]).toEqual([200, given, 7])
      expect(reply.message.result.capabilities).toEqual({ tools: {} })
      expect(reply.headers.get('mcp-session-id')).toBeNull()
    })

    it('says by server/discover what it speaks, and that its lists are private', async () => {
      const { message } = await send(current('server/discover'))
      expect(message.result).toMatchObject({ supportedVersions: [modern], cacheScope: 'private' })
      expect(message.result.capabilities).toEqual({ tools: {} })
    })

    it.each([
      ['a method that there is not', legacy('foo/bar'), 200, -32601],
      ['a method that there is not, now', current('foo/bar'), 404, -32601],
      ['resources, which it has none of', legacy('resources/list'), 200, -32601],
      ['a tool that there is not', current('tools/call', { name: 'zzz', arguments: {} }), 200, -32602],
      ['a call without a name', legacy('tools/call'), 200, -32602],
      ['arguments that are no object', legacy('tools/call', { name: tool, arguments: [1] }), 200, -32602],
      ['a page that was never given out', legacy('tools/list', { cursor: 'x' }), 200, -32602],
      ['a page that was never given out, now', current('tools/list', { cursor: 'x' }), 200, -32602],
      ['another method in the header', current('tools/list', {}, { 'mcp-method': 'tools/call' }), 400, -32020],
      ['another name in the header', current('tools/call', { name: tool }, { 'mcp-name': 'x' }), 400, -32020],
      [
        'a version that there is not',
        { ...legacy('ping'), headers: { 'mcp-protocol-version': '1999-01-01' } },
        400,
        -32000,
      ],
    ])('refuses %s', async (...[, request, status, code]) => {
      const reply = await send(request)
      expect([reply.status, reply.message.error.code]).toEqual([status, code])
    })

    it.each([
      ['no message', { id: 1, method: 'ping' }, {}, 400, -32600],
      ['a message without a method', { jsonrpc: '2.0', id: 1 }, {}, 400, -32600],
      ['who takes JSON alone', { jsonrpc: '2.0', id: 1, method: 'ping' }, { accept: 'application/json' }, 406, -32000],
    ])('refuses %s', async (...[, body, headers, status, code]) => {
      const reply = await post(headers, body)
      expect([reply.status, reply.message.error.code]).toEqual([status, code])
    })

    it.each([1, 2])('refuses a batch of %i, so that one request is one decision', async (size) => {
      const call = { jsonrpc: '2.0', method: 'tools/call', params: { name: tool, arguments: { sql: 'SELECT 1' } } }
      const { status, body } = await post(
        {},
        Array.from({ length: size }, (_, id) => ({ ...call, id })),
      )
      expect([status, body.code]).toEqual([400, 'input_invalid'])
    })

    it.each(['notifications/initialized', 'notifications/cancelled'])('takes %s without an answer', async (method) => {
      const { status, text } = await post({}, { jsonrpc: '2.0', method, params: { requestId: 7 } })
      expect([status, text]).toEqual([202, ''])
    })

    it('heeds no session that a caller names', async () => {
      const { status, headers } = await post({ 'mcp-session-id': 'mine' }, { jsonrpc: '2.0', id: 1, method: 'ping' })
      expect([status, headers.get('mcp-session-id')]).toEqual([200, null])
    })

    it('says by which method it is asked', async () => {
      for (const method of ['GET', 'DELETE']) {
        const token = await world().token('alice')
        const { status, headers } = await world().ask({ method, path: '/mcp', token, headers: { accept } })
        expect([status, headers.get('allow')]).toEqual([405, 'POST'])
      }
    })

    it('lists one page, in the same order each time, of names that every client takes', async () => {
      const [first, second] = await Promise.all([send(current('tools/list')), send(legacy('tools/list'))])
      const { tools, nextCursor } = first.message.result
      expect([nextCursor, second.message.result.tools]).toEqual([undefined, tools])
      for (const { name, inputSchema } of tools) {
        expect(name).toMatch(/^[a-z0-9_]{1,64}$/)
        expect(inputSchema.type).toBe('object')
      }
    })

    it('is the same for one backend', async () => {
      const { message } = await send(current('tools/list'), '/mcp/azure-postgresql')
      const names = message.result.tools.map(({ name }: { name: string }) => name)
      expect(names.length).toBeGreaterThan(0)
      expect(names.filter((name: string) => !name.startsWith('azure_postgresql__'))).toEqual([])
    })

    it.each(['https://localhost', 'http://localhost:1', 'http://localhost.evil.example'])(
      'refuses a page of %s, where only scheme or port is another',
      async (origin) => {
        const { status } = await post({ origin }, { jsonrpc: '2.0', id: 1, method: 'ping' })
        expect(status).toBe(403)
      },
    )

    it('has metadata whose resource is what was asked', async () => {
      const { body } = await world().ask({ path: '/.well-known/oauth-protected-resource/mcp' })
      expect(body.resource).toBe(`${world().file.gateway}/mcp`)
      expect(body.authorization_servers.length).toBeGreaterThan(0)
      expect(body.scopes_supported).toEqual([expect.stringMatching(/\/access_as_user$/)])
      expect(body.bearer_methods_supported).toEqual(['header'])
    })
  })

  describe('a tool call that waits for a second person', () => {
    const deletion = 'azure_postgresql__execute_destructive'
    const call = (inputs: object) => send(current('tools/call', { name: deletion, arguments: inputs }))

    it('names an approval, and runs once with that argument when it was given', async () => {
      const [row] = await world().rows('alice', 'SELECT min(id) AS id FROM sales.orders')
      const inputs = { sql: 'DELETE FROM sales.orders WHERE id = $1', params: [Number(row?.id)] }
      const asked = (await call(inputs)).message.result
      expect([asked.isError, asked.structuredContent.status]).toEqual([undefined, 'approval_pending'])
      const { approval } = asked.structuredContent
      const other = (await call({ ...inputs, params: [Number(row?.id) + 1], approval })).message.result
      expect([other.isError, other.structuredContent.code]).toEqual([true, 'approval_mismatch'])
      const carol = await world().token('carol', { control: true })
      const { digest } = (await world().ask({ path: `/api/approvals/${approval}`, token: carol })).body
      const body = { decision: 'approve', digest, justification: 'agreed' }
      await world().ask({ path: `/api/approvals/${approval}/decision`, token: carol, body })
      const done = (await call({ ...inputs, approval })).message.result
      expect([done.isError, done.structuredContent.data?.rowCount]).toEqual([undefined, 1])
      const again = (await call({ ...inputs, approval })).message.result
      expect([again.isError, again.structuredContent.code]).toEqual([true, 'approval_used'])
    })

    it('takes no approval that is no text', async () => {
      const { result } = (await call({ sql: 'DELETE FROM sales.orders WHERE id = 1', approval: 7 })).message
      expect([result.isError, result.structuredContent.code]).toEqual([true, 'input_invalid'])
      expect(result.structuredContent.faults[0].pointer).toBe('/approval')
    })
  })
}
