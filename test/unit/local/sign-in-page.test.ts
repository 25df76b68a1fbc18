import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { apps, tenants } from '../../../infra/local/personas.ts'

let entra: Entra
beforeAll(async () => {
  entra = await startEntra()
})
afterAll(() => entra.stop())

const verifier = 'v'.repeat(43)
const asked = {
  client_id: apps.console,
  response_type: 'code',
  redirect_uri: 'http://localhost:7071/console',
  scope: `api://${apps.api}/control`,
  state: 'state',
  code_challenge: createHash('sha256').update(verifier).digest('base64url'),
  code_challenge_method: 'S256',
  login_hint: 'carol',
}

function authorize(changes: Readonly<Record<string, string>> = {}, tenant: string = tenants.home): Promise<Response> {
  const query = new URLSearchParams({ ...asked, ...changes })
  return fetch(`${entra.url}/${tenant}/oauth2/v2.0/authorize?${query}`, { redirect: 'manual' })
}

async function codeOf(changes: Readonly<Record<string, string>> = {}): Promise<string> {
  const { headers } = await authorize(changes)
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

function redeem(code: string, changes: Readonly<Record<string, string>> = {}): Promise<Response> {
  const { client_id, redirect_uri } = asked
  const form = { grant_type: 'authorization_code', client_id, redirect_uri, code, code_verifier: verifier, ...changes }
  return fetch(`${entra.url}/${tenants.home}/oauth2/v2.0/token`, { method: 'POST', body: new URLSearchParams(form) })
}

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

describe('a sign-in in a browser', () => {
  it('ends with a token of the console for the person, without a step-up that nobody asked for', async () => {
    const response = await redeem(await codeOf())
    const { access_token } = (await response.json()) as { access_token: string }
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
    expect(claimsOf(access_token)).toMatchObject({ azp: apps.console, scp: 'control', aud: apps.api })
    expect(claimsOf(access_token)).not.toHaveProperty('acrs')
  })

  it('meets a claims challenge', async () => {
    const claims = JSON.stringify({ access_token: { acrs: { essential: true, value: 'c1' } } })
    const { access_token } = (await (await redeem(await codeOf({ claims }))).json()) as { access_token: string }
    expect(claimsOf(access_token)).toMatchObject({ acrs: ['c1'] })
  })

  it.each([
    ['to an address that is not the application’s', { redirect_uri: 'https://attacker.example/console' }],
    ['to another path', { redirect_uri: 'http://localhost:7071/elsewhere' }],
    ['for an application that has no page', { client_id: apps.agent }],
    ['without PKCE', { code_challenge_method: 'plain' }],
    ['for an implicit token', { response_type: 'token' }],
  ])('is refused %s, and nothing is sent back there', async (_what, changes) => {
    const response = await authorize(changes)
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  it.each([
    ['another verifier', { code_verifier: 'w'.repeat(43) }],
    ['another address', { redirect_uri: 'http://localhost:7072/console' }],
    ['another application', { client_id: apps.agent }],
  ])('gives no token for %s', async (_what, changes) => {
    expect((await redeem(await codeOf(), changes)).status).toBe(400)
  })

  it('gives one token for a code', async () => {
    const code = await codeOf()
    expect([(await redeem(code)).status, (await redeem(code)).status]).toEqual([200, 400])
  })
})
