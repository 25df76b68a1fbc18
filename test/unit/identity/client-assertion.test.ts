import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { memoiseAssertion } from '../../../shared/identity/client-assertion.ts'
import { createClientAssertion, createManagedCredential } from '../../../shared/identity/managed-identity.ts'

const minute = 60_000

afterEach(() => vi.unstubAllEnvs())

describe('client assertion', () => {
  it('is fetched once for all who wait and renewed ten minutes before its end', async () => {
    let now = 0
    let loads = 0
    const assertion = memoiseAssertion(
      async () => ({ token: `t${++loads}`, expiresAt: 60 * minute }),
      () => now,
    )
    expect(await Promise.all([assertion(), assertion()])).toEqual(['t1', 't1'])
    now = 50 * minute - 1
    expect(await assertion()).toBe('t1')
    now = 50 * minute
    expect(await assertion()).toBe('t2')
  })

  it('is asked for again after a failure', async () => {
    let loads = 0
    const load = async () =>
      ++loads === 1 ? Promise.reject(new Error('down')) : { token: 't', expiresAt: 60 * minute }
    const assertion = memoiseAssertion(load, () => 0)
    await expect(assertion()).rejects.toThrow('down')
    expect(await assertion()).toBe('t')
  })

  it.each([
    ['public', 'api://AzureADTokenExchange/.default'],
    ['usgov', 'api://AzureADTokenExchangeUSGov/.default'],
    ['china', 'api://AzureADTokenExchangeChina/.default'],
  ] as const)('is made for the audience of the %s cloud', async (cloud, scope) => {
    const asked: unknown[] = []
    const credential = {
      getToken: async (scopes: unknown) => {
        asked.push(scopes)
        return { token: 't', expiresOnTimestamp: 9e15 }
      },
    }
    expect(await createClientAssertion({ credential, cloud })()).toBe('t')
    expect(asked).toEqual([scope])
  })

  it("comes from the app service's identity endpoint for the identity that was named", async () => {
    const urls: string[] = []
    const server = createServer((request, response) => {
      urls.push(`${request.url} ${request.headers['x-identity-header']}`)
      const expires_on = String(Math.floor(Date.now() / 1000) + 3600)
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ access_token: 'from-endpoint', expires_on, resource: 'r', token_type: 'Bearer' }))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    vi.stubEnv('IDENTITY_ENDPOINT', `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`)
    vi.stubEnv('IDENTITY_HEADER', 'header-secret')
    try {
      const credential = createManagedCredential({ clientId: 'd0000000-0000-4000-8000-000000000001' })
      expect(await createClientAssertion({ credential, cloud: 'public' })()).toBe('from-endpoint')
      expect(urls[0]).toContain('client_id=d0000000-0000-4000-8000-000000000001')
      expect(urls[0]).toContain('resource=api%3A%2F%2FAzureADTokenExchange')
      expect(urls[0]).toMatch(/ header-secret$/)
    } finally {
      server.close()
    }
  })
})
