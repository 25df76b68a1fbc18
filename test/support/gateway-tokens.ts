import { describe, expect, it } from 'vitest'
import { apps, personas, tenants } from '../../infra/local/personas.ts'
import type { Reply, World } from './gateway-world.ts'

const now = () => Math.floor(Date.now() / 1000)
const hint = `Send a version 2.0 access token for audience ${apps.api} with scope access_as_user.`

const overrides: readonly (readonly [
  what: string,
  claims: () => Record<string, unknown>,
  code: string,
  status: number,
])[] = [
  ['another audience', () => ({ aud: apps.graph }), 'token_invalid', 401],
  ['the audience as a URI', () => ({ aud: `api://${apps.api}` }), 'token_invalid', 401],
  ['two audiences', () => ({ aud: [apps.api, apps.graph] }), 'token_invalid', 401],
  ['a time that is over', () => ({ ttl: -600 }), 'token_invalid', 401],
  ['no end', () => ({ exp: null }), 'token_invalid', 401],
  ['a start to come', () => ({ nbf: now() + 3600 }), 'token_invalid', 401],
  ['another issuer', () => ({ iss: 'https://sts.evil.example/' }), 'token_invalid', 401],
  [
    "another tenant's issuer",
    () => ({ iss: `https://login.microsoftonline.com/${tenants.other}/v2.0` }),
    'token_invalid',
    401,
  ],
  ['version 1.0', () => ({ version: 1 }), 'token_invalid', 401],
  ['no person', () => ({ oid: null }), 'token_invalid', 401],
  ['a person in capitals', () => ({ oid: personas.alice.oid.toUpperCase() }), 'token_invalid', 401],
  ['no actor', () => ({ azp: null }), 'token_invalid', 401],
  ['an actor that nobody allowed', () => ({ azp: apps.blueprint }), 'actor_not_allowed', 403],
  ['the public client, which nobody allowed', () => ({ public: true }), 'actor_not_allowed', 403],
  ['no scope', () => ({ scp: null }), 'scope_insufficient', 403],
  ['another scope', () => ({ scp: 'access_as_user_not' }), 'scope_insufficient', 403],
  ['the scope of the console', () => ({ control: true }), 'scope_insufficient', 403],
  ['the scope of the console from an agent', () => ({ scp: 'control' }), 'scope_insufficient', 403],
]

/** Tokens of every class that must not pass, over the wire, and the few that must. */
export function describeTokens(world: () => World): void {
  const use = (token: string) => world().call({ token }, 'rest-entra-api/whoami')

  describe('a token of alice with', () => {
    it.each(overrides)('%s is refused', async (...[, claims, code, status]) => {
      const reply = await use(await world().token('alice', claims()))
      expect([reply.status, reply.body.code]).toEqual([status, code])
      if (code === 'token_invalid') expect(reply.body.detail).toBe(hint)
      if (status === 401) expect(reply.headers.get('www-authenticate')).toContain('error="invalid_token"')
    })

    it.each([
      ['an HMAC by the public key', 'hs256-public', { alg: 'HS256' }],
      ['a key that nobody published', 'unknown', {}],
      ['the key of another tenant', 'other-tenant', {}],
      ['a key of its own in the header', 'unknown', { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' } }],
      ['a place to fetch the key from', 'unknown', { jku: 'http://127.0.0.1:1/keys' }],
      ['a critical extension', 'current', { crit: ['b64'], b64: false }],
    ] as const)('%s is refused', async (_, key, extra) => {
      const [header, claims] = decode(await world().token('alice'))
      expectInvalid(await use(await world().sign({ header: { ...header, ...extra }, claims, key })))
    })

    it.each(['none', 'None', ''])('the algorithm %j and no signature is refused', async (alg) => {
      const [header, claims] = decode(await world().token('alice'))
      expectInvalid(await use(`${encode({ ...header, alg })}.${encode(claims)}.`))
    })

    it('the right key and claims passes, signed by hand', async () => {
      const [header, claims] = decode(await world().token('alice'))
      expect((await use(await world().sign({ header, claims }))).status).toBe(200)
    })

    it('everything right passes as often as it is used', async () => {
      const token = await world().token('alice')
      for (let turn = 0; turn < 3; turn += 1) expect((await use(token)).status).toBe(200)
    })
  })

  describe('a principal', () => {
    it('without a person reads no data', async () => {
      const reply = await world().call('robot', 'rest-entra-api/listOrders')
      expect([reply.status, reply.body.code]).toEqual([403, 'app_only_not_allowed'])
    })

    it('that is an agent for a person gets what the person gets', async () => {
      const [direct, agent] = await Promise.all(
        (['alice', 'scout'] as const).map((who) => world().call(who, 'rest-entra-api/listOrders', { limit: 5 })),
      )
      expect(agent?.status).toBe(200)
      expect(agent?.body.data).toEqual(direct?.body.data)
    })

    it("that is an agent's own account is denied by name", async () => {
      const reply = await world().call('sidekick', 'rest-entra-api/listOrders')
      expect([reply.status, reply.body.code]).toEqual([403, 'policy_denied'])
      expect(reply.body.reasons).toContain('agent_user_not_permitted')
    })

    it.each([
      ['SELECT name, email FROM sales.customers', 'guest_no_personal_data'],
      ['SELECT name FROM hr.employees', 'guest_no_personal_data'],
      ['SELECT session_user', 'not_permitted'],
    ])('who is a guest is denied %s', async (sql, reason) => {
      const reply = await world().query('erin', sql)
      expect([reply.status, reply.body.code]).toEqual([403, 'policy_denied'])
      expect(reply.body.reasons).toContain(reason)
    })

    it('who is a guest changes nothing', async () => {
      const sql = "UPDATE sales.orders SET status = 'paid'"
      const reply = await world().call('erin', 'azure-postgresql/executeStatement', { sql })
      expect(reply.body.reasons).toContain('guest_may_not_change')
    })

    it('without the claim that says so counts as a guest', async () => {
      const token = await world().token('alice', { acct: null, xms_idrel: null })
      const reply = await world().query({ token }, 'SELECT email FROM sales.customers')
      expect(reply.body.reasons).toContain('guest_no_personal_data')
    })

    it.each([
      ['rest-entra-api/listOrders', {}],
      ['rest-entra-api/whoami', {}],
      ['azure-postgresql/executeQuery', { sql: 'SELECT 1' }],
      ['azure-postgresql/executeQuery', { sql: 'SELECT name FROM sales.customers' }],
      ['azure-postgresql/listTables', {}],
    ])('of another tenant, however privileged there, gets nothing from %s %j', async (operation, inputs) => {
      const reply = await world().call('mallory', operation, inputs)
      expect([reply.status, reply.body.code]).toEqual([403, 'policy_denied'])
    })

    it("who claims another tenant's groups and roles gets nothing by them", async () => {
      const token = await world().token('mallory', { groups: personas.alice.groups, roles: ['Countersign.Auditor'] })
      const reply = await world().query({ token }, 'SELECT name FROM sales.customers')
      expect([reply.status, reply.body.code]).not.toEqual([200, undefined])
      expect(reply.body.data).toBeUndefined()
    })

    it('of a tenant that is not on the list is refused', async () => {
      const reply = await use(await world().token('alice', { tid: tenants.stranger }))
      expect([401, 403]).toContain(reply.status)
      expect(['token_invalid', 'tenant_not_allowed']).toContain(reply.body.code)
    })

    it('with too many groups to list is asked for in the directory', async () => {
      const token = await world().token('alice', { overage: true })
      expect((await world().query({ token }, 'SELECT DISTINCT region FROM sales.orders')).body.data?.rows).toEqual([
        ['EMEA'],
      ])
    })

    it.each(['/api/operations', '/api/explain'])('of the console is refused on %s', async (path) => {
      const token = await world().token('carol', { control: true })
      const { status, body } = await world().ask({ path, token, ...(path.endsWith('explain') ? { body: {} } : {}) })
      expect([status, body.code]).toEqual([403, 'scope_insufficient'])
    })
  })
}

function expectInvalid({ status, body }: Reply): void {
  expect([status, body.code, body.detail]).toEqual([401, 'token_invalid', hint])
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

function decode(token: string): [Record<string, unknown>, Record<string, unknown>] {
  const [head = '', claims = ''] = token.split('.')
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>
  return [read(head), read(claims)]
}
