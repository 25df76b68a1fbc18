import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it } from 'vitest'
import { personas } from '../../infra/local/personas.ts'
import type { World } from './gateway-world.ts'

const orders = 'rest-entra-api/listOrders'

/** What the sign-in service and the backends may say to an exchange or a call, and what the caller then hears. */
export function describeChallenges(world: () => World): void {
  afterEach(() => world().clear())

  describe('the sign-in service', () => {
    it('asks for more: the caller gets the claims, signs in with them and passes', async () => {
      await world().plant({ kind: 'claims', sticky: true, persona: 'bob', acrs: 'c1' })
      const refused = await world().call('bob', orders)
      expect([refused.status, refused.body.code, refused.body.next.action]).toEqual([
        401,
        'claims_challenge',
        'sign_in',
      ])
      const header = refused.headers.get('www-authenticate') ?? ''
      expect(header).toContain('error="insufficient_claims"')
      expect(header).toContain(`claims="${refused.body.claims}"`)
      const claims = JSON.parse(Buffer.from(refused.body.claims, 'base64').toString())
      const token = await world().token('bob', { satisfies: claims })
      expect((await world().call({ token }, orders)).status).toBe(200)
    })

    it('asks for the same again after a new sign-in: that is an end, not a loop', async () => {
      await world().plant({ kind: 'claims', sticky: true, persona: 'dave', acrs: 'c9' })
      const ask = async (token: string) => {
        const { status, body } = await world().call({ token }, 'rest-entra-api/whoami')
        return [status, body.code, body.next.action]
      }
      const token = await world().token('dave')
      // A repeat with the old token is no answer to the challenge, so it is given again.
      for (let turn = 0; turn < 2; turn += 1) expect(await ask(token)).toEqual([401, 'claims_challenge', 'sign_in'])
      // Tokens tell their time in whole seconds.
      await sleep(1100)
      for (let turn = 0; turn < 2; turn += 1)
        expect(await ask(await world().token('dave'))).toEqual([403, 'access_denied', 'stop'])
    })

    it('misses a consent: the caller gets an address where to give it', async () => {
      await world().plant({ kind: 'consent', persona: 'bob' })
      const { status, body } = await world().call('bob', orders)
      expect([status, body.code, body.next.action]).toEqual([403, 'consent_required', 'consent'])
      expect(new URL(body.consentUrl).hostname).toBe('login.microsoftonline.com')
      expect(body.consentUrl).toContain(world().file.clientId)
    })

    it('is busy for one person, and not for another', async () => {
      await world().plant({ kind: 'throttle', sticky: true, persona: 'heidi', retryAfter: 7 })
      const heidi = await world().call('heidi', 'rest-entra-api/health')
      expect([heidi.status, heidi.body.code]).toEqual([503, 'exchange_unavailable'])
      expect(heidi.headers.get('retry-after')).toBe('7')
      expect((await world().call('carol', 'rest-entra-api/health')).status).toBe(200)
    })

    it.each(['html', 'empty', 'drop', 'error'])('answers %s: nothing is called', async (kind) => {
      await world().plant({ kind, sticky: true, persona: 'dave', scope: 'c0000000' })
      await world().plantOrders({ fault: 'error' })
      const { status, body, headers } = await world().call('dave', 'rest-entra-api/health')
      expect([status, body.code]).toEqual([503, 'exchange_unavailable'])
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
      // The fault that waits for the next call to the API is still there.
      expect(await world().askOrders('dave', '/whoami')).toBe(500)
    })

    it('has its keys away: tokens that are signed with known keys are still judged', async () => {
      await world().plant({ kind: 'error', target: 'keys', sticky: true })
      expect((await world().call('alice', 'rest-entra-api/whoami')).status).toBe(200)
      const unknown = await world().sign({ claims: { oid: personas.alice.oid }, key: 'unknown' })
      const refused = await world().call({ token: unknown }, 'rest-entra-api/whoami')
      expect([401, 503]).toContain(refused.status)
      expect(['token_invalid', 'keys_unavailable']).toContain(refused.body.code)
    })
  })

  describe('the orders API', () => {
    it('asks for more once: the call is made again with those claims, unseen by the caller', async () => {
      const token = await world().token('alice', { acrs: ['c1'] })
      await world().plantOrders({ fault: 'claims_challenge' })
      expect((await world().call({ token }, orders)).status).toBe(200)
    })

    it('asks for what the sign-in does not have: the claims go to the caller', async () => {
      await world().plantOrders({ fault: 'claims_challenge' })
      const { status, body } = await world().call('alice', orders)
      expect([status, body.code]).toEqual([401, 'claims_challenge'])
      expect(JSON.parse(Buffer.from(body.claims, 'base64').toString()).access_token.acrs).toBeDefined()
      expect((await world().call('alice', orders)).status).toBe(200)
    })

    it('asks for more however often it is called: the caller hears of it, in the end', async () => {
      const token = await world().token('alice', { acrs: ['c1'] })
      await world().plantOrders({ fault: 'claims_challenge', count: 2 })
      const { status, body } = await world().call({ token }, orders)
      expect([401, 403]).toContain(status)
      expect(body.code).not.toBe('backend_rejected_token')
      expect((await world().call({ token }, orders)).status).toBe(200)
    })

    it.each([
      ['throttle', 429, 'backend_rejected', '17'],
      ['error', 502, 'backend_failed', null],
      ['redirect', 502, 'backend_failed', null],
    ] as const)('answers with %s: the answer is %d %s, and none of its words', async (fault, ...expected) => {
      // The API has said whom it sees before, so that the fault meets the call itself.
      const token = await world().token('alice')
      expect((await world().call({ token }, orders)).status).toBe(200)
      await world().plantOrders({ fault, retryAfter: 17 })
      const reply = await world().call({ token }, orders)
      expect([reply.status, reply.body.code, reply.headers.get('retry-after')]).toEqual(expected)
      expect(reply.text).not.toMatch(/slow down|the service failed|elsewhere/)
      expect((await world().call({ token }, orders)).status).toBe(200)
    })

    it('fails where it is asked whom it sees: a read is answered, and says that nobody looked', async () => {
      await world().plantOrders({ fault: 'error' })
      const { status, body } = await world().call('alice', orders)
      expect([status, body.meta.identity.source, body.meta.identity.matches]).toEqual([200, 'token', null])
    })

    it('fails where it is asked whom it sees: a change is not made', async () => {
      const before = await world().call('alice', 'rest-entra-api/getOrder', { order_id: 'ord-5001' })
      await world().plantOrders({ fault: 'error' })
      const inputs = { order_id: 'ord-5001', note: 'changed unseen' }
      const { status, body } = await world().call('alice', 'rest-entra-api/updateOrder', inputs)
      expect([status, body.code]).toEqual([502, 'backend_failed'])
      const after = await world().call('alice', 'rest-entra-api/getOrder', { order_id: 'ord-5001' })
      expect(after.body.data).toEqual(before.body.data)
    })

    it.each([
      ['getOrder', { order_id: 'ord-5002' }, 404],
      ['getOrder', { order_id: 'ord-9' }, 404],
      ['updateOrder', { order_id: 'ord-5002', status: 'paid' }, 404],
    ])('does not know %s %j for alice', async (name, inputs, status) => {
      const reply = await world().call('alice', `rest-entra-api/${name}`, inputs)
      expect([reply.status, reply.body.code]).toEqual([status, 'backend_rejected'])
    })

    it.each([
      ['alice', 'US'],
      ['bob', 'EMEA'],
    ] as const)('makes no order for %s in %s', async (persona, region) => {
      const customer = { name: 'N', email: 'n@customer.example', phone: '1' }
      const inputs = { region, customer, lines: [{ sku: 'S', description: 'D', quantity: 1, price: 1 }] }
      const { status, body } = await world().call(persona, 'rest-entra-api/createOrder', inputs)
      expect([status, body.code]).toEqual([403, 'backend_rejected'])
    })
  })
}
