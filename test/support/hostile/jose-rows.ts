import { createHash } from 'node:crypto'
import { type Claims, encode } from '../tokens.ts'
import { type Forge, jwkOfForged, pemOf } from './forge.ts'
import { bearer, type HostileRow, invalid } from './row.ts'

type Make = (forge: Forge) => string
type Row = readonly [title: string, reason: string, make: Make]

const withHeader =
  (header: Claims): Make =>
  (forge) =>
    forge.mint({ header })

const reshaped =
  (change: (parts: readonly [string, string, string]) => readonly string[]): Make =>
  (forge) =>
    change(forge.mint().split('.') as [string, string, string]).join('.')

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'

/** The same bytes with stray bits in the last character. */
function respell(part: string): string {
  return `${part.slice(0, -1)}${alphabet[alphabet.indexOf(part.at(-1) ?? '') + 1]}`
}

const cut = (part: string) => Buffer.from(part, 'base64url').subarray(0, -1).toString('base64url')

/** Claims padded by spaces until their encoding leaves two bits free, so that its last character has other spellings. */
function mintWithFreeBits(forge: Forge): string {
  const text = JSON.stringify(forge.claims())
  return forge.mint({ payload: text.padEnd(text.length + ((5 - (text.length % 3)) % 3), ' ') })
}

const algorithms: readonly Row[] = [
  ['alg none in other letters', 'alg_not_allowed', withHeader({ alg: 'nOnE' })],
  ['alg none above a good signature', 'alg_not_allowed', withHeader({ alg: 'none' })],
  ['no alg', 'alg_not_allowed', withHeader({ alg: undefined })],
  ['an empty alg', 'alg_not_allowed', withHeader({ alg: '' })],
  ['alg in lower case', 'alg_not_allowed', withHeader({ alg: 'rs256' })],
  ['alg with a space', 'alg_not_allowed', withHeader({ alg: 'RS256 ' })],
  ['alg as a list', 'alg_not_allowed', withHeader({ alg: ['RS256'] })],
  ['alg as an object that names it', 'alg_not_allowed', withHeader({ alg: { toString: 'RS256' } })],
  ['alg PS256 over a PKCS1 signature', 'alg_not_allowed', withHeader({ alg: 'PS256' })],
  ['alg ES256 over an RSA signature', 'alg_not_allowed', withHeader({ alg: 'ES256' })],
  ['alg EdDSA over an RSA signature', 'alg_not_allowed', withHeader({ alg: 'EdDSA' })],
  [
    'HS384 by the public key',
    'alg_not_allowed',
    (forge) => forge.mintHmac(pemOf(forge.keys.current), { alg: 'HS384' }),
  ],
  ['HS256 by an empty secret', 'alg_not_allowed', (forge) => forge.mintHmac('')],
  [
    'HS256 by the public key, announced as RS256',
    'bad_signature',
    (forge) => forge.mintHmac(pemOf(forge.keys.current), { alg: 'RS256' }),
  ],
]

const headers: readonly Row[] = [
  ...['jku', 'x5c', 'b64', 'zip', 'enc'].map(
    (name): Row => [`the header ${name}`, 'header_param_not_allowed', withHeader({ [name]: 'x' })],
  ),
  ['b64 false', 'header_param_not_allowed', withHeader({ b64: false })],
  ['an empty crit', 'header_param_not_allowed', withHeader({ crit: [] })],
  ['a jwk of null', 'header_param_not_allowed', withHeader({ jwk: null })],
  [
    'an embedded key, and the kid of a good one',
    'header_param_not_allowed',
    ({ mint, keys: { stranger, current } }) => {
      const jwk = { kty: 'RSA', kid: current.kid, ...jwkOfForged(stranger) }
      return mint({ key: stranger, header: { kid: current.kid, jwk } })
    },
  ],
  [
    'a certificate in x5c',
    'header_param_not_allowed',
    ({ mint, keys: { stranger } }) => mint({ key: stranger, header: { x5c: [encode('certificate')] } }),
  ],
  [
    'a thumbprint x5t of a good key above a stranger’s signature',
    'kid_unknown',
    ({ mint, keys: { stranger, current } }) => mint({ key: stranger, header: { x5t: current.kid } }),
  ],
  ['typ dpop+jwt', 'typ_not_allowed', withHeader({ typ: 'dpop+jwt' })],
  ['typ as number', 'typ_not_allowed', withHeader({ typ: 1 })],
  ['an empty nonce', 'proprietary_token_nonce_header', withHeader({ nonce: '' })],
  ['an empty kid', 'kid_missing', withHeader({ kid: '' })],
  ['a kid of null', 'kid_missing', withHeader({ kid: null })],
  ['a kid of 129 characters', 'kid_missing', withHeader({ kid: 'k'.repeat(129) })],
  [
    'a kid as list of a good one',
    'kid_missing',
    ({ mint, keys: { current } }) => mint({ header: { kid: [current.kid] } }),
  ],
  ...['../../etc/passwd', '/dev/null', "' OR 1=1 --", '__proto__', 'constructor', '|sleep 9', '\u0000', '*'].map(
    (kid): Row => [`the kid ${JSON.stringify(kid)}`, 'kid_unknown', withHeader({ kid })],
  ),
  [
    'the kid of a good key in other letters',
    'kid_unknown',
    ({ mint, keys: { current } }) => mint({ header: { kid: ` ${current.kid}` } }),
  ],
]

const keys: readonly Row[] = [
  [
    'a signature by another key under a known kid',
    'bad_signature',
    ({ mint, keys: { stranger, current } }) => mint({ key: stranger, header: { kid: current.kid } }),
  ],
  [
    "a signature by the second tenant's key under the home tenant's kid",
    'bad_signature',
    ({ mint, keys: { second, current } }) => mint({ key: second, header: { kid: current.kid } }),
  ],
  ["the second tenant's own key", 'kid_unknown', ({ mint, keys: { second } }) => mint({ key: second })],
  [
    "a key for the second tenant's issuer",
    'signing_key_issuer_mismatch',
    (forge) => forge.mint({ key: forge.keys.foreign }),
  ],
  ['a key that names no issuer', 'signing_key_issuer_mismatch', (forge) => forge.mint({ key: forge.keys.unbound })],
  ['a key that nobody published', 'kid_unknown', (forge) => forge.mint({ key: forge.keys.stranger })],
]

const shapes: readonly Row[] = [
  ['no dot', 'malformed_token', () => 'AAAA'],
  ['dots only', 'bad_header', () => '..'],
  ['two parts', 'malformed_token', reshaped(([head, body]) => [head, body])],
  ['four parts', 'malformed_token', reshaped((parts) => [...parts, 'AAAA'])],
  ['padding behind the signature', 'not_base64url', reshaped(([head, body, sign]) => [head, body, `${sign}=`])],
  [
    'a signature in the standard alphabet',
    'not_base64url',
    reshaped(([head, body, sign]) => [head, body, `+/${sign}`]),
  ],
  ['stray bits behind the signature', 'not_base64url', reshaped(([head, body, sign]) => [head, body, respell(sign)])],
  [
    'stray bits behind the claims',
    'not_base64url',
    (forge) => {
      const [head, body = '', sign] = mintWithFreeBits(forge).split('.')
      return [head, respell(body), sign].join('.')
    },
  ],
  ['a signature cut by a byte', 'bad_signature', reshaped(([head, body, sign]) => [head, body, cut(sign)])],
  [
    'a signature of zeros',
    'bad_signature',
    reshaped(([head, body]) => [head, body, Buffer.alloc(256).toString('base64url')]),
  ],
  [
    'a digest for a signature',
    'bad_signature',
    reshaped(([head, body]) => [head, body, createHash('sha256').update(`${head}.${body}`).digest('base64url')]),
  ],
  [
    'the signature of another good token',
    'bad_signature',
    (forge) =>
      [
        ...forge
          .mint({ claims: { scp: 'x' } })
          .split('.')
          .slice(0, 2),
        forge.mint().split('.')[2],
      ].join('.'),
  ],
  ['a JWE with our own algorithm named', 'jwe_not_supported', reshaped(([head]) => [head, 'AA', 'AA', 'AA', 'AA'])],
]

const texts: readonly Row[] = [
  ['a header that is a list', 'bad_header', (forge) => forge.mint({ headerText: '[]' })],
  ['a header of null', 'bad_header', (forge) => forge.mint({ headerText: 'null' })],
  [
    'a header with alg twice',
    'bad_header',
    ({ mint, keys: { current } }) =>
      mint({ headerText: `{"alg":"none","alg":"RS256","kid":${JSON.stringify(current.kid)}}` }),
  ],
  [
    'a header with kid twice, once escaped',
    'bad_header',
    ({ mint, keys: { current } }) => mint({ headerText: `{"alg":"RS256","k\\u0069d":"x","kid":"${current.kid}"}` }),
  ],
  ['a payload with oid twice', 'bad_payload', twice('"oid":"x"')],
  ['a payload with tid twice, the good one last', 'bad_payload', twice('"tid":"22222222-2222-4222-8222-222222222222"')],
  ['a payload with exp twice, once escaped', 'bad_payload', twice('"\\u0065xp":9999999999')],
  ['a payload with scp twice', 'bad_payload', twice('"scp":"control"')],
  ['a payload that is no JSON', 'bad_payload', (forge) => forge.mint({ payload: 'x' })],
  ['an empty payload', 'bad_payload', (forge) => forge.mint({ payload: '' })],
  ...['null', '7', '"x"', '[]', 'true'].map(
    (payload): Row => [`the payload ${payload}`, 'bad_payload', (forge) => forge.mint({ payload })],
  ),
  ['claims in a list', 'bad_payload', (forge) => forge.mint({ payload: `[${JSON.stringify(forge.claims())}]` })],
  ['a byte order mark', 'bad_payload', (forge) => forge.mint({ payload: `\ufeff${JSON.stringify(forge.claims())}` })],
  ['a byte order mark in the header', 'bad_header', byteOrderMarkInHeader],
  ['a payload that is no UTF-8', 'bad_payload', withBrokenText],
  ['a payload in UTF-16', 'bad_payload', (forge) => forge.mint({ payload: utf16(forge) })],
  ['two payloads', 'bad_payload', (forge) => forge.mint({ payload: JSON.stringify(forge.claims()).repeat(2) })],
  [
    'a comment in the payload',
    'bad_payload',
    (forge) => forge.mint({ payload: `${JSON.stringify(forge.claims())}//` }),
  ],
  ['a token in a token', 'bad_payload', (forge) => forge.mint({ header: { cty: 'JWT' }, payload: forge.mint() })],
  ['a time of NaN', 'bad_payload', timeOf('NaN')],
  ['lists in lists, a thousand deep, for claims', 'bad_payload', (forge) => forge.mint({ payload: '['.repeat(3000) })],
  ['a time beyond all numbers', 'claim_invalid_exp', timeOf('1e400')],
  ['a time that rounds', 'claim_invalid_exp', timeOf('9007199254740993')],
]

function twice(member: string): Make {
  return (forge) => forge.mint({ payload: `{${member},${JSON.stringify(forge.claims()).slice(1)}` })
}

function timeOf(exp: string): Make {
  return (forge) => forge.mint({ payload: JSON.stringify(forge.claims()).replace(/"exp":\d+/, `"exp":${exp}`) })
}

function byteOrderMarkInHeader(forge: Forge): string {
  return forge.mint({ headerText: `\ufeff{"alg":"RS256","kid":${JSON.stringify(forge.keys.current.kid)}}` })
}

function withBrokenText(forge: Forge): string {
  const text = Buffer.from(JSON.stringify(forge.claims({ name: '~' })))
  text[text.indexOf('~')] = 0xff
  return forge.mint({ payload: text })
}

function utf16(forge: Forge): Buffer {
  return Buffer.from(JSON.stringify(forge.claims()), 'utf16le')
}

const named = (rows: readonly Row[], prefix: string): HostileRow[] =>
  rows.map(([title, reason, make], index) =>
    invalid(`${prefix}${index + 1}`, title, [reason, (forge) => bearer(make(forge))]),
  )

/** Tokens whose form, header, key or signature is wrong. All are refused in the same words. */
export const joseRows: readonly HostileRow[] = [
  ...named(algorithms, 'OJ'),
  ...named(headers, 'OH'),
  ...named(keys, 'OK'),
  ...named(shapes, 'OS'),
  ...named(texts, 'OX'),
]
