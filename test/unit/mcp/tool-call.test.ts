import { describe, expect, it } from 'vitest'
import { inboundOf, toolResult } from '../../../shared/mcp/tool-call.ts'
import { lineBackend } from '../../support/line-backend.ts'
import { inboundFor } from '../../support/line-world.ts'

const over = inboundFor(
  '',
  {},
  {
    path: '/mcp',
    query: '?x=1',
    headers: { authorization: 'Bearer t', 'content-type': 'application/json; charset=utf-8', traceparent: 'http' },
  },
)
const target = { backend: lineBackend, name: 'getItem' }
const answer = (status: number, body: unknown) => ({ status, headers: {}, body: JSON.stringify(body) })

describe('a tool call', () => {
  it('is the request of its operation, with the same headers and the arguments as body', () => {
    const inbound = inboundOf({ name: 'x', arguments: { id: '7' } }, target, over)
    expect({ ...inbound, body: Buffer.from(inbound.body).toString() }).toEqual({
      ...over,
      path: '/api/line-backend/getItem',
      backend: 'line-backend',
      operation: 'getItem',
      query: '',
      headers: { authorization: 'Bearer t', 'content-type': 'application/json', traceparent: 'http' },
      body: '{"id":"7"}',
      flow: 'whole',
    })
  })

  it('continues the trace that its own _meta names', () => {
    const { headers } = inboundOf({ name: 'x', arguments: {}, traceparent: 'meta' }, target, over)
    expect(headers.traceparent).toBe('meta')
  })

  it.each([
    ['a change', 'createOrder', { id: '7', approval: 'apr_1' }, 'apr_1', '{"id":"7"}'],
    ['a change, as no text', 'createOrder', { approval: 7 }, undefined, '{"approval":7}'],
    ['a read, which takes none', 'getItem', { approval: 'apr_1' }, undefined, '{"approval":"apr_1"}'],
  ] as const)('names its approval as an argument of %s', (...[, name, given, approval, body]) => {
    const inbound = inboundOf({ name: 'x', arguments: given }, { backend: lineBackend, name }, over)
    expect([inbound.headers['approval-id'], Buffer.from(inbound.body).toString()]).toEqual([approval, body])
  })

  it('of a tool that nobody declares names no operation, and nothing of its text', () => {
    const inbound = inboundOf({ name: '../../etc', arguments: undefined }, undefined, over)
    expect([inbound.backend, inbound.operation, inbound.path]).toEqual(['', '', '/api//'])
    expect(Buffer.from(inbound.body).toString()).toBe('{}')
  })
})

describe('a tool result', () => {
  it('has data and meta, in structure and in words', () => {
    const body = { data: [1], meta: { decisionId: 'd' } }
    expect(toolResult(answer(200, body))).toEqual({
      structuredContent: body,
      content: [{ type: 'text', text: JSON.stringify(body) }],
    })
  })

  it.each([
    [403, { code: 'policy_denied', reasons: ['not_permitted'] }],
    [401, { code: 'claims_challenge', claims: 'e30=' }],
    [503, { code: 'audit_unavailable', retryable: true }],
  ])('of %d is an error that carries the problem: %j', (status, body) => {
    const result = toolResult(answer(status, { ...body, error: { message: 'for others' } }))
    expect([result.isError, result.structuredContent]).toEqual([true, body])
    expect(JSON.parse(result.content[0]?.text ?? '')).toEqual(body)
  })

  it('of a call that waits for a second person is no error, and has the handle', () => {
    const approval = { id: 'apr_1', expires: '2026-11-23T00:00:00Z', url: 'https://g/a', pollAfter: 5 }
    const problem = { code: 'approval_pending', detail: 'Somebody has to look.', instance: 'urn:uuid:d', approval }
    const result = toolResult(answer(403, problem))
    const { id, ...rest } = approval
    expect(result.isError).toBeUndefined()
    expect(result.structuredContent).toEqual({
      status: 'approval_pending',
      detail: expect.stringMatching(/^Somebody has to look\. Nothing was done yet\./),
      ...rest,
      approval: id,
      instance: 'urn:uuid:d',
    })
  })
})
