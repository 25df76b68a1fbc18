import { type Claims, encode, ids } from '../tokens.ts'
import { type Forge, issuer, jwkOfForged, pemOf } from './forge.ts'
import { bearer, type HostileRow, type Sent } from './row.ts'

type Send = HostileRow['send']

const withClaims =
  (make: (forge: Forge) => Claims): Send =>
  (forge) =>
    bearer(forge.mint({ claims: make(forge) }))

const withHeader =
  (header: Claims): Send =>
  (forge) =>
    bearer(forge.mint({ header }))

const partsOf = (token: string) => token.split('.') as [string, string, string]

/** Alice's own signature under claims of Bob's. */
function tampered(forge: Forge): Sent {
  const [header, , signature] = partsOf(forge.mint())
  return bearer(`${header}.${encode(forge.claims({ oid: ids.bob }))}.${signature}`)
}

function withParts(change: (parts: [string, string, string]) => readonly string[]): Send {
  return (forge) => bearer(change(partsOf(forge.mint())).join('.'))
}

const transport: Readonly<Record<string, Send>> = {
  T01: () => ({ authorization: [] }),
  T02: (forge) => ({ authorization: [`Bearer ${forge.mint()}`, `Bearer ${forge.mint()}`] }),
  T04: (forge) => ({ ...bearer(forge.mint()), query: `access_token=${forge.mint()}` }),
  T06: (forge) => ({
    authorization: [],
    contentType: 'application/x-www-form-urlencoded',
    body: `a=1&access_token=${forge.mint()}`,
  }),
  T07: () => bearer('A'.repeat(20_000)),
  T09: () => ({ authorization: ['Basic YTpi'] }),
  T11: () => ({ authorization: ['Bearer'] }),
  T12: () => bearer('a b'),
  R07: (forge) => ({
    authorization: [],
    headers: {
      'x-ms-client-principal': encode({ oid: ids.alice }),
      'x-ms-client-principal-id': ids.alice,
      'x-ms-token-aad-access-token': forge.mint(),
      'x-forwarded-user': 'alice@countersign.example',
    },
  }),
}

const jose: Readonly<Record<string, Send>> = {
  J01: (forge) => bearer(`${encode({ alg: 'none' })}.${encode(forge.claims())}.`),
  J03: (forge) => bearer(forge.mintHmac(pemOf(forge.keys.current))),
  J04: (forge) => bearer(forge.mintHmac(jwkOfForged(forge.keys.current).n)),
  J06: (forge) => bearer(forge.mint({ header: { alg: 'RS512' }, hash: 'sha512' })),
  J08: withHeader({ kid: undefined }),
  J09: withHeader({ kid: { a: 1 } }),
  J11: (forge) => {
    const key = forge.keys.stranger
    return bearer(
      forge.mint({ key, header: { kid: forge.keys.current.kid, jwk: { kty: 'RSA', ...jwkOfForged(key) } } }),
    )
  },
  J13: (forge) => bearer(forge.mint({ key: forge.keys.stranger, header: { x5u: 'https://evil.example/c.pem' } })),
  J14: withHeader({ crit: ['exp'], exp: 1 }),
  J16: tampered,
  J18: withParts(([head, body]) => [head, body, '']),
  J19: withParts((parts) => [...parts, 'a', 'b']),
  J21: withParts(([, body, signature]) => [encode('not json'), body, signature]),
  J23: withHeader({ nonce: 'n-0S6' }),
  J24: withHeader({ typ: 'at+jwt' }),
  J27: withParts(([head, body]) => [head, body, 'ab+/']),
}

const claims: Readonly<Record<string, Send>> = {
  C01: withClaims(({ now }) => ({ exp: now - 120 })),
  C02: withClaims(({ now }) => ({ exp: now - 30 })),
  C04: withClaims(({ now }) => ({ iat: now + 600 })),
  C06: withClaims(() => ({ exp: '9999999999' })),
  C07: withClaims(({ now }) => ({ exp: now + 10 * 365 * 86_400 })),
  C11: withClaims(() => ({ aud: ids.unlisted })),
  C13: withClaims(() => ({ aud: ids.api.toUpperCase() })),
  C14: withClaims(() => ({ iss: 'https://evil.example/' })),
  C16: withClaims(() => ({ iss: issuer('{tenantid}') })),
  C18: withClaims(() => ({ tid: undefined })),
  C19: withClaims(() => ({ tid: ids.stranger, iss: issuer(ids.stranger) })),
  C21: (forge) => bearer(forge.mint({ key: forge.keys.personal })),
  C23: withClaims(() => ({ iss: `https://login.microsoftonline.us/${ids.home}/v2.0` })),
  C24: withClaims(() => ({ iss: `https://login.partner.microsoftonline.cn/${ids.home}/v2.0` })),
  C26: withClaims(() => ({
    ver: '1.0',
    iss: `https://sts.windows.net/${ids.home}/`,
    appid: ids.agent,
    azp: undefined,
  })),
  C28: withClaims(() => ({ azp: undefined, appid: ids.agent })),
  C29: withClaims(() => ({ oid: undefined })),
  C31: withClaims(() => ({ cnf: { jkt: 'abc' } })),
}

const rights: Readonly<Record<string, Send>> = {
  A01: withClaims(() => ({ scp: undefined, nonce: 'n', idtyp: undefined })),
  A02: withClaims(() => ({ scp: 'other.read' })),
  A04: withClaims(() => ({ scp: ['access_as_user'] })),
  A09: withClaims(() => ({ scp: undefined, roles: ['Countersign.Approver'] })),
  A11: withClaims(() => ({ azp: ids.unlisted })),
  A12: withClaims(() => ({ uti: 'stolen' })),
  A14: withClaims(() => ({ xms_act_fct: '3 9 11', xms_par_app_azp: ids.unlisted })),
  A17: withClaims(() => ({ xms_act_fct: '111 113', xms_sub_fct: '111 113' })),
  A19: withClaims(() => ({ upn: 'bob@countersign.example', preferred_username: 'bob@countersign.example' })),
}

/** How to send each row of the table that the token alone decides. */
export const referenceRequests: Readonly<Record<string, Send>> = { ...transport, ...jose, ...claims, ...rights }
