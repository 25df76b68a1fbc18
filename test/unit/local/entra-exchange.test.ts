import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { apps, groups, personas, tenants } from '../../../infra/local/personas.ts'
import { claimsOf, databaseScope, exchange, identityToken, ordersScope, plant } from './entra-client.ts'

let entra: Entra
beforeAll(async () => {
  entra = await startEntra({ clientSecrets: { [apps.api]: 'a local secret', [apps.robot]: 'another' } })
})
afterAll(() => entra.stop())
afterEach(async () => {
  await fetch(`${entra.url}/dev/fault`, { method: 'DELETE' })
})

describe('exchange', () => {
  it('gives a v2 token of the person for the orders API', async () => {
    const { status, body } = await exchange(entra, entra.mint('alice').token)
    const claims = await entra.verifyAccessToken(String(body.access_token), { audience: apps.orders })
    expect(status).toBe(200)
    expect(claims).toMatchObject({ oid: personas.alice.oid, tid: tenants.home, azp: apps.api, azpacr: '2', ver: '2.0' })
    expect(claims).toMatchObject({ scp: 'access_as_user', groups: [groups.salesEmea] })
    expect(body.scope).toBe(ordersScope)
  })

  it('gives a v1 token of the person for the database', async () => {
    const { body } = await exchange(entra, entra.mint('bob').token, { form: { scope: databaseScope } })
    const audience = 'https://ossrdbms-aad.database.windows.net'
    const claims = await entra.verifyAccessToken(String(body.access_token), { audience })
    expect(claims).toMatchObject({ ver: '1.0', appid: apps.api, upn: personas.bob.username, oid: personas.bob.oid })
    expect(claims.iss).toBe(`https://sts.windows.net/${tenants.home}/`)
  })

  it('gives a guest a token at the tenant of its token', async () => {
    const { body } = await exchange(entra, entra.mint('erin').token)
    expect(claimsOf(body.access_token)).toMatchObject({ acct: 1, oid: personas.erin.oid, tid: tenants.home })
  })

  it('loses the agent: the backend sees our application as actor', async () => {
    const { body } = await exchange(entra, entra.mint('scout').token)
    const claims = claimsOf(body.access_token)
    expect(claims).toMatchObject({ oid: personas.alice.oid, azp: apps.api })
    expect(claims).not.toHaveProperty('xms_act_fct')
  })

  it('carries authentication contexts and the declared capability over', async () => {
    const claims = '{"access_token":{"xms_cc":{"values":["cp1"]}}}'
    const { body } = await exchange(entra, entra.mint('alice', { acrs: ['c1'] }).token, { form: { claims } })
    expect(claimsOf(body.access_token)).toMatchObject({ acrs: ['c1'], xms_cc: ['cp1'] })
  })

  it('takes a client secret only where one is configured', async () => {
    const form = { client_assertion: null, client_assertion_type: null, client_secret: 'a local secret' }
    const { body } = await exchange(entra, entra.mint('alice').token, { form })
    expect(claimsOf(body.access_token)).toMatchObject({ azpacr: '1' })
  })
})

describe('client credentials', () => {
  it('give an application a token without a person', async () => {
    const form = {
      client_id: apps.robot,
      client_assertion: null,
      client_secret: 'another',
      grant_type: 'client_credentials',
      scope: `api://${apps.api}/.default`,
    }
    const { body } = await exchange(entra, '', { form })
    const claims = await entra.verifyAccessToken(String(body.access_token), { audience: apps.api })
    expect(claims).toMatchObject({ idtyp: 'app', oid: personas.robot.oid, azp: apps.robot })
    expect(claims).not.toHaveProperty('scp')
  })
})

type Case = readonly [string, number, string, () => Promise<Parameters<typeof exchange>[2] & { assertion?: string }>]

const asIdentity = () => ({ aud: 'api://AzureADTokenExchange', sub: entra.msi.principalId })

const cases: Case[] = [
  ['an app-only assertion', 7000114, 'unauthorized_client', async () => ({ assertion: entra.mint('robot').token })],
  ['garbage', 50013, 'invalid_grant', async () => ({ assertion: 'garbage' })],
  [
    'a changed assertion',
    50013,
    'invalid_grant',
    async () => ({ assertion: `${entra.mint('alice').token.slice(0, -8)}AAAAAAAA` }),
  ],
  [
    'an assertion for another audience',
    500131,
    'invalid_grant',
    async () => ({ assertion: entra.mint('alice', { aud: apps.orders }).token }),
  ],
  [
    'an expired assertion',
    500133,
    'invalid_grant',
    async () => ({ assertion: entra.mint('alice', { exp: 1_000_000_000 }).token }),
  ],
  [
    'a guest at another tenant than its token’s',
    50020,
    'invalid_grant',
    async () => ({ assertion: entra.mint('erin').token, tenant: tenants.stranger }),
  ],
  [
    'a guest at "organizations"',
    50020,
    'invalid_grant',
    async () => ({ assertion: entra.mint('erin').token, tenant: 'organizations' }),
  ],
  [
    'a tenant that does not exist',
    90002,
    'invalid_request',
    async () => ({ tenant: '44444444-4444-4444-8444-444444444444' }),
  ],
  ['an unknown resource', 500011, 'invalid_resource', async () => ({ form: { scope: 'api://nowhere/read' } })],
  [
    'an unknown permission',
    70011,
    'invalid_scope',
    async () => ({ form: { scope: `api://${apps.orders}/everything` } }),
  ],
  [
    'two resources at once',
    70011,
    'invalid_scope',
    async () => ({ form: { scope: `${ordersScope} ${databaseScope}` } }),
  ],
  ['an unknown client', 700016, 'unauthorized_client', async () => ({ form: { client_id: 'nobody' } })],
  ['no client credential', 7000218, 'invalid_client', async () => ({ form: { client_assertion: null } })],
  [
    'a wrong secret',
    7000215,
    'invalid_client',
    async () => ({ form: { client_assertion: null, client_secret: 'wrong' } }),
  ],
  [
    'a person’s token as client assertion',
    700212,
    'invalid_client',
    async () => ({ form: { client_assertion: entra.mint('alice').token } }),
  ],
  [
    'an identity token for another audience as client assertion',
    700212,
    'invalid_client',
    async () => ({ form: { client_assertion: await identityToken(entra, 'https://storage.azure.com') } }),
  ],
  [
    'another identity as client assertion',
    700213,
    'invalid_client',
    async () => ({ form: { client_assertion: entra.mint('robot', { aud: 'api://AzureADTokenExchange' }).token } }),
  ],
  [
    'a client assertion by another issuer',
    700211,
    'invalid_client',
    async () => ({ form: { client_assertion: entra.mint('robot', { ...asIdentity(), version: 1 }).token } }),
  ],
  [
    'an expired client assertion',
    700024,
    'invalid_client',
    async () => ({ form: { client_assertion: entra.mint('robot', { ...asIdentity(), exp: 1_000_000_000 }).token } }),
  ],
  ['a forged client assertion', 700027, 'invalid_client', async () => ({ form: { client_assertion: 'a.b.c' } })],
  [
    'the identity’s credential for another application',
    700213,
    'invalid_client',
    async () => ({ form: { client_id: apps.robot } }),
  ],
  ['an unknown grant type', 70003, 'unsupported_grant_type', async () => ({ form: { grant_type: 'refresh_token' } })],
  ['claims that are no JSON', 9002313, 'invalid_request', async () => ({ form: { claims: '{' } })],
]

describe('refusal', () => {
  it.each(cases)('of %s is AADSTS%i, %s', async (...row) => {
    const [, code, error, make] = row
    const { assertion = entra.mint('alice').token, ...options } = await make()
    const { status, body } = await exchange(entra, assertion, options)
    expect(status).toBe(error === 'invalid_client' ? 401 : 400)
    expect(body).toMatchObject({ error, error_codes: [code] })
    expect(body).not.toHaveProperty('access_token')
  })

  it('has the members of Entra’s body, with the caller’s correlation id', async () => {
    const id = '7a7a7a7a-0000-4000-8000-000000000001'
    const { body } = await exchange(entra, 'garbage', { form: { 'client-request-id': id } })
    expect(body.correlation_id).toBe(id)
    expect(body.error_description).toMatch(/^AADSTS50013: .* Trace ID: \S+ Correlation ID: \S+ Timestamp: /)
    expect(body.timestamp).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ$/)
    expect(Object.keys(body)).toEqual(expect.arrayContaining(['trace_id', 'error_uri']))
  })
})

describe('claims challenge', () => {
  const c1 = { access_token: { acrs: { essential: true, value: 'c1' } } }

  it('is met by a token that carries the context, and holds until cleared', async () => {
    await plant(entra, { kind: 'claims', sticky: true, persona: 'alice', scope: ordersScope })
    const answer = async (token: string) => (await exchange(entra, token)).body
    const refused = await answer(entra.mint('alice').token)
    expect(refused).toMatchObject({ error: 'interaction_required', suberror: 'basic_action', error_codes: [50079] })
    expect(JSON.parse(String(refused.claims))).toEqual(c1)
    expect(await answer(entra.mint('alice', { satisfies: refused.claims }).token)).toHaveProperty('access_token')
    expect(await answer(entra.mint('alice').token)).toHaveProperty('error')
    expect(await answer(entra.mint('bob').token)).toHaveProperty('access_token')
  })

  it('on a policy is met by the sign-in that answered it, not by a context', async () => {
    await plant(entra, { kind: 'claims', count: 2 })
    const first = await exchange(entra, entra.mint('alice').token)
    const policy = String(first.body.claims)
    expect(JSON.parse(policy)).toHaveProperty('access_token.capolids.values')
    const met = await exchange(entra, entra.mint('alice', { satisfies: policy }).token)
    const unmet = await exchange(entra, entra.mint('alice', { acrs: ['c1'] }).token)
    expect([met.status, unmet.status]).toEqual([200, 400])
  })

  it('in the request itself is refused with 50076 until the sign-in has the context', async () => {
    const form = { claims: JSON.stringify(c1) }
    const without = await exchange(entra, entra.mint('alice').token, { form })
    const having = await exchange(entra, entra.mint('alice', { acrs: ['c1'] }).token, { form })
    expect(without.body).toMatchObject({ error: 'interaction_required', error_codes: [50076] })
    expect(having.status).toBe(200)
  })

  it('that only asks for a fresh token is met at once', async () => {
    const form = { claims: '{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}' }
    expect((await exchange(entra, entra.mint('alice').token, { form })).status).toBe(200)
  })
})

describe('planted fault', () => {
  it.each([
    [{ kind: 'consent' }, 400, { error: 'invalid_grant', suberror: 'consent_required', error_codes: [65001] }],
    [{ kind: 'error', code: 53003 }, 400, { error: 'interaction_required', suberror: 'message_only' }],
    [
      { kind: 'error', code: 50173 },
      400,
      { error: 'invalid_grant', suberror: 'bad_token', claims: expect.stringContaining('nbf') },
    ],
    [{ kind: 'error', code: 50057 }, 400, { error: 'invalid_grant', error_codes: [50057] }],
    [{ kind: 'error', code: 700211 }, 401, { error: 'invalid_client' }],
    [{ kind: 'error' }, 503, { error: 'temporarily_unavailable' }],
    [{ kind: 'html' }, 502, { text: expect.stringContaining('<html>') }],
    [{ kind: 'empty' }, 200, {}],
    [{ kind: 'empty', status: 400 }, 400, {}],
  ])('%j answers once as Entra would', async (fault, status, body) => {
    expect(await plant(entra, fault)).toBe(200)
    const struck = await exchange(entra, entra.mint('alice').token)
    expect(struck.status).toBe(status)
    expect(struck.body).toMatchObject(body)
    expect(struck.body).not.toHaveProperty('access_token')
    expect((await exchange(entra, entra.mint('alice').token)).body).toHaveProperty('access_token')
  })

  it('throttles with Retry-After, as often as it says, the person whom it names', async () => {
    await plant(entra, { kind: 'throttle', retryAfter: 7, count: 2, persona: 'alice' })
    const read = async (name: 'alice' | 'bob') => {
      const { status, retryAfter } = await exchange(entra, entra.mint(name).token)
      return [status, retryAfter]
    }
    expect([await read('bob'), await read('alice'), await read('alice'), await read('alice')]).toEqual([
      [200, null],
      [429, '7'],
      [429, '7'],
      [200, null],
    ])
  })

  it('drops the connection', async () => {
    await plant(entra, { kind: 'drop' })
    await expect(exchange(entra, entra.mint('alice').token)).rejects.toThrow()
  })

  it('hangs until the client gives up', async () => {
    await plant(entra, { kind: 'hang' })
    const late = new Promise((resolve) => setTimeout(() => resolve('late'), 300))
    const pending = exchange(entra, entra.mint('alice').token).catch(() => 'cut')
    expect(await Promise.race([pending, late])).toBe('late')
  })

  it.each([
    { kind: 'nonsense' },
    { kind: 'error', target: 'moon' },
    { kind: 'error', persona: 'nobody' },
    { kind: 'claims', claims: '{' },
    {},
  ])('%j is not taken', async (fault) => {
    expect(await plant(entra, fault)).toBe(400)
  })
})

describe('Graph', () => {
  const ask = async (token: string) => {
    const headers = { authorization: `Bearer ${token}` }
    const response = await fetch(`${entra.url}/v1.0/me/getMemberGroups`, { method: 'POST', headers, body: '{}' })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  it('lists the groups of the person in an exchanged token', async () => {
    const form = { scope: 'https://graph.microsoft.com/User.Read' }
    const { body } = await exchange(entra, entra.mint('alice', { overage: true }).token, { form })
    expect((await ask(String(body.access_token))).body.value).toEqual([groups.salesEmea])
  })

  it('refuses a token that was not exchanged for it', async () => {
    expect((await ask(entra.mint('alice').token)).status).toBe(401)
  })
})
