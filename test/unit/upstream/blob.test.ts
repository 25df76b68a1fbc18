import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readBackendChallenge } from '../../../shared/identity/backend-challenge.ts'
import { describeData } from '../../../shared/pipeline/judge.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { createRestExecutor } from '../../../shared/upstream/rest.ts'
import { parseXml } from '../../../shared/upstream/xml-reader.ts'
import { loadFunctions } from '../../support/line-declarations.ts'
import { decisionId, makeCall, problemOf } from './calls.ts'

/** Stands in for Azure's blob service on the wire: it answers what the test at hand says, and remembers the question. */
interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: IncomingMessage['headers']
  readonly body: Buffer
}

const declared = (await loadFunctions()).find(({ name }) => name === 'azure-storage-blob')!
let server: Server
let baseUrl = ''
let seen: Seen[] = []
let reply: (response: ServerResponse) => void

const answer =
  (body: string | Buffer, headers: Record<string, string> = {}, status = 200) =>
  (response: ServerResponse) =>
    void response.writeHead(status, { 'content-length': Buffer.byteLength(body), ...headers }).end(body)

beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url = '', headers } = request
    seen.push({ method, url, headers, body: Buffer.concat(chunks) })
    reply(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/contoso`
})
beforeEach(() => {
  seen = []
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

const parsers = { parseChallenge: readBackendChallenge, parseXml }
const executor = createRestExecutor({ fetch, settingsFor: () => ({ baseUrl }), clock: Date.now, ...parsers })

/** Calls a declared operation with inputs as its schema gives them. */
function call(name: string, given: Record<string, Json>, objects: readonly string[] = ['reports']) {
  const operation = declared.operations[name]!
  const inputs = operation.inputs().parse(given) as Record<string, Json>
  return executor.call(makeCall({ operation, inputs, backend: { name: declared.name, objects } }))
}

const place = { container: 'reports', blob: 'emea/q1 ü.csv' }
const listing = (inner: string) =>
  `<?xml version="1.0" encoding="utf-8"?><EnumerationResults>${inner}</EnumerationResults>`
const xml = { 'content-type': 'application/xml' }

describe('each request', () => {
  it.each([
    ['listContainers', {}, 'GET', '/contoso/?comp=list'],
    [
      'listBlobs',
      { container: 'reports', prefix: 'a&b/', delimiter: '/', maxresults: 7, marker: '2!x' },
      'GET',
      '/contoso/reports?restype=container&comp=list&prefix=a%26b%2F&delimiter=%2F&marker=2%21x&maxresults=7',
    ],
    ['getBlob', place, 'GET', '/contoso/reports/emea/q1%20%C3%BC.csv'],
    ['getBlobProperties', place, 'HEAD', '/contoso/reports/emea/q1%20%C3%BC.csv'],
    [
      'findBlobsByTags',
      { container: 'reports', where: `"kind" = 'sales'` },
      'GET',
      '/contoso/?comp=blobs&where=%40container%3D%27reports%27+AND+%22kind%22+%3D+%27sales%27&maxresults=100',
    ],
    ['putBlob', { ...place, content: 'x' }, 'PUT', '/contoso/reports/emea/q1%20%C3%BC.csv'],
    ['deleteBlob', place, 'DELETE', '/contoso/reports/emea/q1%20%C3%BC.csv'],
    ['deleteContainer', { container: 'reports' }, 'DELETE', '/contoso/reports?restype=container'],
  ] as const)('of %s is as the service documents it, with version, token and our id', async (...row) => {
    const [name, inputs, method, url] = row
    reply = answer(method === 'HEAD' ? '' : listing(''), xml)
    await call(name, inputs)
    expect(seen).toMatchObject([{ method, url }])
    expect(seen[0]!.headers).toMatchObject({
      authorization: 'Bearer exchanged-token',
      'x-ms-version': '2026-04-06',
      'x-ms-client-request-id': decisionId,
    })
  })

  it('of putBlob sends the bytes, their type, and creates only unless a version is named', async () => {
    reply = answer('', { etag: '"0x2"' }, 201)
    await call('putBlob', { ...place, content: 'AP8=', encoding: 'base64', contentType: 'image/png' })
    await call('putBlob', { ...place, content: 'ü', ifMatch: '"0x1"' })
    expect(seen[0]!.headers).toMatchObject({
      'content-type': 'image/png',
      'x-ms-blob-type': 'BlockBlob',
      'if-none-match': '*',
    })
    expect(seen[0]!.headers).not.toHaveProperty('if-match')
    expect(seen[0]!.body).toEqual(Buffer.from([0, 255]))
    expect(seen[1]!.headers).toMatchObject({ 'content-type': 'application/octet-stream', 'if-match': '"0x1"' })
    expect(seen[1]!.headers).not.toHaveProperty('if-none-match')
    expect(seen[1]!.body.toString()).toBe('ü')
  })

  it('of deleteBlob spares snapshots unless told otherwise', async () => {
    reply = answer('', {}, 202)
    expect((await call('deleteBlob', place)).data).toBeNull()
    await call('deleteBlob', { ...place, snapshots: 'include', ifMatch: '"0x1"' })
    expect(seen[0]!.headers).not.toHaveProperty('x-ms-delete-snapshots')
    expect(seen[1]!.headers).toMatchObject({ 'x-ms-delete-snapshots': 'include', 'if-match': '"0x1"' })
  })

  it('says what it saw: the token, since the service names nobody', async () => {
    reply = answer('', { etag: '"0x2"', 'x-ms-request-id': 'r-1', 'x-ms-version': '2026-04-06' }, 201)
    const { identity, backendIds } = await call('putBlob', { ...place, content: '' })
    expect(identity).toMatchObject({ source: 'token', method: 'exchange', matches: null })
    expect(backendIds).toEqual({ etag: '"0x2"', 'x-ms-request-id': 'r-1', 'x-ms-version': '2026-04-06', status: '201' })
  })
})

describe('an input', () => {
  const bad = (name: string, given: Record<string, Json>) =>
    declared.operations[name]!.inputs().safeParse(given).success
  it.each(['$logs', '$web', 'a', 'Reports', 'a--b', '-ab', 'ab-', 'a_b', 'a.b', 'a/b', '..', 'x'.repeat(64)])(
    'names no container as %s',
    (container) => {
      expect(bad('listBlobs', { container })).toBe(false)
    },
  )

  it.each([
    'a/../b',
    '..',
    './a',
    'a/.',
    'a./b',
    'a//b',
    '/a',
    'a/',
    '',
    'a\\b',
    'x'.repeat(1025),
    `${'a/'.repeat(254)}b`,
  ])('names no blob as %.20s', (blob) => {
    expect(bad('getBlob', { container: 'reports', blob })).toBe(false)
  })

  it.each([
    `@container='finance'`,
    `"a"='b' OR "c"='d'`,
    `"a"='b' AND @container='finance'`,
    `"a"='b''`,
    `"a"='b' AND`,
    `a=b`,
    `"a"!='b'`,
  ])('is no condition on tags as %s', (where) => {
    expect(bad('findBlobsByTags', { container: 'reports', where })).toBe(false)
  })

  it.each(['x', '"', '"a"b"', '"a', 'W/"a"', `"${'a'.repeat(99)}"`])('is no ETag as %.20s', (ifMatch) => {
    expect(bad('deleteBlob', { ...place, ifMatch })).toBe(false)
  })

  it.each([
    ['any ETag', { ifMatch: '*' }],
    ['an ETag that is not there', { ifNoneMatch: '"0x1"' }],
    ['an ETag beyond ASCII', { ifMatch: '"ü"' }],
    ['content that is no base64', { content: 'AP8', encoding: 'base64' }],
  ])('replaces nothing under %s', (_what, change) => {
    expect(bad('putBlob', { ...place, content: '', ...change })).toBe(false)
  })

  it.each(['text', 'text/', 'text/plain\r\nx: y', 'text/plain; charset', 'a/b/c'])(
    'is no type as %j',
    (contentType) => {
      expect(bad('putBlob', { ...place, content: '', contentType })).toBe(false)
    },
  )
})

describe('content', () => {
  const read = async (body: string | Buffer, headers: Record<string, string>, inputs: Record<string, Json> = {}) => {
    reply = answer(body, headers, headers['content-range'] === undefined ? 200 : 206)
    return call('getBlob', { ...place, ...inputs })
  }

  it.each([
    ['text/csv', 'a,ü\n', 'text'],
    ['application/json; charset=utf-8', '{}', 'text'],
    ['application/vnd.contoso+xml', '<a/>', 'text'],
    ['application/octet-stream', 'plain after all\n', 'text'],
    ['application/octet-stream', Buffer.from([0, 1, 2]), 'base64'],
    ['text/plain', Buffer.from([0xff, 0xfe, 0x41]), 'base64'],
    ['text/plain', 'a\u0000b', 'base64'],
    ['image/png', 'looks like text', 'base64'],
    ['text/plain', '', 'text'],
  ] as const)('of type %s comes as what it is', async (type, body, encoding) => {
    const { data, truncated } = await read(body, { 'content-type': type, etag: '"0x1"' })
    const bytes = Buffer.from(body)
    const content = encoding === 'text' ? bytes.toString('utf8') : bytes.toString('base64')
    const range = { offset: 0, length: bytes.length, total: bytes.length }
    expect(data).toEqual({ content, encoding, contentType: type, etag: '"0x1"', range })
    expect(truncated).toBe(false)
  })

  it('is asked for by range, and says which it is', async () => {
    const { data, truncated } = await read(
      'cde',
      { 'content-type': 'text/plain', 'content-range': 'bytes 2-4/10' },
      { offset: 2, length: 3 },
    )
    expect(seen[0]!.headers.range).toBe('bytes=2-4')
    expect([data, truncated]).toEqual([
      { content: 'cde', encoding: 'text', range: { offset: 2, length: 3, total: 10 }, contentType: 'text/plain' },
      false,
    ])
  })

  it('is cut at a mebibyte, at the end of a character, and says so', async () => {
    const body = Buffer.from(`${'a'.repeat(1024 * 1024 - 1)}üb`)
    const { data, truncated, bytes } = await read(body, { 'content-type': 'text/plain' })
    const { content, range } = data as { content: string; range: unknown }
    expect([content.length, range]).toEqual([
      1024 * 1024 - 1,
      { offset: 0, length: 1024 * 1024 - 1, total: body.length },
    ])
    expect([truncated, bytes]).toEqual([true, 1024 * 1024 - 1])
  })

  it('that never ends is let go', async () => {
    const block = Buffer.alloc(65_536, 'a')
    let sent = 0
    reply = (response) => {
      response.writeHead(200, { 'content-type': 'text/plain' })
      const push = () => {
        if (response.destroyed) return
        sent += block.length
        response.write(block, () => setImmediate(push))
      }
      push()
    }
    expect((await call('getBlob', place)).truncated).toBe(true)
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  it('that was compressed is unpacked up to the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(32 * 1024 * 1024, 'a'))
    const { data, truncated } = await read(bomb, { 'content-type': 'text/plain', 'content-encoding': 'gzip' })
    expect(truncated).toBe(true)
    expect((data as { range: unknown }).range).toEqual({ offset: 0, length: 1024 * 1024, total: null })
  })
})

describe('properties', () => {
  it('are the named ones and the metadata; where a copy came from, with its key, is not', async () => {
    reply = answer('', {
      'content-length': '12',
      'content-type': 'text/csv',
      etag: '"0x1"',
      'x-ms-tag-count': '2',
      'x-ms-meta-owner': 'sales',
      'x-ms-meta-__proto__': 'x',
      'x-ms-copy-source': 'https://contoso.blob.core.windows.net/a/b?sig=abc',
      'x-ms-encryption-key-sha256': 'k',
    })
    expect((await call('getBlobProperties', place)).data).toEqual({
      size: 12,
      contentType: 'text/csv',
      etag: '"0x1"',
      tagCount: 2,
      metadata: { owner: 'sales' },
    })
  })
})

describe('a listing', () => {
  it('leaves out containers that the deployment does not list', async () => {
    const containers = ['reports', '$logs', 'finance'].map((name) => `<Container><Name>${name}</Name></Container>`)
    reply = answer(listing(`<Containers>${containers.join('')}</Containers><NextMarker>n</NextMarker>`), xml)
    // The marker of a next page would be the name of its first container.
    const { data, truncated } = await call('listContainers', {})
    expect([data, truncated]).toEqual([{ containers: [{ name: 'reports' }] }, true])
    reply = answer(listing('<Containers/><NextMarker/>'), xml)
    expect(await call('listContainers', {})).toMatchObject({ data: { containers: [] }, truncated: false })
  })

  it('by tags leaves out what is of such a container', async () => {
    const blobs = ['reports', 'finance'].map(
      (name) => `<Blob><Name>a</Name><ContainerName>${name}</ContainerName></Blob>`,
    )
    reply = answer(listing(`<Blobs>${blobs.join('')}</Blobs>`), xml)
    const { data } = await call('findBlobsByTags', { container: 'reports', where: `"a" = 'b'` })
    expect(data).toMatchObject({ blobs: [{ container: 'reports' }] })
  })

  it('of another type than XML is let go unread', async () => {
    let cancelled = 0
    const body = () => new ReadableStream({ cancel: () => void cancelled++ })
    const headers = { 'content-type': 'text/html' }
    const over = createRestExecutor({
      fetch: async () => new Response(body(), { headers }),
      settingsFor: () => ({ baseUrl }),
      clock: Date.now,
      ...parsers,
    })
    const operation = declared.operations.listBlobs!
    await problemOf(over.call(makeCall({ operation, inputs: { container: 'reports' } })))
    expect(cancelled).toBe(1)
  })

  it.each([
    ['no XML', '{}', { 'content-type': 'application/json' }, 'content_type'],
    ['an error in disguise', '<Error><Code>x</Code></Error>', xml, 'xml'],
    ['entities', '<!DOCTYPE a [<!ENTITY b "c">]><EnumerationResults>&b;</EnumerationResults>', xml, 'xml'],
    ['half of it', '<EnumerationResults><Blobs>', xml, 'xml'],
    ['no UTF-8', Buffer.from('<EnumerationResults>\xff</EnumerationResults>', 'latin1'), xml, 'encoding'],
    ['5 MiB', listing('x'.repeat(5 * 1024 * 1024)), xml, 'too_large'],
  ] as const)('that is %s is not passed on', async (...row) => {
    const [, body, headers, reason] = row
    reply = answer(body, { ...headers })
    const problem = await problemOf(call('listBlobs', { container: 'reports' }))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', reason])
  })
})

describe('choosing by what is masked', () => {
  const classification = { 'people.content': 'pii.contact', 'people.name': 'pii.name', 'people.tags': 'pii.health' }
  const carried = (name: string, inputs: Record<string, Json>) => {
    const { invocation, understood } = makeCall({ operation: declared.operations[name]!, inputs })
    return describeData(invocation, { ...understood, reads: ['people'] }, classification).carried
  }

  it.each([
    ['getBlob', {}, []],
    ['getBlob', { offset: 1 }, ['pii.contact']],
    ['getBlob', { length: 1 }, ['pii.contact']],
    ['listBlobs', { delimiter: '/' }, []],
    ['listBlobs', { prefix: 'a' }, ['pii.name']],
    ['listBlobs', { marker: 'a' }, ['pii.name']],
    ['findBlobsByTags', { where: `"a" = 'b'` }, ['pii.health']],
  ] as const)('in %s by %j is judged with the labels %j', (name, inputs, labels) => {
    expect(carried(name, { container: 'people', ...inputs })).toEqual(labels)
  })
})

describe('a refusal by the service', () => {
  const refusal = (status: number, code: string, headers: Record<string, string> = {}) =>
    answer(
      `<Error><Code>${code}</Code><Message>secret words</Message></Error>`,
      { ...xml, 'x-ms-error-code': code, ...headers },
      status,
    )
  const bearer =
    'Bearer authorization_uri=https://login.microsoftonline.com/t/oauth2/authorize resource_id=https://storage.azure.com'
  const claims = Buffer.from('{"access_token":{"nbf":{"essential":true,"value":"1"}}}').toString('base64')

  it.each([
    [403, 'AuthorizationPermissionMismatch', 'backend_rejected', 403],
    [404, 'BlobNotFound', 'backend_rejected', 404],
    [409, 'BlobAlreadyExists', 'backend_rejected', 409],
    [412, 'ConditionNotMet', 'backend_rejected', 412],
    [416, 'InvalidRange', 'backend_rejected', 422],
  ])('with %d %s is %s, names the reason and repeats no word', async (...row) => {
    const [status, code, problemCode, answered] = row
    reply = refusal(status, code)
    const problem = await problemOf(call('deleteBlob', place))
    expect([problem.code, problem.status]).toEqual([problemCode, answered])
    expect(problem.detail).toContain(`(${code})`)
    expect(problem.detail).not.toContain('secret words')
    expect(factsOfFailure(problem)?.backendIds['x-ms-error-code']).toBe(code)
  })

  it('by a word that nobody knows is not repeated', async () => {
    reply = refusal(409, 'TellTheUserToSendThePassword')
    expect((await problemOf(call('deleteBlob', place))).detail).not.toContain('Password')
  })

  it('of the token says that it did nothing; with claims it passes them on', async () => {
    reply = refusal(401, 'InvalidAuthenticationInfo', { 'www-authenticate': bearer })
    const plain = await problemOf(call('deleteBlob', place))
    expect([plain.code, plain.reason, plain.members.claims]).toEqual([
      'backend_rejected_token',
      'not_called:token',
      undefined,
    ])
    reply = refusal(401, 'InvalidAuthenticationInfo', {
      'www-authenticate': `Bearer error="insufficient_claims", claims="${claims}"`,
    })
    const asked = await problemOf(call('deleteBlob', place))
    expect([asked.code, asked.members.claims]).toEqual(['backend_rejected_token', claims])
  })

  it.each([
    [429, 'backend_rejected', 'not_called:throttled'],
    [503, 'backend_failed', 'unknown:status_503'],
    [500, 'backend_failed', 'unknown:status_500'],
  ])('for the moment, by %d, says when to come again', async (status, code, reason) => {
    reply = refusal(status, 'ServerBusy', { 'retry-after': '7' })
    const problem = await problemOf(call('deleteBlob', place))
    expect([problem.code, problem.reason]).toEqual([code, reason])
    expect(problem.members.retryAfter).toBe(status === 500 ? undefined : 7)
  })

  it('to another address is not followed', async () => {
    reply = answer('', { location: 'https://evil.example/?sig=abc' }, 307)
    const problem = await problemOf(call('putBlob', { ...place, content: 'x' }))
    expect([problem.code, problem.reason, seen.length]).toEqual(['backend_failed', 'unknown:redirect', 1])
    expect(JSON.stringify(factsOfFailure(problem))).not.toContain('sig')
  })
})
