import { request } from 'node:https'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../infra/local/entra/stand-in.ts'
import { type OrdersApi, startOrders } from '../../infra/local/orders/server.ts'
import { apps, type PersonaName, personas, tenants } from '../../infra/local/personas.ts'
import { type Certificates, makeCertificates } from '../../infra/local/tls/certificates.ts'

let certificates: Certificates
let entra: Entra
let orders: OrdersApi

beforeAll(async () => {
  certificates = await makeCertificates(['127.0.0.1'])
  entra = await startEntra()
  orders = await startOrders({
    entra: entra.url,
    tenant: tenants.home,
    clientId: apps.orders,
    certificate: certificates,
  })
})

afterAll(async () => {
  await orders?.stop()
  await entra?.stop()
})

interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
  readonly body: any
}

interface Ask {
  readonly method?: string
  readonly path: string
  readonly token?: string
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

function ask({ method = 'GET', path, token, body, headers = {} }: Ask): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
    const options = { method, ca: certificates.ca, headers: { ...headers, ...authorization }, timeout: 5000 }
    const sent = request(new URL(path, orders.url), options, async (response) => {
      let text = ''
      for await (const chunk of response) text += chunk
      const { statusCode: status = 0, headers: received } = response
      resolve({ status, headers: received, body: text === '' ? undefined : JSON.parse(text) })
    })
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

const tokenOf = (persona: PersonaName, overrides = {}) => entra.mint(persona, { aud: apps.orders, ...overrides }).token
const as = (persona: PersonaName, rest: Omit<Ask, 'token'>) => ask({ ...rest, token: tokenOf(persona) })

const order = {
  region: 'EMEA',
  customer: { name: 'New Customer', email: 'new@customer.example', phone: '+44 20 7946 0999' },
  lines: [{ sku: 'SKU-1', description: 'Pump', quantity: 3, price: 10.5 }],
}

async function readAll(persona: PersonaName, query = ''): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = []
  let path: string | undefined = `/orders?limit=7${query}`
  for (let pages = 0; path !== undefined && pages < 50; pages += 1) {
    const { body }: Answer = await as(persona, { path })
    found.push(...body.value)
    path = body.nextLink
  }
  return found
}

describe('the orders API', () => {
  it.each([
    ['alice', ['EMEA'], 40],
    ['bob', ['US'], 40],
    ['dave', ['APAC', 'EMEA', 'US'], 120],
    ['erin', [], 0],
  ] as const)('shows %s the orders of %j over all pages, each once', async (persona, regions, count) => {
    const found = await readAll(persona)
    expect([...new Set(found.map((one) => one.region))].sort()).toEqual(regions)
    expect(new Set(found.map((one) => one.order_id)).size).toBe(count)
    expect(found).toHaveLength(count)
  })

  it('filters by status and refuses what it does not know', async () => {
    const found = await readAll('alice', '&status=paid')
    expect(found.length).toBeGreaterThan(0)
    expect(found.every((one) => one.status === 'paid')).toBe(true)
    expect((await as('alice', { path: '/orders?status=lost' })).status).toBe(400)
    expect((await as('alice', { path: '/orders?limit=0' })).status).toBe(400)
    expect((await as('alice', { path: '/orders/ord-5001/lines' })).status).toBe(404)
    expect((await as('alice', { path: '/orders', method: 'PATCH' })).status).toBe(405)
  })

  it('names the person that it sees', async () => {
    const { body, headers } = await as('bob', { path: '/whoami' })
    expect(body).toEqual({ oid: personas.bob.oid, tid: tenants.home, name: personas.bob.displayName })
    expect(headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/)
  })

  it('makes one order for one idempotency key', async () => {
    const post = { path: '/orders', method: 'POST', body: order, headers: { 'idempotency-key': 'k-1' } }
    const first = await as('alice', post)
    const again = await as('alice', post)
    const other = await as('alice', { ...post, body: { ...order, note: 'another' } })
    expect([first.status, again.status, other.status]).toEqual([201, 201, 422])
    expect(again.body.order_id).toBe(first.body.order_id)
    expect(first.body.total).toBe(31.5)
    const bobs = await as('bob', { ...post, body: { ...order, region: 'US' } })
    expect(bobs.body.order_id).not.toBe(first.body.order_id)
  })

  it('lets only an editor change, only carol delete, and hides what is not in the own region', async () => {
    const { body: made } = await as('alice', { path: '/orders', method: 'POST', body: order })
    const path = `/orders/${made.order_id}`
    const put = { path, method: 'PUT', body: { status: 'paid' } }
    expect((await as('bob', put)).status).toBe(404)
    expect((await as('dave', put)).status).toBe(403)
    expect((await as('alice', put)).body).toMatchObject({ status: 'paid', total: 31.5 })
    expect((await as('alice', { path, method: 'DELETE' })).status).toBe(403)
    expect((await as('carol', { path, method: 'DELETE' })).status).toBe(204)
    expect((await as('alice', { path })).status).toBe(404)
  })

  it.each([
    ['another region', { ...order, region: 'US' }, 403],
    ['an unknown member', { ...order, admin: true }, 400],
    ['no lines', { ...order, lines: [] }, 400],
    ['no body', undefined, 400],
  ])('refuses an order with %s', async (_what, body, status) => {
    expect((await as('alice', { path: '/orders', method: 'POST', body })).status).toBe(status)
  })

  const attempts: [string, () => string | undefined][] = [
    ['no token', () => undefined],
    ['a token for the gateway', () => entra.mint('alice').token],
    ['an expired token', () => tokenOf('alice', { ttl: -3600 })],
    ['a token of another tenant', () => tokenOf('mallory')],
    ['a token without scope', () => tokenOf('alice', { scp: null })],
    ['a token with another scope', () => tokenOf('alice', { scope: 'User.Read' })],
    ['a token without signature', () => `${tokenOf('alice').split('.').slice(0, 2).join('.')}.`],
    ['an application without a person', () => tokenOf('robot')],
  ]
  it.each(attempts)('refuses %s', async (_what, token) => {
    const made = token()
    const answer = await ask({ path: '/whoami', ...(made === undefined ? {} : { token: made }) })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toContain('error="invalid_token"')
  })

  it('answers planted faults as often as ordered, then serves again', async () => {
    const plant = (body: unknown) => ask({ path: '/dev/fault', method: 'POST', body })
    const call = () => as('alice', { path: '/whoami' })
    await plant({ fault: 'claims_challenge' })
    const challenge = String((await call()).headers['www-authenticate'])
    const claims = /claims="([^"]+)"/.exec(challenge)?.[1] ?? ''
    expect(challenge).toContain('error="insufficient_claims"')
    expect(JSON.parse(Buffer.from(claims, 'base64').toString())).toHaveProperty('access_token.acrs.value', 'c1')
    await plant({ fault: 'throttle', count: 2, retryAfter: 3 })
    expect((await call()).headers['retry-after']).toBe('3')
    expect((await call()).status).toBe(429)
    await plant({ fault: 'error' })
    expect((await call()).status).toBe(500)
    await plant({ fault: 'redirect' })
    expect((await call()).headers.location).toBe('https://elsewhere.example/orders')
    await plant({ fault: 'hang' })
    await expect(call()).rejects.toThrow('timeout')
    expect((await call()).status).toBe(200)
    expect((await plant({ fault: 'unknown' })).status).toBe(400)
  })

  it('gives its book for keeping and takes it up again', async () => {
    const stored = JSON.parse(JSON.stringify(orders.read()))
    const rules = { entra: entra.url, tenant: tenants.home, clientId: apps.orders, certificate: certificates }
    const again = await startOrders({ ...rules, stored })
    expect(again.read()).toEqual(orders.read())
    await again.stop()
  })
})
