import type { ProblemCode } from '../../shared/errors/problem.ts'

/** A body that no operation takes: how it is sent, and what the refusal has to say. */
export interface BadBody {
  readonly name: string
  readonly body: Uint8Array
  readonly contentType?: string | null
  readonly code: ProblemCode
  readonly status: number
  /** Pointer of the first fault; null where the refusal names no place. */
  readonly pointer: string | null
}

const bytes = (text: string) => new TextEncoder().encode(text)
const json = (value: unknown) => bytes(JSON.stringify(value))
/** Stands in bodies as a value, and has to stand in no answer. */
export const bodySecret = 'value-that-stays-here'

const order = {
  customer: { name: 'Ada', email: 'ada@example.com' },
  region: 'emea',
  items: [{ sku: 'a', quantity: 1, unitPrice: 2.5 }],
}

const invalid = (name: string, body: Uint8Array, pointer = ''): BadBody => ({
  name,
  body,
  code: 'input_invalid',
  status: 400,
  pointer,
})
const media = (name: string, contentType: string | null): BadBody => ({
  name,
  body: json(order),
  contentType,
  code: 'media_type_unsupported',
  status: 415,
  pointer: null,
})

/** A body of exactly this many bytes that is well-formed. */
export function bodyOfSize(size: number): Uint8Array {
  const empty = '{"note":""}'.length
  return bytes(`{"note":"${'a'.repeat(size - empty)}"}`)
}

const nested = (depth: number) => bytes('['.repeat(depth) + ']'.repeat(depth))

/** Bodies whose text is wrong, before any schema sees them. */
export const badTexts: readonly BadBody[] = [
  invalid('a member without value', bytes(`{"note":"${bodySecret}",}`)),
  invalid('no JSON at all', bytes(bodySecret)),
  invalid('two documents', bytes('{} {}')),
  invalid('an unfinished string', bytes(`{"note":"${bodySecret}`)),
  invalid('a string that never closes, full of escaped quotes', bytes(`"${'\\"'.repeat(400_000)}`)),
  invalid('single quotes', bytes("{'note':'x'}")),
  invalid('a comment', bytes('{/* x */}')),
  invalid('NaN', bytes('{"note":NaN}')),
  invalid('bytes that are no UTF-8', Uint8Array.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d])),
  invalid('an overlong encoding', Uint8Array.from([0x22, 0xc0, 0xaf, 0x22])),
  invalid('UTF-16', Uint8Array.from(Buffer.from('\ufeff{}', 'utf16le'))),
  invalid('a byte order mark', bytes('\ufeff{}')),
  invalid('white space alone', bytes(' \n ')),
  invalid('nesting of 33', nested(33)),
  invalid('nesting of 100,000', nested(100_000)),
  invalid('objects nested 100,000 deep', bytes('{"a":'.repeat(100_000))),
  invalid('a control character in a string', json({ note: `${bodySecret}\u0007` }), '/note'),
  invalid('a zero character in a name', json({ 'no\u0000te': 'x' }), '/no?te'),
  invalid('half a surrogate pair', bytes('{"note":"\\ud800"}'), '/note'),
  invalid('half a surrogate pair deep inside', bytes('{"items":[{"sku":"\\udc00"}]}'), '/items/0/sku'),
  invalid('a __proto__ member', bytes('{"__proto__":{"admin":true}}'), '/__proto__'),
  invalid('a __proto__ member inside', bytes('{"customer":{"__proto__":{}}}'), '/customer/__proto__'),
  {
    name: 'one byte more than a mebibyte',
    body: bodyOfSize(1024 * 1024 + 1),
    code: 'input_too_large',
    status: 413,
    pointer: null,
  },
  media('text/plain', 'text/plain'),
  media('no media type', null),
  media('a form', 'application/x-www-form-urlencoded'),
  media('another character set', 'application/json; charset=latin1'),
  media('JSON of another kind', 'application/problem+json'),
  media('two media types', 'application/json, text/plain'),
]

/** Bodies that are JSON and no inputs of `createOrder`. */
export const badInputs: readonly BadBody[] = [
  invalid('an array', json([order])),
  invalid('a string', json(bodySecret)),
  invalid('a number', bytes('7')),
  invalid('null', bytes('null')),
  invalid('nothing at all', bytes(''), '/customer'),
  invalid('an empty object', bytes('{}'), '/customer'),
  invalid('an unknown member', json({ ...order, [bodySecret.slice(0, 5)]: bodySecret }), '/value'),
  invalid(
    'an unknown member inside',
    json({ ...order, customer: { ...order.customer, admin: true } }),
    '/customer/admin',
  ),
  invalid('a constructor member', json({ ...order, constructor: {} }), '/constructor'),
  invalid('a wrong type', json({ ...order, region: 7 }), '/region'),
  invalid('an array for an object', json({ ...order, customer: [] }), '/customer'),
  invalid('an object for an array', json({ ...order, items: { 0: order.items[0] } }), '/items'),
  invalid(
    'a string for a number',
    json({ ...order, items: [{ ...order.items[0], quantity: '1' }] }),
    '/items/0/quantity',
  ),
  invalid(
    'a fraction for a whole number',
    json({ ...order, items: [{ ...order.items[0], quantity: 1.5 }] }),
    '/items/0/quantity',
  ),
  invalid('a number beyond all numbers', bytes(JSON.stringify(order).replace('2.5', '1e400')), '/items/0/unitPrice'),
  invalid(
    'a whole number beyond 2^53',
    bytes(JSON.stringify(order).replace('"quantity":1', '"quantity":9007199254740993')),
    '/items/0/quantity',
  ),
  invalid('a string that is too long', json({ ...order, note: 'a'.repeat(2001) }), '/note'),
  invalid('too many items', json({ ...order, items: Array.from({ length: 101 }, () => order.items[0]) }), '/items'),
  invalid('no items', json({ ...order, items: [] }), '/items'),
  invalid(
    'an address that is none',
    json({ ...order, customer: { name: 'Ada', email: bodySecret } }),
    '/customer/email',
  ),
  invalid('names that a pointer must escape', json({ ...order, 'a/b~c': 1 }), '/a~1b~0c'),
]

/** Inputs that `createOrder` takes. */
export const goodBody = json(order)
