import { describe, expect, it } from 'vitest'
import type { Ask, World } from './gateway-world.ts'

const path = '/api/rest-entra-api/listOrders'
const secret = 'zebra-crossing-4711'
const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([part]))))

const wrong: readonly (readonly [what: string, body: unknown, pointer: string])[] = [
  ['half an object', '{"limit":', ''],
  ['a trailing comma', '{"limit":1,}', ''],
  ['two documents', '{}{}', ''],
  ['a byte order mark', '\ufeff{}', ''],
  ['a list', '[]', ''],
  ['null', 'null', ''],
  ['a text', `"${secret}"`, ''],
  ['an unknown member', { limt: secret }, '/limt'],
  ['a member of Object', '{"constructor":1}', '/constructor'],
  ['__proto__', '{"__proto__":{"limit":1}}', '/__proto__'],
  ['a name with / and ~', { 'a/b~c': 1 }, '/a~1b~0c'],
  ['a text for a number', { limit: secret }, '/limit'],
  ['null for a number', { limit: null }, '/limit'],
  ['a fraction', { limit: 1.5 }, '/limit'],
  ['a number too small', { limit: 0 }, '/limit'],
  ['a number too large', { limit: 101 }, '/limit'],
  ['a number beyond all', '{"limit":1e400}', '/limit'],
  ['a value that is none of a list', { status: secret }, '/status'],
  ['a text too long', { cursor: secret.repeat(20) }, '/cursor'],
  ['a control character', { cursor: `${secret}\u0000` }, '/cursor'],
  ['a DEL', { cursor: '\u007f' }, '/cursor'],
  ['half a surrogate pair', '{"cursor":"\\ud800"}', '/cursor'],
  ['invalid UTF-8', bytes('{"cursor":"', 0xff, '"}'), ''],
  ['overlong UTF-8', bytes('{"cursor":"', 0xc0, 0x80, '"}'), ''],
  ['33 objects in each other', `${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, ''],
  ['100,000 lists in each other', `{"cursor":${'['.repeat(100_000)}`, ''],
]

const mediaTypes: readonly string[] = [
  'text/plain',
  'application/xml',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/problem+json',
  'application/json; charset=utf-16',
  'application/json, text/plain',
  'application/jsonx',
]

/** Requests of somebody careless, or worse. */
export function describeInput(world: () => World): void {
  const post = async (rest: Omit<Ask, 'path'>) => world().ask({ path, token: await world().token('alice'), ...rest })

  describe('wrong inputs', () => {
    it.each(wrong)('with %s are refused at their place', async (_, body, pointer) => {
      const reply = await post({ body })
      expect([reply.status, reply.body.code]).toEqual([400, 'input_invalid'])
      expect(reply.body.faults[0].pointer).toBe(pointer)
      expect(reply.body.next).toEqual({ action: 'change_input' })
      expect(reply.text).not.toContain(secret)
    })

    it('name every place, and no more than twenty', async () => {
      const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`x${index}`, 1]))
      expect((await post({ body: { ...many, limit: 0 } })).body.faults).toHaveLength(20)
    })

    it('of a query are refused in the same way', async () => {
      const { status, body } = await world().call('alice', 'azure-postgresql/executeQuery', { params: [{}], sql: '' })
      expect([status, body.code]).toEqual([400, 'input_invalid'])
      expect(body.faults.map(({ pointer }: { pointer: string }) => pointer).sort()).toEqual(['/params/0', '/sql'])
    })

    it('of a question point into the body of the question', async () => {
      const token = await world().token('alice')
      const about = { backend: 'rest-entra-api', operation: 'listOrders' }
      const ask = (body: unknown) => world().ask({ path: '/api/explain', token, body })
      const [extra, inner, missing] = [
        await ask({ ...about, [secret]: 1 }),
        await ask({ ...about, inputs: { limit: 0 } }),
        await ask({ operation: 'listOrders' }),
      ]
      const place = ({ status, body }: typeof extra) => [status, body.code, body.faults?.[0]?.pointer]
      expect(place(extra)).toEqual([400, 'input_invalid', `/${secret}`])
      expect(place(inner)).toEqual([400, 'input_invalid', '/inputs/limit'])
      expect(place(missing)).toEqual([400, 'input_invalid', '/backend'])
    })

    it.each([1024 * 1024 + 1, 3_000_000])('of %d bytes are refused for their size', async (length) => {
      const { status, body } = await post({ body: `{"cursor":"${'a'.repeat(length - 13)}"}` })
      expect([status, body.code]).toEqual([413, 'input_too_large'])
    })

    it('of exactly a megabyte are read', async () => {
      const body = `{"cursor":"${'a'.repeat(1024 * 1024 - 13)}"}`
      expect((await post({ body })).body.code).toBe('input_invalid')
    })

    it.each(mediaTypes)('as %s are refused for their media type', async (type) => {
      const { status, body } = await post({ body: '{}', headers: { 'content-type': type } })
      expect([status, body.code]).toEqual([415, 'media_type_unsupported'])
    })

    it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
      'are not to be found in {"limit":1} as %s',
      async (type) => {
        expect((await post({ body: '{"limit":1}', headers: { 'content-type': type } })).status).toBe(200)
      },
    )
  })

  describe('an operation that is not there', () => {
    it.each([
      'constructor',
      '__proto__',
      'toString',
      'hasOwnProperty',
      'LISTORDERS',
      'listOrders%00',
      'listOrders;x',
      'listOrders%2F..%2Fhealth',
      '..%5Chealth',
      'x'.repeat(4000),
    ])('%s is answered as unknown', async (name) => {
      const { status, body } = await world().call('alice', `rest-entra-api/${name}`)
      expect([status, body.code]).toEqual([404, 'operation_unknown'])
      expect(JSON.stringify(body)).not.toContain(name)
    })
  })

  describe('an Authorization header', () => {
    const send = async (authorization: string) => world().ask({ path, headers: { authorization }, body: { limit: 1 } })

    it.each(['bearer', 'BEARER', 'Bearer ', 'Bearer    '])('may say %j', async (scheme) => {
      expect((await send(`${scheme} ${await world().token('alice')}`)).status).toBe(200)
    })

    it.each([
      ['a word too many', (token: string) => `Bearer ${token} x`, 400, 'authorization_malformed'],
      ['two tokens', (token: string) => `Bearer ${token}, Bearer ${token}`, 400, 'authorization_malformed'],
      ['a tab', (token: string) => `Bearer\t${token}`, 400, 'authorization_malformed'],
      ['no token', () => 'Bearer', 400, 'authorization_malformed'],
      ['the token alone', (token: string) => token, 401, 'token_missing'],
      ['another scheme', () => 'Basic YWxpY2U6eA==', 401, 'token_missing'],
      ['what is no token', () => 'Bearer a.b.c', 401, 'token_invalid'],
      ['a token that was changed', (token: string) => `${`Bearer ${token}`.slice(0, -4)}AAAA`, 401, 'token_invalid'],
      ['13,000 characters', () => `Bearer ${'a'.repeat(13_000)}`, 431, 'headers_too_large'],
    ] as const)('with %s is refused', async (...[, header, status, code]) => {
      const token = await world().token('alice')
      const reply = await send(header(token))
      expect([reply.status, reply.body.code]).toEqual([status, code])
      expect(reply.text).not.toContain(token.slice(-40))
    })

    it.each([
      ['Authorization: Bearer TOKEN', 'Authorization: Bearer TOKEN'],
      ['Authorization: Bearer TOKEN', 'authorization: Bearer x'],
      ['authorization: Basic eDp5', 'Authorization: Bearer TOKEN'],
    ])('that comes twice (%s, %s) is refused', async (...twice) => {
      const token = await world().token('alice')
      const lines = [
        `POST ${path} HTTP/1.1`,
        'Host: localhost',
        'Connection: close',
        'Content-Type: application/json',
        'Content-Length: 2',
        ...twice.map((line) => line.replace('TOKEN', token)),
      ]
      const answer = await world().raw(`${lines.join('\r\n')}\r\n\r\n{}`)
      expect(answer).toMatch(/^HTTP\/1\.1 400 /)
      expect(answer).toContain('"code":"authorization_malformed"')
    })

    it.each(['access_token', 'ACCESS_TOKEN', 'access%5Ftoken'])(
      'does not help a token in the query (%s)',
      async (name) => {
        const token = await world().token('alice')
        for (const headers of [{}, { authorization: `Bearer ${token}` }]) {
          const reply = await world().ask({ path: `${path}?${name}=${token}`, headers, body: {} })
          expect([reply.status, reply.body.code]).toEqual([400, 'authorization_malformed'])
        }
      },
    )

    it('does not help a token in a form', async () => {
      const token = await world().token('alice')
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      for (const own of [{}, { authorization: `Bearer ${token}` }]) {
        const reply = await world().ask({ path, headers: { ...headers, ...own }, body: `access_token=${token}` })
        expect([reply.status, reply.body.code]).toEqual([400, 'authorization_malformed'])
      }
    })

    it('of 40 KB next to it is refused by the host', async () => {
      const { status } = await post({ body: {}, headers: { 'x-large': 'a'.repeat(40_000) } })
      expect(status).toBe(431)
    })
  })
}
