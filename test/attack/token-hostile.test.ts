import { describe, expect, it } from 'vitest'
import { Problem } from '../../shared/errors/problem.ts'
import type { TokenRequest } from '../../shared/identity/authorization.ts'
import type { PrincipalKind } from '../../shared/identity/principal.ts'
import table from '../support/hostile-tokens.json' with { type: 'json' }
import {
  type Claims,
  claimsWith,
  encode,
  ids,
  jwkOf,
  keys,
  mint,
  mintHmac,
  noon,
  testVerifier,
} from '../support/tokens.ts'

const now = noon / 1000
const good = mint()
const issuer = `https://login.microsoftonline.com/${ids.home}/v2.0`

function bearer(token: string): TokenRequest {
  return { authorization: [`Bearer ${token}`] }
}

function withHeader(header: Claims, more: Parameters<typeof mint>[0] = {}): TokenRequest {
  return bearer(mint({ ...more, header }))
}

function withClaims(claims: Claims): TokenRequest {
  return bearer(mint({ claims }))
}

function unsigned(header: unknown): TokenRequest {
  return bearer(`${encode(header)}.${encode(claimsWith())}.`)
}

function tampered(): TokenRequest {
  const [header, , signature] = good.split('.')
  return bearer(`${header}.${encode(claimsWith({ oid: ids.bob }))}.${signature}`)
}

const [head, body, signature] = good.split('.')
const attackerJwk = { kty: 'RSA', ...jwkOf(keys.stranger.publicKey) }

/** What to send for each row of the table that verification decides. */
const requests: Readonly<Record<string, TokenRequest>> = {
  T01: { authorization: [] },
  T02: { authorization: [`Bearer ${good}`, `Bearer ${good}`] },
  T04: { authorization: [`Bearer ${good}`], query: `access_token=${good}` },
  T06: { authorization: [], contentType: 'application/x-www-form-urlencoded', bodyStart: `a=1&access_token=${good}` },
  T07: bearer('A'.repeat(20_000)),
  T09: { authorization: ['Basic YTpi'] },
  T11: { authorization: ['Bearer'] },
  T12: { authorization: ['Bearer a b'] },
  J01: unsigned({ alg: 'none' }),
  J03: bearer(mintHmac(keys.current.publicKey.export({ type: 'spki', format: 'pem' }).toString())),
  J04: bearer(mintHmac(jwkOf(keys.current.publicKey).n)),
  J06: withHeader({ alg: 'RS512' }, { hash: 'RSA-SHA512' }),
  J08: withHeader({ kid: undefined }),
  J09: withHeader({ kid: { a: 1 } }),
  J11: withHeader({ jwk: attackerJwk }, { key: keys.stranger.privateKey }),
  J13: withHeader({ x5u: 'https://evil.example/c.pem' }, { key: keys.stranger.privateKey }),
  J14: withHeader({ crit: ['exp'], exp: 1 }),
  J16: tampered(),
  J18: bearer(`${head}.${body}.`),
  J19: bearer(`${good}.a.b`),
  J21: bearer(`${encode('not json')}.${body}.${signature}`),
  J23: withHeader({ nonce: 'n-0S6' }),
  J24: withHeader({ typ: 'at+jwt' }),
  J27: bearer(`${head}.${body}.ab+/`),
  C01: withClaims({ exp: now - 120 }),
  C02: withClaims({ exp: now - 30 }),
  C04: withClaims({ iat: now + 600 }),
  C06: withClaims({ exp: '9999999999' }),
  C07: withClaims({ exp: now + 10 * 365 * 86_400 }),
  C11: withClaims({ aud: ids.unlisted }),
  C13: withClaims({ aud: ids.api.toUpperCase() }),
  C14: withClaims({ iss: 'https://evil.example/' }),
  C16: withClaims({ iss: 'https://login.microsoftonline.com/{tenantid}/v2.0' }),
  C18: withClaims({ tid: undefined }),
  C19: withClaims({ tid: ids.stranger, iss: issuer.replace(ids.home, ids.stranger) }),
  C21: withHeader({ kid: 'personal' }),
  C23: withClaims({ iss: `https://login.microsoftonline.us/${ids.home}/v2.0` }),
  C24: withClaims({ iss: `https://login.partner.microsoftonline.cn/${ids.home}/v2.0` }),
  C26: withClaims({ ver: '1.0', iss: `https://sts.windows.net/${ids.home}/`, appid: ids.agent, azp: undefined }),
  C28: withClaims({ azp: undefined, appid: ids.agent }),
  C29: withClaims({ oid: undefined }),
  C31: withClaims({ cnf: { jkt: 'abc' } }),
  A01: withClaims({ scp: undefined, nonce: 'n', idtyp: undefined }),
  A02: withClaims({ scp: 'other.read' }),
  A04: withClaims({ scp: ['access_as_user'] }),
  A09: withClaims({ scp: undefined, roles: ['Countersign.Approver'] }),
  A11: withClaims({ azp: ids.unlisted }),
  A12: withClaims({ uti: 'stolen' }),
  A14: withClaims({ xms_act_fct: '3 9 11', xms_par_app_azp: ids.unlisted }),
  A17: withClaims({ xms_act_fct: '111 113', xms_sub_fct: '111 113' }),
  A19: withClaims({ upn: 'bob@countersign.example', preferred_username: 'bob@countersign.example' }),
  R07: { authorization: [] },
}

const kinds: Readonly<Record<string, PrincipalKind>> = {
  C02: 'person',
  A14: 'agent-for-person',
  A17: 'person',
  A19: 'person',
}

const rows = table.cases.filter(({ id }) => Object.hasOwn(requests, id))
const refused = rows.filter(({ status }) => status !== 200)
const accepted = rows.filter(({ status }) => status === 200)

async function problemOf(request: TokenRequest): Promise<Problem> {
  const failure = await testVerifier()
    .verify(request)
    .then(
      () => undefined,
      (error: unknown) => error,
    )
  expect(failure).toBeInstanceOf(Problem)
  return failure as Problem
}

describe('hostile token', () => {
  it('covers every row of the table that verification decides', () => {
    const decided = table.cases.filter(({ id, phase }) => /^[TJCA]/.test(id) && phase !== 'obo')
    expect(decided.map(({ id }) => id).filter((id) => !Object.hasOwn(requests, id))).toEqual([])
    expect(rows).toHaveLength(Object.keys(requests).length)
  })

  it.each(refused)('$id is refused: $title', async ({ id, status, code, reason, challenge }) => {
    const problem = await problemOf(requests[id]!)
    expect({ status: problem.status, code: problem.code, reason: problem.reason }).toEqual({ status, code, reason })
    expect(problem.members.challenge ?? null).toBe(challenge)
  })

  it.each(accepted)('$id is accepted: $title', async ({ id }) => {
    const { principal } = await testVerifier().verify(requests[id]!)
    expect(principal).toMatchObject({ kind: kinds[id], tid: ids.home, oid: ids.alice })
  })

  it('never says which check failed', async () => {
    const invalid = refused.filter(({ code }) => code === 'token_invalid')
    const said = await Promise.all(
      invalid.map(async ({ id }) => {
        const { detail, members } = await problemOf(requests[id]!)
        return JSON.stringify({ detail, members })
      }),
    )
    expect(new Set(said).size).toBe(1)
    expect(said[0]).toContain(ids.api)
  })
})
