import type { HttpRequest } from '@azure/functions'
import { describe, expect, it } from 'vitest'
import { bodyLimits } from '../../../shared/backend/inputs.ts'
import { readInbound } from '../../../shared/http/inbound.ts'
import { tokenRequestOf } from '../../../shared/http/token-request.ts'
import { inboundFor } from '../../support/line-world.ts'

interface Given {
  readonly url?: string
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly params?: Record<string, string>
  readonly body?: ReadableStream<Uint8Array> | null
}

/** The part of the library's request that is read. */
function requestOf({ url, method, headers, params, body }: Given): HttpRequest {
  const given = { url: url ?? 'https://gateway.example/api/b/o?x=1', method: method ?? 'POST', params: params ?? {} }
  return { ...given, headers: new Headers(headers), body: body ?? null } as unknown as HttpRequest
}

/** A body of chunks that counts how many of them were asked for. */
function streamOf(chunks: number, size: number) {
  const asked = { chunks: 0, cancelled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        asked.chunks += 1
        controller.enqueue(new Uint8Array(size).fill(32))
        if (asked.chunks === chunks) controller.close()
      },
      cancel() {
        asked.cancelled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { body, asked }
}

describe('inbound request', () => {
  it('is plain values', async () => {
    const { body } = streamOf(2, 3)
    const params = { operation: 'getItem' }
    const headers = { 'Content-Type': 'application/json', 'X-Forwarded-For': '192.0.2.1:443' }
    expect(await readInbound(requestOf({ method: 'post', params, headers, body }), 'line-backend')).toEqual({
      method: 'POST',
      path: '/api/b/o',
      backend: 'line-backend',
      operation: 'getItem',
      headers: { 'content-type': 'application/json', 'x-forwarded-for': '192.0.2.1:443' },
      query: '?x=1',
      body: Buffer.alloc(6, ' '),
      remoteAddress: '192.0.2.1',
    })
  })

  it("takes the backend of the route's own declaration, whatever the path says", async () => {
    const read = await readInbound(requestOf({ params: { backend: 'other' } }), 'line-backend')
    expect(read.backend).toBe('line-backend')
  })

  it.each([
    [20, { chunks: 20, cancelled: false }],
    [1000, { chunks: 513, cancelled: true }],
  ])('keeps one chunk beyond the limit of %i, and gives up a body that does not end', async (count, expected) => {
    const { body, asked } = streamOf(count, 64 * 1024)
    const read = await readInbound(requestOf({ body }), 'b')
    expect(read.body.byteLength).toBe(bodyLimits.bytes + 64 * 1024)
    expect(asked).toEqual(expected)
  })

  it('reads a body of exactly the limit whole', async () => {
    const { body } = streamOf(16, 64 * 1024)
    expect((await readInbound(requestOf({ body }), 'b')).body.byteLength).toBe(bodyLimits.bytes)
  })

  it('reads no body of a GET', async () => {
    const { body, asked } = streamOf(1, 1)
    expect((await readInbound(requestOf({ method: 'GET', body }), 'b')).body.byteLength).toBe(0)
    expect(asked.chunks).toBe(0)
  })

  it.each([
    [undefined, ''],
    ['', ''],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:50000', '192.0.2.7'],
    ['203.0.113.9, 192.0.2.7:50000', '192.0.2.7'],
    ['evil, 192.0.2.7', '192.0.2.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('comes, by X-Forwarded-For %j, from %j', async (forwarded, address) => {
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    expect((await readInbound(requestOf({ headers }), 'b')).remoteAddress).toBe(address)
  })
})

describe('token request', () => {
  it('shows the verifier every place where a token may be', () => {
    const inbound = inboundFor('getItem', {}, { query: '?access_token=x', body: Buffer.alloc(5000, 'a') })
    expect(tokenRequestOf({ ...inbound, headers: { authorization: 'Bearer a', 'content-type': 't' } })).toEqual({
      authorization: ['Bearer a'],
      query: '?access_token=x',
      contentType: 't',
      bodyStart: 'a'.repeat(4096),
    })
  })

  it('has no Authorization where none was sent', () => {
    expect(tokenRequestOf(inboundFor('getItem')).authorization).toEqual([])
  })
})
