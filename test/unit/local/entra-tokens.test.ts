import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { apps, groups, personas, tenants } from '../../../infra/local/personas.ts'
import { claimsOf, plant, post } from './entra-client.ts'

let entra: Entra
beforeAll(async () => {
  entra = await startEntra()
})
afterAll(() => entra.stop())

const keysOf = (tid: string) => createRemoteJWKSet(new URL(`${entra.url}/${tid}/discovery/v2.0/keys`))
const issuerOf = (tid: string) => `https://login.microsoftonline.com/${tid}/v2.0`

describe('persona token', () => {
  it.each(Object.values(personas))(
    'of $name verifies by the published keys of its tenant',
    async ({ name, tid, oid, azp }) => {
      const { body } = await post(`${entra.url}/dev/token`, { persona: name })
      const options = { algorithms: ['RS256'], issuer: issuerOf(tid), audience: apps.api }
      const { payload } = await jwtVerify(String(body.access_token), keysOf(tid), options)
      expect(payload).toMatchObject({ tid, oid, azp, ver: '2.0' })
      expect(body.token).toBe(body.access_token)
    },
  )

  it.each([
    [
      'alice',
      {},
      { scp: 'access_as_user', idtyp: 'user', acct: 0, azpacr: '1', groups: [groups.salesEmea], xms_cc: ['cp1'] },
    ],
    [
      'carol',
      { control: true },
      { scp: 'control', azp: apps.console, azpacr: '0', acrs: ['c1'], roles: personas.carol.roles },
    ],
    ['alice', { public: true }, { azp: apps.public, azpacr: '0' }],
    ['erin', {}, { acct: 1, xms_idrel: '5 26', idp: `https://sts.windows.net/${tenants.stranger}/` }],
    ['scout', {}, { oid: personas.alice.oid, azp: apps.scout, xms_act_fct: '3 9 11', xms_par_app_azp: apps.blueprint }],
    ['sidekick', {}, { idtyp: 'user', xms_act_fct: '3 11', xms_sub_fct: '3 13' }],
    ['robot', {}, { idtyp: 'app', roles: ['Catalogue.Read'], sub: personas.robot.oid }],
    ['alice', { version: 1 }, { ver: '1.0', iss: `https://sts.windows.net/${tenants.home}/`, appid: apps.agent }],
    ['alice', { tid: tenants.stranger }, { tid: tenants.stranger, iss: issuerOf(tenants.stranger) }],
    ['alice', { scp: ['a'], acrs: 'c2', aud: 'x' }, { scp: ['a'], acrs: ['c2'], aud: 'x' }],
    ['alice', { scp: 'one two' }, { scp: 'one two' }],
  ])('of %s with %j carries the claims of that case', (persona, overrides, expected) => {
    return post(`${entra.url}/dev/token`, { persona, ...overrides }).then(({ body }) => {
      expect(claimsOf(body.token)).toMatchObject(expected)
    })
  })

  it('of an application has neither scope nor person', () => {
    const { claims } = entra.mint('robot')
    expect(['scp', 'preferred_username', 'acct', 'groups'].filter((name) => name in claims)).toEqual([])
  })

  it('loses a claim that is overridden by null', () => {
    expect(entra.mint('alice', { oid: null, xms_cc: null }).claims).not.toHaveProperty('oid')
  })

  it('points to Graph instead of listing too many groups', () => {
    const { claims } = entra.mint('alice', { overage: true })
    expect(claims).not.toHaveProperty('groups')
    expect(claims).toMatchObject({ _claim_names: { groups: 'src1' } })
  })

  it('has a token id of its own and the times asked for', () => {
    const [one, two] = [entra.mint('alice', { ttl: 60 }).claims, entra.mint('alice').claims]
    expect(one.uti).not.toBe(two.uti)
    expect(Number(one.exp) - Number(one.iat)).toBe(60)
  })

  it('is not made for nobody', async () => {
    expect((await post(`${entra.url}/dev/token`, { persona: 'toString' })).status).toBe(400)
  })
})

describe('arbitrary signature', () => {
  const claims = { aud: apps.api, tid: tenants.home, iss: issuerOf(tenants.home), exp: 9_999_999_999 }
  const sign = async (input: object) => String((await post(`${entra.url}/dev/sign`, { claims, ...input })).body.token)

  it('by the current key holds and keeps the claims as given', async () => {
    const { payload } = await jwtVerify(await sign({ key: 'current' }), keysOf(tenants.home))
    expect(payload).toEqual(claims)
  })

  it.each(['unknown', 'other-tenant', 'consumer', 'hs256-public'])(
    'by the key "%s" does not pass the resource check',
    async (key) => {
      await expect(entra.verifyAccessToken(await sign({ key }), { audience: apps.api })).rejects.toThrow('signature')
    },
  )

  it.each([
    [{ alg: 'RS512' }, 'RS512'],
    [{ alg: 'PS256' }, 'PS256'],
    [{ alg: 'none' }, 'none'],
    [{ alg: 'RS256', kid: { a: 1 }, crit: ['exp'] }, 'RS256'],
  ])('has exactly the header %j', async (header, alg) => {
    const token = await sign({ header })
    const [head = '', , tail] = token.split('.')
    expect(JSON.parse(Buffer.from(head, 'base64url').toString())).toEqual(header)
    expect(tail === '').toBe(alg === 'none')
  })

  it('with the public key as HMAC secret names the published key', async () => {
    const header = decodeProtectedHeader(await sign({ key: 'hs256-public' }))
    expect(header).toMatchObject({ alg: 'HS256', kid: entra.jwksFor(tenants.home).keys[0]?.kid })
  })
})

describe('key set', () => {
  it('has Entra’s shape: at least two keys bound to the tenant and no algorithm', () => {
    const { keys } = entra.jwksFor(tenants.home)
    const own = keys.filter((key) => key.issuer === issuerOf(tenants.home))
    expect(own.length).toBeGreaterThanOrEqual(2)
    expect(keys.every((key) => key.use === 'sig' && !('alg' in key) && !('d' in key))).toBe(true)
  })

  it('of the other tenant shares no own key with the home tenant', () => {
    const kids = (tid: string) =>
      entra
        .jwksFor(tid)
        .keys.filter((key) => key.issuer === issuerOf(tid))
        .map((key) => key.kid)
    expect(kids(tenants.other).filter((kid) => kids(tenants.home).includes(kid))).toEqual([])
  })

  it('goes away and comes back with a planted fault', async () => {
    const read = async () => (await fetch(`${entra.url}/${tenants.home}/discovery/v2.0/keys`)).status
    await plant(entra, { target: 'keys', kind: 'error', count: 2 })
    expect([await read(), await read(), await read()]).toEqual([503, 503, 200])
  })

  it('is unknown for a tenant that does not exist', async () => {
    const url = `${entra.url}/44444444-4444-4444-8444-444444444444/discovery/v2.0/keys`
    expect(await (await fetch(url)).json()).toMatchObject({ error_codes: [90002] })
  })

  it('survives a restart by its state', async () => {
    const again = await startEntra({ state: JSON.parse(JSON.stringify(entra.state())) })
    const { token } = entra.mint('alice')
    await expect(again.verifyAccessToken(token, { audience: apps.api })).resolves.toMatchObject({
      oid: personas.alice.oid,
    })
    expect(again.msi.header).toBe(entra.msi.header)
    await again.stop()
  })
})

describe('resource check', () => {
  it.each([
    ['an expired token', { exp: 1_000_000_000 }, 'time'],
    ['a token not yet valid', { nbf: 9_999_999_990 }, 'time'],
    ['another audience', { aud: apps.orders }, 'audience'],
    ['a foreign issuer', { iss: 'https://login.microsoftonline.us/x/v2.0' }, 'issuer'],
    ['a tenant that the key is not bound to', { tid: tenants.other, iss: issuerOf(tenants.home) }, 'issuer'],
  ])('refuses %s', async (_what, overrides, fault) => {
    const { token } = entra.mint('alice', overrides)
    await expect(entra.verifyAccessToken(token, { audience: apps.api })).rejects.toThrow(fault)
  })

  it('refuses changed claims under a good signature', async () => {
    const [head, , tail] = entra.mint('alice').token.split('.')
    const forged = Buffer.from(JSON.stringify(entra.mint('bob').claims)).toString('base64url')
    await expect(entra.verifyAccessToken(`${head}.${forged}.${tail}`, { audience: apps.api })).rejects.toThrow(
      'signature',
    )
  })
})
