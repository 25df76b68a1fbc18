import { bearer, type HostileRow } from './row.ts'

type Send = HostileRow['send']
type Row = readonly [title: string, reason: string, send: Send, overHttp?: number]

const malformed: readonly Row[] = [
  [
    'two tokens joined by a comma',
    'multiple_authorization_headers',
    (forge) => bearer(`${forge.mint()}, Bearer ${forge.mint()}`),
  ],
  [
    'a good token and another scheme in two headers',
    'multiple_authorization_headers',
    (forge) => ({ authorization: [`Bearer ${forge.mint()}`, 'Basic YTpi'] }),
  ],
  [
    'an empty header and a good one',
    'multiple_authorization_headers',
    (forge) => ({ authorization: ['', `Bearer ${forge.mint()}`] }),
  ],
  ['the scheme twice', 'malformed_authorization', (forge) => bearer(`Bearer ${forge.mint()}`)],
  ['a tab for the space', 'malformed_authorization', (forge) => ({ authorization: [`Bearer\t${forge.mint()}`] })],
  ['a colon for the space', 'malformed_authorization', (forge) => ({ authorization: [`Bearer:${forge.mint()}`] })],
  ['quotes around the token', 'malformed_authorization', (forge) => bearer(`"${forge.mint()}"`)],
  ['a parameter after the token', 'malformed_authorization', (forge) => bearer(`${forge.mint()} realm=x`)],
  ['a control character', 'malformed_authorization', (forge) => bearer(`${forge.mint()}\u0000`), 400],
  ['a letter of another alphabet', 'malformed_authorization', (forge) => bearer(`${forge.mint()}\u00e9`)],
  ['a percent escape', 'malformed_authorization', (forge) => bearer(forge.mint().replaceAll('.', '%2E'))],
  ['the scheme and spaces only', 'empty_token', () => ({ authorization: ['bEaReR'] })],
  ['a token in the query', 'token_in_query', (forge) => ({ authorization: [], query: `access_token=${forge.mint()}` })],
  ['a token in the query under another case', 'token_in_query', () => ({ authorization: [], query: 'Access_Token=x' })],
  [
    'a token in the query with an escaped name',
    'token_in_query',
    () => ({ authorization: [], query: 'access%5Ftoken=x' }),
  ],
  [
    'an empty token in the query, last of many',
    'token_in_query',
    (forge) => ({ ...bearer(forge.mint()), query: 'a=1&b=2&access_token' }),
  ],
  [
    'a token in a form with an escaped name',
    'token_in_body',
    () => ({ authorization: [], contentType: 'application/x-www-form-urlencoded', body: 'access%5Ftoken=x' }),
  ],
  [
    'a token in a form beside a good header',
    'token_in_body',
    (forge) => ({
      ...bearer(forge.mint()),
      contentType: 'Application/X-WWW-Form-Urlencoded; charset=utf-8',
      body: 'a=1&access_token=x',
    }),
  ],
  [
    'a token in a multipart form',
    'token_in_body',
    () => ({
      authorization: [],
      contentType: 'multipart/form-data; boundary=x',
      body: '--x\r\nname="access_token"\r\n',
    }),
  ],
]

/** Where frameworks and proxies have been seen to look for a token. */
const elsewhere = [
  'proxy-authorization',
  'x-authorization',
  'x-forwarded-authorization',
  'x-access-token',
  'x-ms-client-principal',
  'cookie',
  'access_token',
] as const

const missing: readonly Row[] = [
  ['an empty header', 'no_credentials', () => ({ authorization: [''] })],
  ['a DPoP scheme', 'unsupported_scheme', (forge) => ({ authorization: [`DPoP ${forge.mint()}`] })],
  ['a PoP scheme', 'unsupported_scheme', (forge) => ({ authorization: [`PoP ${forge.mint()}`] })],
  ['a scheme that begins like ours', 'unsupported_scheme', (forge) => ({ authorization: [`BearerX ${forge.mint()}`] })],
  ['a token without a scheme', 'unsupported_scheme', (forge) => ({ authorization: [forge.mint()] })],
  [
    'a token in every header but ours',
    'no_credentials',
    (forge) => ({
      authorization: [],
      headers: Object.fromEntries(elsewhere.map((name) => [name, `Bearer ${forge.mint()}`])),
    }),
  ],
]

const tooLarge: readonly Row[] = [
  ['one character over the limit', 'token_too_large', () => bearer('A'.repeat(12 * 1024 + 1))],
  ['20 KB of something that is no token', 'token_too_large', () => ({ authorization: ['x'.repeat(20_000)] })],
  ['a header of 40 KB', 'token_too_large', () => bearer('A'.repeat(40_000)), 431],
  ['a token of 2 MB', 'token_too_large', () => bearer('A'.repeat(2_000_000)), 431],
]

function rowsOf(rows: readonly Row[], prefix: string, answer: { status: number; code: string }): HostileRow[] {
  return rows.map(([title, reason, send, overHttp], index) => {
    const row = { id: `${prefix}${index + 1}`, title, reason, send, ...answer }
    return overHttp === undefined ? row : { ...row, overHttp }
  })
}

/** Requests that carry their token where or how none may be carried. */
export const transportRows: readonly HostileRow[] = [
  ...rowsOf(malformed, 'OT', { status: 400, code: 'authorization_malformed' }),
  ...rowsOf(missing, 'OM', { status: 401, code: 'token_missing' }),
  ...rowsOf(tooLarge, 'OL', { status: 431, code: 'headers_too_large' }),
  {
    id: 'OA1',
    title: 'the scheme in lower case',
    status: 200,
    code: null,
    reason: 'ok',
    send: (forge) => ({ authorization: [`bearer ${forge.mint()}`] }),
  },
]
