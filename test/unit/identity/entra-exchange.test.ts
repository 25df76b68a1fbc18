import { describe, expect, it } from 'vitest'
import { Problem } from '../../../shared/errors/problem.ts'
import { createExchange, type ExchangeWish } from '../../../shared/identity/entra-exchange.ts'
import table from '../../support/hostile-tokens.json' with { type: 'json' }
import { createStsDouble, entraError, type Fault } from '../../support/sts-double.ts'
import { type Claims, ids, mint, noon, testVerifier, verifierSettings } from '../../support/tokens.ts'

const scope = 'https://database.windows.net/user_impersonation'
const capolids = JSON.stringify({ access_token: { capolids: { essential: true, values: ['x'] } } })

/** An exchange with its token service and a clock that the test turns. */
function stage(deadline = 2000) {
  const sts = createStsDouble()
  const clock = { now: Date.now() }
  const exchange = createExchange({
    settings: verifierSettings,
    clientAssertion: async () => 'client-assertion',
    pepper: new Uint8Array(32),
    fetch: sts.fetch,
    now: () => clock.now,
    deadline,
  })
  return { sts, clock, ...exchange }
}

async function wishOf(claims: Claims = {}, more: Partial<ExchangeWish> = {}): Promise<ExchangeWish> {
  const verified = await testVerifier().verify({
    authorization: [`Bearer ${mint({ claims: { xms_cc: ['cp1'], ...claims } })}`],
  })
  // The tokens of these tests live at noon; the exchange lives now, as MSAL reads the clock itself.
  const principal = { ...verified.principal, expiresAt: Date.now() / 1000 + 7200 }
  return { ...verified, principal, scope, correlationId: '0af7651916cd43dd8448eb211c80319c', ...more }
}

async function problemOf(work: Promise<unknown>): Promise<Problem> {
  const failure: unknown = await work.catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(Problem)
  return failure as Problem
}

describe('exchange', () => {
  it('asks the tenant of the person with what Entra wants', async () => {
    const { sts, exchange } = stage()
    const wish = await wishOf()
    const token = await exchange(wish)
    expect(token).toMatchObject({ tid: ids.home, oid: ids.alice, scope, value: `backend-token-1-${ids.alice}` })
    const { url, form } = sts.requests[0]!
    expect(url).toContain(`https://login.microsoftonline.com/${ids.home}/oauth2/v2.0/token`)
    expect(url).toContain('client-request-id=0af76519-16cd-43dd-8448-eb211c80319c')
    expect(Object.fromEntries(form)).toMatchObject({
      client_id: ids.api,
      client_assertion: 'client-assertion',
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      requested_token_use: 'on_behalf_of',
      assertion: wish.assertion.value,
    })
    expect(form.get('scope')).toContain(scope)
    expect(JSON.parse(form.get('claims')!).access_token.xms_cc).toEqual({ values: ['cp1'] })
  })

  it('goes to the development host instead, under the same authority', async () => {
    const sts = createStsDouble()
    const settings = { ...verifierSettings, entraUrl: 'http://127.0.0.1:1234' }
    const base = { clientAssertion: async () => 'x', pepper: new Uint8Array(32), fetch: sts.fetch }
    await createExchange({ settings, ...base }).exchange(await wishOf())
    expect(sts.requests[0]!.url).toMatch(new RegExp(`^http://127\\.0\\.0\\.1:1234/${ids.home}/oauth2/v2\\.0/token`))
  })

  it('O18: exchanges a guest in the tenant of the token', async () => {
    const { sts, exchange } = stage()
    const tid = ids.second
    await exchange(await wishOf({ tid, iss: `https://login.microsoftonline.com/${tid}/v2.0`, acct: 1 }))
    expect(sts.requests[0]!.url).toContain(`/${tid}/oauth2/v2.0/token`)
  })

  it('O21: shares one request among equal calls', async () => {
    const { sts, exchange } = stage()
    const wish = await wishOf()
    await Promise.all(Array.from({ length: 50 }, () => exchange(wish)))
    expect(sts.requests).toHaveLength(1)
  })

  it('O23: keeps the tokens of two sessions of one person', async () => {
    const { sts, exchange } = stage()
    const [one, two] = [await wishOf({ uti: '1' }), await wishOf({ uti: '2' })]
    for (let n = 0; n < 20; n++) await Promise.all([exchange(one), exchange(two)])
    expect(sts.requests).toHaveLength(2)
  })

  it('goes past the cache with claims, and keeps the new token', async () => {
    const { sts, exchange } = stage()
    const wish = await wishOf()
    await exchange(wish)
    const renewed = await exchange({ ...wish, claims: capolids })
    expect(renewed.value).toBe(`backend-token-2-${ids.alice}`)
    expect((await exchange(wish)).value).toBe(renewed.value)
    const asked = JSON.parse(sts.requests[1]!.form.get('claims')!)
    expect(asked.access_token).toMatchObject({ xms_cc: { values: ['cp1'] }, capolids: { essential: true } })
  })

  it('O06: refuses an application before anything is sent', async () => {
    const { sts, exchange } = stage()
    const problem = await problemOf(exchange(await wishOf({ scp: undefined, idtyp: 'app' })))
    expect(problem).toMatchObject({ code: 'app_only_not_allowed', reason: 'app_only_obo' })
    expect(sts.requests).toHaveLength(0)
  })

  it('lets one caller leave without taking the others along', async () => {
    const { exchange } = stage()
    const wish = await wishOf()
    const leaver = new AbortController()
    const left = exchange({ ...wish, signal: leaver.signal })
    const stayed = exchange(wish)
    leaver.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    expect((await stayed).oid).toBe(ids.alice)
  })

  it('exchanges anew after a purge', async () => {
    const { sts, exchange, purge } = stage()
    const wish = await wishOf()
    await exchange(wish)
    purge(ids.home, ids.alice)
    await exchange(wish)
    expect(sts.requests).toHaveLength(2)
  })

  it.each<[string, Claims, Claims, string, string]>([
    ['an empty token', { access_token: '' }, {}, 'exchange_unavailable', 'empty_token'],
    ["another person's token", {}, { oid: ids.bob }, 'internal', 'exchanged_for_somebody_else'],
    ["another tenant's token", {}, { tid: ids.second }, 'internal', 'exchanged_for_somebody_else'],
    ['nobody named', { id_token: undefined, client_info: undefined }, {}, 'internal', 'exchanged_for_somebody_else'],
  ])('takes no answer with %s', async (...[, answer, identity, code, reason]) => {
    const { sts, exchange } = stage()
    Object.assign(sts, { answer, identity })
    expect(await problemOf(exchange(await wishOf()))).toMatchObject({ code, reason })
  })
})

const faults: readonly (readonly [title: string, fault: Fault | 'hang', code: string, reason: string])[] = [
  [
    'claims (50079)',
    entraError('interaction_required', 50079, { suberror: 'basic_action', claims: capolids }),
    'claims_challenge',
    'sts_claims',
  ],
  [
    'claims beside 50173',
    entraError('invalid_grant', 50173, { suberror: 'bad_token', claims: capolids }),
    'claims_challenge',
    'sts_claims',
  ],
  [
    'claims that are none',
    entraError('interaction_required', 50079, { claims: '{"client":{}}' }),
    'access_denied',
    'claims_not_understood',
  ],
  [
    'message_only beside claims',
    entraError('interaction_required', 53003, { suberror: 'message_only', claims: capolids }),
    'access_denied',
    'conditional_access_block',
  ],
  ['53003', entraError('invalid_grant', 53003), 'access_denied', 'conditional_access_block'],
  ['O03', entraError('invalid_grant', 65001, { suberror: 'consent_required' }), 'consent_required', 'consent_required'],
  ['65001 without suberror', entraError('invalid_grant', 65001), 'consent_required', 'consent_required'],
  ['O04', entraError('invalid_grant', 500131), 'identity_configuration', 'identity_configuration'],
  ['O06', entraError('unauthorized_client', 7000114), 'app_only_not_allowed', 'app_only_obo'],
  ['O08', entraError('invalid_client', 7000215), 'identity_configuration', 'identity_configuration'],
  ['700211', entraError('invalid_client', 700211), 'identity_configuration', 'identity_configuration'],
  ['an unknown invalid_client', entraError('invalid_client', 1), 'identity_configuration', 'identity_configuration'],
  ['500011', entraError('invalid_resource', 500011), 'identity_configuration', 'identity_configuration'],
  ['a wrong scope', entraError('invalid_scope', 70011), 'identity_configuration', 'identity_configuration'],
  [
    'O09',
    { ...entraError('temporarily_unavailable', 50196), status: 429, headers: { 'retry-after': '7' } },
    'exchange_unavailable',
    'identity_provider_unavailable',
  ],
  ['50196 as a 400', entraError('invalid_grant', 50196), 'exchange_unavailable', 'identity_provider_unavailable'],
  [
    'O11',
    { ...entraError('temporarily_unavailable', 90033), status: 503 },
    'exchange_unavailable',
    'identity_provider_unavailable',
  ],
  ['O13', 'hang', 'exchange_unavailable', 'identity_provider_unavailable'],
  ['O14', { status: 400, body: { title: 'Bad Request' } }, 'exchange_unavailable', 'empty_token'],
  ['an HTML 502', { status: 502, body: '<html>' }, 'exchange_unavailable', 'identity_provider_unavailable'],
  ['an HTML 200', { status: 200, body: '<html>' }, 'exchange_unavailable', 'empty_token'],
  ['O16', entraError('invalid_grant', 50057), 'token_invalid', 'user_disabled'],
  ['50013', entraError('invalid_grant', 50013), 'token_invalid', 'assertion_invalid'],
  ['500133', entraError('invalid_grant', 500133), 'token_invalid', 'assertion_expired'],
  ['50173', entraError('invalid_grant', 50173), 'token_invalid', 'grant_revoked'],
  ['an unknown invalid_grant', entraError('invalid_grant', 1), 'token_invalid', 'assertion_rejected'],
  ['O19', entraError('invalid_grant', 50020), 'access_denied', 'user_not_in_tenant'],
  ['90072', entraError('invalid_grant', 90072), 'access_denied', 'user_not_in_tenant'],
]

describe('refused exchange', () => {
  it.each(faults)('with %s is answered by its own problem', async (...[title, fault, code, reason]) => {
    const { sts, exchange } = stage(100)
    sts.fault = fault
    const problem = await problemOf(exchange(await wishOf()))
    expect(problem).toMatchObject({ code, reason })
    const row = table.cases.find(({ id }) => id === title)
    if (row) expect(problem).toMatchObject({ status: row.status, code: row.code, reason: row.reason })
    if (row) expect(problem.members.challenge ?? null).toBe(row.challenge)
    expect(JSON.stringify(problem.members)).not.toMatch(/AADSTS|words that decide/)
    expect(problem.cause).toBeUndefined()
  })

  it('covers every row of the table that the exchange decides', () => {
    const decided = table.cases.filter(({ id, status }) => id.startsWith('O') && status !== 200).map(({ id }) => id)
    expect(decided.filter((id) => !faults.some(([title]) => title === id))).toEqual([])
  })

  it('hands the claims on in body and header, and a way on', async () => {
    const { sts, exchange } = stage()
    sts.fault = entraError('interaction_required', 50079, { claims: capolids })
    const { members } = await problemOf(exchange(await wishOf()))
    const encoded = Buffer.from(capolids).toString('base64')
    expect(members).toMatchObject({ claims: encoded, next: { action: 'sign_in' } })
    expect(members.challenge).toContain(`error="insufficient_claims", claims="${encoded}"`)
  })

  it('answers 403 where the agent cannot answer a challenge', async () => {
    const { sts, exchange } = stage()
    sts.fault = entraError('interaction_required', 50079, { claims: capolids })
    expect(await problemOf(exchange(await wishOf({ xms_cc: undefined })))).toMatchObject({
      status: 403,
      code: 'step_up_unsupported',
    })
  })

  it('answers 403 where a newer token meets the same challenge', async () => {
    const { sts, exchange, clock } = stage()
    clock.now = noon
    sts.fault = entraError('interaction_required', 50079, { claims: capolids })
    expect((await problemOf(exchange(await wishOf()))).status).toBe(401)
    const again = await problemOf(exchange(await wishOf({ iat: noon / 1000 - 200, uti: '2' })))
    expect(again).toMatchObject({ status: 403, code: 'access_denied', members: { next: { action: 'stop' } } })
  })

  it('says where to consent', async () => {
    const { sts, exchange } = stage()
    sts.fault = entraError('invalid_grant', 65001)
    const { members } = await problemOf(exchange(await wishOf()))
    const url = new URL(members.consentUrl!)
    expect(url.origin + url.pathname).toBe(`https://login.microsoftonline.com/${ids.home}/oauth2/v2.0/authorize`)
    expect(Object.fromEntries(url.searchParams)).toMatchObject({ client_id: ids.api, scope, prompt: 'consent' })
    expect(members.next).toEqual({ action: 'consent', url: members.consentUrl })
  })

  it.each([50057, 50013, 500133, 50173])('forgets every token of the person after %i', async (number) => {
    const { sts, exchange } = stage()
    const [wish, other] = [await wishOf(), await wishOf({}, { scope: 'https://graph.microsoft.com/User.Read' })]
    await exchange(wish)
    sts.fault = entraError('invalid_grant', number)
    await problemOf(exchange(other))
    sts.fault = null
    await exchange(wish)
    expect(sts.requests).toHaveLength(3)
  })

  it("keeps one person's throttling from another", async () => {
    const { sts, exchange, clock } = stage()
    sts.fault = { status: 429, headers: { 'retry-after': '30' } }
    const alice = await wishOf()
    expect((await problemOf(exchange(alice))).members.retryAfter).toBe(30)
    sts.fault = null
    clock.now += 10_000
    expect(await problemOf(exchange(alice))).toMatchObject({ reason: 'backing_off', members: { retryAfter: 20 } })
    expect((await exchange(await wishOf({ oid: ids.bob }))).oid).toBe(ids.bob)
    clock.now += 20_000
    expect((await exchange(alice)).oid).toBe(ids.alice)
    expect(sts.requests).toHaveLength(3)
  })

  it("opens a tenant's breaker once three people fail, and no other tenant's", async () => {
    const { sts, exchange, clock } = stage()
    sts.fault = { status: 503 }
    const people = [0, 1, 2, 3].map((n) => `a0000000-0000-4000-8000-00000000001${n}`)
    for (const oid of people.slice(0, 3)) await problemOf(exchange(await wishOf({ oid })))
    sts.fault = null
    const fourth = await wishOf({ oid: people[3] })
    expect(await problemOf(exchange(fourth))).toMatchObject({ code: 'exchange_unavailable', reason: 'backing_off' })
    const tid = ids.second
    await exchange(await wishOf({ tid, iss: `https://login.microsoftonline.com/${tid}/v2.0` }))
    clock.now += 2000
    expect((await exchange(fourth)).oid).toBe(people[3])
  })

  it('does not hang on a client assertion that never comes', async () => {
    const base = { settings: verifierSettings, pepper: new Uint8Array(32), deadline: 50 }
    const { exchange } = createExchange({ ...base, clientAssertion: () => new Promise(() => undefined) })
    expect((await problemOf(exchange(await wishOf()))).code).toBe('exchange_unavailable')
  })
})
