// Imitates, behind `fetch` in this process and without delay, Entra's key set and token endpoint and the orders API. It
// checks nothing: the API answers the same orders to everybody and says of a token whose it is by the token's own text.
import { createStsDouble } from '../support/sts-double.ts'
import { ids, jwkOf, keys } from '../support/tokens.ts'

export const ordersUrl = 'https://orders.example/'

const orders = Array.from({ length: 25 }, (_, index) => ({
  order_id: `O-${1000 + index}`,
  region: 'EMEA',
  status: 'open',
  customer: {
    name: `Customer ${index}`,
    email: `person${index}@customer.example`,
    phone: `+49 30 1234${1000 + index}`,
  },
  note: 'Deliver to the back door.',
  lines: [
    { sku: `SKU-${index}`, description: 'A thing that is sold', quantity: 1 + (index % 5), price: 12.5 },
    { sku: `SKU-${index + 100}`, description: 'Another thing that is sold', quantity: 2, price: 3.75 },
  ],
  total: 12.5 * (1 + (index % 5)) + 7.5,
  created_at: '2026-11-22T10:00:00Z',
  updated_at: '2026-11-22T10:00:00Z',
}))

/** The body of 25 orders as the API sends it. */
export const ordersBody = JSON.stringify({ value: orders, next: null })

const json = { 'content-type': 'application/json' }

/** `fetch` of a world where everything answers at once. */
export function createWorldFetch(): typeof fetch {
  const sts = createStsDouble()
  const keySet = JSON.stringify({
    keys: [
      {
        kty: 'RSA',
        use: 'sig',
        kid: 'current',
        ...jwkOf(keys.current.publicKey),
        issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0',
      },
    ],
  })
  return async (input, init) => {
    const url = String(input)
    if (url.startsWith(ordersUrl)) return answerOrders(new URL(url), new Headers(init?.headers))
    if (url.endsWith('/discovery/v2.0/keys')) return new Response(keySet, { headers: json })
    const answer = await sts.fetch(input, init)
    // What it was asked would otherwise be kept for as long as the bench runs.
    ;(sts.requests as unknown[]).length = 0
    return answer
  }
}

function answerOrders({ pathname }: URL, headers: Headers): Response {
  const oid = /backend-token-\d+-(.+)$/.exec(headers.get('authorization') ?? '')?.[1] ?? ''
  const body = pathname === '/whoami' ? JSON.stringify({ oid, tid: ids.home }) : ordersBody
  return new Response(body, { headers: { ...json, 'x-request-id': 'orders-1' } })
}
