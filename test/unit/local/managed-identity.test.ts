import { ManagedIdentityCredential } from '@azure/identity'
import { ManagedIdentityApplication } from '@azure/msal-node'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { tenants } from '../../../infra/local/personas.ts'
import { claimsOf, plant } from './entra-client.ts'

let entra: Entra

beforeAll(async () => {
  entra = await startEntra()
  vi.stubEnv('IDENTITY_ENDPOINT', entra.msi.endpoint)
  vi.stubEnv('IDENTITY_HEADER', entra.msi.header)
  vi.stubEnv('NO_PROXY', '127.0.0.1')
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await entra.stop()
})

const get = (query: Record<string, string>, header = entra.msi.header) =>
  fetch(`${entra.msi.endpoint}?${new URLSearchParams(query)}`, { headers: { 'x-identity-header': header } })

const standard = () => ({
  'api-version': '2019-08-01',
  resource: 'https://storage.azure.com',
  client_id: entra.msi.clientId,
})

describe('managed identity', () => {
  it('is accepted by @azure/identity and gives v1 tokens for Azure’s resources', async () => {
    const credential = new ManagedIdentityCredential({ clientId: entra.msi.clientId })
    const { token, expiresOnTimestamp } = await credential.getToken('https://storage.azure.com/.default')
    const claims = await entra.verifyAccessToken(token, { audience: 'https://storage.azure.com' })
    expect(claims).toMatchObject({ iss: `https://sts.windows.net/${tenants.home}/`, oid: entra.msi.principalId })
    expect(expiresOnTimestamp).toBeGreaterThan(Date.now() + 3_600_000)
  })

  it('is accepted by msal-node and gives the token that a federated credential trusts', async () => {
    const managedIdentityIdParams = { userAssignedClientId: entra.msi.clientId }
    const application = new ManagedIdentityApplication({ managedIdentityIdParams })
    const result = await application.acquireToken({ resource: 'api://AzureADTokenExchange' })
    expect(claimsOf(result?.accessToken)).toMatchObject({
      aud: 'fb60f99c-7a34-4190-8149-302f77469936',
      iss: `https://login.microsoftonline.com/${tenants.home}/v2.0`,
      sub: entra.msi.principalId,
    })
  })

  it.each(['https://vault.azure.net', 'https://vault.localhost', 'https://storage.azure.com/'])(
    'has a token for %s',
    async (resource) => {
      const body = (await (await get({ ...standard(), resource })).json()) as Record<string, unknown>
      expect(claimsOf(body.access_token).aud).toBe(resource.replace(/\/$/, ''))
    },
  )

  it.each(['https://management.azure.com/', 'https://api.loganalytics.io'])(
    'has a token of the verifier for %s, at the evidence app alone',
    async (resource) => {
      const { clientId, principalId } = entra.identities.verifier
      const asked = { ...standard(), resource, client_id: clientId }
      const body = (await (await get(asked, entra.evidenceMsi.header)).json()) as Record<string, unknown>
      expect(claimsOf(body.access_token)).toMatchObject({ aud: resource.replace(/\/$/, ''), oid: principalId })
      expect((await get(asked)).status).toBe(400)
    },
  )

  it.each(['gateway', 'sealer', 'verifier'] as const)(
    'gives an app its own identities and no other (%s)',
    async (name) => {
      const asked = { ...standard(), client_id: entra.identities[name].clientId }
      const [gateway, evidence] = await Promise.all([get(asked), get(asked, entra.evidenceMsi.header)])
      expect([gateway.status, evidence.status]).toEqual(name === 'gateway' ? [200, 400] : [400, 200])
    },
  )

  it('answers nobody without the secret header', async () => {
    expect((await get(standard(), 'guessed')).status).toBe(401)
  })

  it.each([{ resource: 'https://graph.microsoft.com' }, { client_id: 'another' }, { 'api-version': '2017-09-01' }])(
    'refuses %j',
    async (change) => {
      expect((await get({ ...standard(), ...change })).status).toBe(400)
    },
  )

  it('is away while a fault is planted', async () => {
    await plant(entra, { target: 'msi', kind: 'error', status: 500 })
    expect([(await get(standard())).status, (await get(standard())).status]).toEqual([500, 200])
  })
})
