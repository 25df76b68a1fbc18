import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import type { TokenRequest } from '../../shared/identity/authorization.ts'
import { type Claims, claimsWith, encode, ids, keyLookup, keys, mint, noon, testVerifier } from '../support/tokens.ts'

const now = noon / 1000
const good = mint()
const [head = '', body = '', signature = ''] = good.split('.')

type Row = readonly [title: string, reason: string, request: TokenRequest]

function bearer(token: string): TokenRequest {
  return { authorization: [`Bearer ${token}`] }
}

function claims(title: string, reason: string, changes: Claims): Row {
  return [title, reason, bearer(mint({ claims: changes }))]
}

function header(title: string, reason: string, changes: Claims): Row {
  return [title, reason, bearer(mint({ header: changes }))]
}

/** The same bytes with stray bits in the last character. */
function respelled(): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(signature.at(-1) ?? '')
  return `${head}.${body}.${signature.slice(0, -1)}${alphabet[last + 1]}`
}

const rows: readonly Row[] = [
  [
    'two tokens joined by a comma',
    'multiple_authorization_headers',
    { authorization: [`Bearer ${good}, Bearer ${good}`] },
  ],
  ['a token in the query under another case', 'token_in_query', { authorization: [], query: 'Access_Token=x' }],
  ['a token in the query with an escaped name', 'token_in_query', { authorization: [], query: 'access%5Ftoken=x' }],
  [
    'a token in a form with an escaped name',
    'token_in_body',
    { authorization: [], contentType: 'application/x-www-form-urlencoded', bodyStart: 'access%5Ftoken=x' },
  ],
  [
    'a token in a multipart form',
    'token_in_body',
    { authorization: [], contentType: 'multipart/form-data; boundary=x', bodyStart: '--x\r\nname="access_token"\r\n' },
  ],
  ['an empty header', 'no_credentials', { authorization: [''] }],
  ['a DPoP scheme', 'unsupported_scheme', { authorization: [`DPoP ${good}`] }],
  ['bearer with spaces only', 'empty_token', { authorization: ['Bearer   '] }],
  ['a control character', 'malformed_authorization', { authorization: [`Bearer ${good}\u0000`] }],
  ['a tab for the space', 'malformed_authorization', { authorization: [`Bearer\t${good}`] }],
  ['one character over the limit', 'token_too_large', bearer('A'.repeat(12 * 1024 + 1))],
  ['two parts', 'malformed_token', bearer(`${head}.${body}`)],
  ['padding in a part', 'not_base64url', bearer(`${head}.${body}.${signature}=`)],
  ['another spelling of the same signature', 'not_base64url', bearer(respelled())],
  ['a header that is a list', 'bad_header', bearer(`${encode([])}.${body}.${signature}`)],
  [
    'a header with alg twice',
    'bad_header',
    bearer(`${encode('{"alg":"none","alg":"RS256","kid":"current"}')}.${body}.${signature}`),
  ],
  [
    'a payload with oid twice',
    'bad_payload',
    bearer(mint({ payload: `{"oid":"x",${JSON.stringify(claimsWith()).slice(1)}` })),
  ],
  ['a payload that is no JSON', 'bad_payload', bearer(mint({ payload: 'x' }))],
  [
    'a payload that is no UTF-8',
    'bad_payload',
    bearer(`${head}.${Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]).toString('base64url')}.`),
  ],
  header('alg in lower case', 'alg_not_allowed', { alg: 'rs256' }),
  header('alg as a list', 'alg_not_allowed', { alg: ['RS256'] }),
  ...['jku', 'x5c', 'b64', 'zip', 'enc'].map((name) =>
    header(`header ${name}`, 'header_param_not_allowed', { [name]: 'x' }),
  ),
  header('typ dpop+jwt', 'typ_not_allowed', { typ: 'dpop+jwt' }),
  header('typ as number', 'typ_not_allowed', { typ: 1 }),
  header('an empty kid', 'kid_missing', { kid: '' }),
  header('a kid of 129 characters', 'kid_missing', { kid: 'k'.repeat(129) }),
  header('a kid that nobody knows', 'kid_unknown', { kid: '../../etc/passwd' }),
  ['a signature by another key under a known kid', 'bad_signature', bearer(mint({ key: keys.stranger.privateKey }))],
  ...['exp', 'iat', 'nbf', 'ver', 'azp', 'oid'].map((name) =>
    claims(`no ${name}`, `claim_missing_${name}`, { [name]: undefined }),
  ),
  ...['iat', 'nbf'].map((name) => claims(`${name} as text`, `claim_invalid_${name}`, { [name]: String(now) })),
  claims('exp of null', 'claim_invalid_exp', { exp: null }),
  claims('exp as fraction', 'claim_invalid_exp', { exp: now + 0.5 }),
  claims('expired 60 s ago', 'expired', { exp: now - 60 }),
  claims('valid in two minutes', 'not_yet_valid', { nbf: now + 120 }),
  claims('a life of 24 h 5 min 1 s', 'lifetime_too_long', { iat: now - 300, exp: now + 24 * 3600 + 1 }),
  claims('ver as number', 'claim_invalid_ver', { ver: 2 }),
  claims('no audience', 'audience_mismatch', { aud: undefined }),
  claims('a list of audiences with ours', 'audience_mismatch', { aud: [ids.api] }),
  claims('our App ID URI as audience', 'audience_mismatch', { aud: `api://${ids.api}` }),
  claims('no issuer', 'issuer_mismatch', { iss: undefined }),
  claims('an issuer with a trailing slash', 'issuer_mismatch', {
    iss: `https://login.microsoftonline.com/${ids.home}/v2.0/`,
  }),
  claims("another listed tenant's issuer", 'issuer_mismatch', {
    iss: `https://login.microsoftonline.com/${ids.second}/v2.0`,
  }),
  claims("an alias of the issuer's host", 'issuer_mismatch', { iss: `https://login.windows.net/${ids.home}/v2.0` }),
  claims('tid as domain', 'claim_invalid_tid', { tid: 'contoso.example' }),
  claims('tid in upper case', 'claim_invalid_tid', { tid: 'ABCDEFAB-1111-4111-8111-111111111111' }),
  claims('a list of tenants', 'claim_invalid_tid', { tid: [ids.home] }),
  claims('cnf of null', 'sender_constrained_token_as_bearer', { cnf: null }),
  claims('azp no GUID', 'claim_invalid_azp', { azp: '*' }),
  claims('oid no GUID', 'claim_invalid_oid', { oid: 'alice' }),
  claims('an unknown idtyp', 'claim_invalid_idtyp', { idtyp: 'device' }),
  claims('uti as list', 'claim_invalid_uti', { uti: ['stolen'] }),
  claims('roles as text', 'claim_invalid_roles', { roles: 'Countersign.Approver' }),
  claims('groups as text', 'claim_invalid_groups', { groups: ids.bob }),
  claims('acrs as text', 'claim_invalid_acrs', { acrs: 'c1' }),
  claims('a scope that only contains ours', 'missing_scope', { scp: 'access_as_user.read xaccess_as_user' }),
  claims('an empty scope', 'missing_scope', { scp: '' }),
  claims('control from an agent', 'missing_scope', { scp: 'control' }),
  claims('an ID token with roles', 'no_scope', { scp: undefined, idtyp: undefined, roles: ['x'], nonce: 'n' }),
  claims('roles of a person that show nothing personal', 'no_scope', { scp: undefined, acct: undefined, roles: ['x'] }),
  header('a key that names no issuer', 'signing_key_issuer_mismatch', { kid: 'unbound' }),
  claims('an application off the list', 'client_not_allowed', { scp: undefined, idtyp: 'app', azp: ids.unlisted }),
]

async function refusalOf(request: TokenRequest, verifier = testVerifier()): Promise<Problem> {
  const failure: unknown = await verifier.verify(request).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Problem)
  return failure as Problem
}

describe('rule of verification', () => {
  it.each(rows)('refuses %s as %s', async (_title, reason, request) => {
    expect((await refusalOf(request)).reason).toBe(reason)
  })

  it('asks for keys of listed tenants only', async () => {
    const asked: (string | null)[] = []
    const strange = { tid: ids.stranger, iss: `https://login.microsoftonline.com/${ids.stranger}/v2.0` }
    const verifier = testVerifier({}, keyLookup(asked))
    expect((await refusalOf(bearer(mint({ claims: strange })), verifier)).code).toBe('tenant_not_allowed')
    await verifier.verify(bearer(good))
    expect(asked).toEqual([null, ids.home])
  })

  it('does not say whether a tenant is listed to somebody without a signature', async () => {
    const forged = mint({ claims: { tid: ids.stranger }, key: keys.stranger.privateKey })
    expect((await refusalOf(bearer(forged))).code).toBe('token_invalid')
  })

  it('lets nobody in where the lists are empty', async () => {
    expect((await refusalOf(bearer(good), testVerifier({ tenants: [] }))).code).toBe('tenant_not_allowed')
    expect((await refusalOf(bearer(good), testVerifier({ allowedActors: [] }))).code).toBe('actor_not_allowed')
  })

  it('looks at the list of stolen tokens at each call', async () => {
    const denied = new Set<string>()
    const verifier = testVerifier({ deniedTokenIds: denied })
    await verifier.verify(bearer(good))
    denied.add('token-1')
    expect((await refusalOf(bearer(good), verifier)).reason).toBe('token_revoked')
  })
})
