import { describe, expect, it } from 'vitest'
import { checkLink } from '../../../shared/upstream/rest-link.ts'

const base = new URL('https://api.example:8443/v1')
const from = new URL('https://api.example:8443/v1/items?top=2')
const follow = (text: string, underBase = false) => checkLink(text, { base, from, underBase })?.href ?? null

describe('a link of a backend', () => {
  it.each([
    ['https://api.example:8443/v1/items?$skiptoken=a', 'https://api.example:8443/v1/items?$skiptoken=a'],
    ['HTTPS://API.example:8443/v1/Items?page=2', 'https://api.example:8443/v1/Items?page=2'],
    ['/v1/items?page=2', 'https://api.example:8443/v1/items?page=2'],
    ['?page=2', 'https://api.example:8443/v1/items?page=2'],
    ['items?page=2', 'https://api.example:8443/v1/items?page=2'],
    [
      '/v1/items?to=https://evil.example/x//y/../z',
      'https://api.example:8443/v1/items?to=https://evil.example/x//y/../z',
    ],
  ])('%s is followed', (text, url) => {
    expect(follow(text)).toBe(url)
  })

  it.each([
    ['another host', 'https://evil.example:8443/v1/items?page=2'],
    ['a host that begins like it', 'https://api.example.evil.example:8443/v1/items'],
    ['another port', 'https://api.example/v1/items?page=2'],
    ['another scheme', 'http://api.example:8443/v1/items'],
    ['a user', 'https://me@api.example:8443/v1/items'],
    ['an empty user', 'https://@api.example:8443/v1/items'],
    ['a user that looks like the host', 'https://api.example:8443@evil.example/v1/items'],
    ['no scheme', '//evil.example/v1/items'],
    ['no scheme and the same host', '//api.example:8443/v1/items'],
    ['three slashes', 'https:///api.example:8443/v1/items'],
    ['a backslash', 'https:\\\\evil.example\\v1\\items'],
    ['a backslash behind the host', 'https://api.example:8443\\@evil.example/v1/items'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['a file', 'file:///v1/items'],
    ['dot segments', '/v1/x/../items'],
    ['encoded dot segments', '/v1/x/%2e%2E/items'],
    ['half-encoded ones', '/v1/x/.%2e/items'],
    ['a single dot', '/v1/./items'],
    ['an encoded slash', '/v1%2fitems'],
    ['a slash encoded twice', '/v1%252fitems'],
    ['an encoded backslash', '/v1%5citems'],
    ['an empty segment', '/v1//items'],
    ['a NUL', '/v1/items%00'],
    ['a fragment', '/v1/items#x'],
    ['a line end', '/v1/items\r\nhost: evil.example'],
    ['a tab within the scheme', 'ht\ttps://evil.example/v1/items'],
    ['letters beyond ASCII', 'https://api.examplé:8443/v1/items'],
    ['a broken escape', '/v1/items%zz'],
    ['nothing', ''],
    ['8,001 characters', `/v1/items?${'x'.repeat(7992)}`],
    ['another path', '/v1/people?page=2'],
    ['a path below', '/v1/items/7'],
  ])('with %s is not', (_what, text) => {
    expect(follow(text)).toBeNull()
  })

  it.each([
    ['/v1/operations/7', true],
    ['/v1/', true],
    ['/v1', false],
    ['/v10/operations', false],
    ['/v2/operations', false],
    ['https://evil.example/v1/operations/7', false],
    ['/v1/../v2/x', false],
  ])('%s under the base: %s', (text, followed) => {
    expect(follow(text, true) !== null).toBe(followed)
  })
})
