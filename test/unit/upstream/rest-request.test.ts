import { describe, expect, it } from 'vitest'
import type { RestCall } from '../../../shared/backend/rest-call.ts'
import { Problem } from '../../../shared/errors/problem.ts'
import { boundPage, buildRequest } from '../../../shared/upstream/rest-request.ts'

const base = new URL('https://contoso.blob.core.windows.net')
const put: RestCall = {
  technology: 'rest',
  method: 'PUT',
  path: '/{container}/{+blob}',
  headers: { 'x-ms-blob-type': 'BlockBlob', 'if-match': '{ifMatch}', 'if-none-match': '{ifNoneMatch}' },
  content: { text: 'content', encoding: 'encoding', type: 'contentType' },
}
const get: RestCall = {
  technology: 'rest',
  method: 'GET',
  path: '/{container}/{+blob}',
  range: { offset: 'offset', length: 'length' },
}
const find: RestCall = {
  technology: 'rest',
  method: 'GET',
  path: '/',
  fixedQuery: { comp: 'blobs', where: "@container='{container}' AND {where}" },
  query: ['marker', 'maxresults'],
  pageSize: 'maxresults',
}
const full = { container: 'reports', blob: 'a/b.txt', content: 'hi', encoding: 'text', contentType: 'text/plain' }

function faultOf(template: RestCall, inputs: Parameters<typeof buildRequest>[2]) {
  try {
    return buildRequest(base, template, inputs).url.href
  } catch (error) {
    if (error instanceof Problem) return [error.code, error.reason, error.members.faults?.[0]?.pointer]
    throw error
  }
}

describe('a path of several segments', () => {
  it.each([
    ['plain', 'emea/2026/q1.csv', 'emea/2026/q1.csv'],
    ['with letters beyond ASCII', 'emea/Zürich 要.txt', 'emea/Z%C3%BCrich%20%E8%A6%81.txt'],
    ['with what means something in an address', 'a?b#c&d=e+f;g/100%', 'a%3Fb%23c%26d%3De%2Bf%3Bg/100%25'],
    ['with dots inside', 'a..b/.hidden/c.d', 'a..b/.hidden/c.d'],
    ['with an emoji', 'x/😀', 'x/%F0%9F%98%80'],
  ])('%s is encoded segment by segment', (_what, blob, path) => {
    expect(faultOf(get, { container: 'reports', blob })).toBe(`${base.href}reports/${path}`)
  })

  it.each([
    ['..', '../people/x'],
    ['.. further on', 'emea/../../people/x'],
    ['a single dot', 'emea/./x'],
    ['an empty segment', 'emea//x'],
    ['a slash in front', '/x'],
    ['a slash at the end', 'x/'],
    ['nothing', ''],
    ['a backslash', 'emea\\..\\x'],
    ['an encoded slash', 'emea%2Fx'],
    ['encoded dots', '%2e%2e/people'],
    ['a twice encoded slash', 'emea%252Fx'],
    ['an encoded null', 'x%00'],
    ['a line end', 'x\r\ny'],
    ['half a surrogate pair', 'x\ud800'],
    ['2,000 characters', 'x'.repeat(2000)],
  ])('is refused with %s, before anything is sent', (_what, blob) => {
    expect(faultOf(get, { container: 'reports', blob })).toEqual(['input_invalid', 'not_called:input', '/blob'])
  })

  it('leaves one segment one segment', () => {
    expect(faultOf(get, { container: 'reports/x', blob: 'y' })).toEqual([
      'input_invalid',
      'not_called:input',
      '/container',
    ])
  })
})

describe('declared headers', () => {
  it('take their inputs, and are left out without them', () => {
    const { headers } = buildRequest(base, put, { ...full, ifMatch: '"0x1"' })
    expect(headers).toEqual({ 'x-ms-blob-type': 'BlockBlob', 'if-match': '"0x1"', 'content-type': 'text/plain' })
  })

  it.each([
    ['a line end', '"x"\r\nx-ms-copy-source: https://evil.example'],
    ['a bare line feed', '"x"\nA: b'],
    ['a null', '"x\u0000"'],
    ['a letter beyond ASCII', '"é"'],
    ['nothing in it', ''],
    ['5,000 characters', 'x'.repeat(5000)],
  ])('refuse an input with %s', (_what, ifMatch) => {
    expect(faultOf(put, { ...full, ifMatch })).toEqual(['input_invalid', 'not_called:input', '/ifMatch'])
  })

  it('refuse a content type that would end the line', () => {
    expect(faultOf(put, { ...full, contentType: 'text/plain\r\nx: y' })).toEqual([
      'input_invalid',
      'not_called:input',
      '/contentType',
    ])
  })
})

describe('a range', () => {
  it.each([
    [{}, undefined],
    [{ offset: 0 }, 'bytes=0-'],
    [{ offset: 10, length: 5 }, 'bytes=10-14'],
    [{ length: 1 }, 'bytes=0-0'],
  ])('of %j is %s', (inputs, range) => {
    expect(buildRequest(base, get, { container: 'reports', blob: 'x', ...inputs }).headers.range).toBe(range)
  })
})

describe('a body of bytes', () => {
  it.each([
    ['text', 'grüße', Buffer.from('grüße')],
    ['base64', 'AAH/', Buffer.from([0, 1, 255])],
    ['base64', '', Buffer.alloc(0)],
  ])('written as %s is sent as those bytes', (encoding, content, bytes) => {
    expect(Buffer.from(buildRequest(base, put, { ...full, content, encoding }).body as Uint8Array)).toEqual(bytes)
  })

  it.each(['AAH', 'AA H/', 'AAH_', '====', 'AAH/x'])('is refused as base64 where it is %s', (content) => {
    expect(faultOf(put, { ...full, content, encoding: 'base64' })).toEqual([
      'input_invalid',
      'not_called:input',
      '/content',
    ])
  })
})

describe('a query that the declaration words', () => {
  it('takes its inputs as values of it', () => {
    const { url } = buildRequest(base, find, {
      container: 'reports',
      where: `"a"='b & c'`,
      marker: 'm&comp=list',
      maxresults: 5,
    })
    expect(Object.fromEntries(url.searchParams)).toEqual({
      comp: 'blobs',
      where: `@container='reports' AND "a"='b & c'`,
      marker: 'm&comp=list',
      maxresults: '5',
    })
  })

  it.each([
    [1000, 1000],
    [40, 40],
  ])('asks for no more items than the %d rows that may be returned', (limit, size) => {
    expect(boundPage(find, { maxresults: 1000 }, limit)).toEqual({ maxresults: size })
    expect(boundPage(find, {}, limit)).toEqual({})
  })
})
