import { ConfidentialClientApplication, type INetworkModule, type NetworkRequestOptions } from '@azure/msal-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Entra, startEntra } from '../../../infra/local/entra/stand-in.ts'
import { apps, type PersonaName, personas } from '../../../infra/local/personas.ts'
import { databaseScope, identityToken, ordersScope, plant } from './entra-client.ts'

let entra: Entra
let sent: string[] = []

beforeAll(async () => {
  entra = await startEntra()
})
afterAll(() => entra.stop())

/** The rewriting that the gateway does: only the address changes, never what is asked or said. */
function rewriting(): INetworkModule {
  const send = async (method: string, url: string, options?: NetworkRequestOptions) => {
    sent.push(url)
    const target = url.replace('https://login.microsoftonline.com', entra.url)
    const body = options?.body === undefined ? {} : { body: options.body }
    const response = await fetch(target, { method, headers: options?.headers ?? {}, ...body })
    const headers = Object.fromEntries(response.headers)
    return { headers, body: JSON.parse(await response.text()), status: response.status }
  }
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  }
}

async function acquire(name: PersonaName, scope: string, claims?: string) {
  const { token } = entra.mint(name)
  const client = new ConfidentialClientApplication({
    auth: {
      clientId: apps.api,
      authority: `https://login.microsoftonline.com/${personas[name].tid}`,
      clientAssertion: () => identityToken(entra, 'api://AzureADTokenExchange'),
      clientCapabilities: ['cp1'],
    },
    system: { networkClient: rewriting() },
  })
  sent = []
  const request = { oboAssertion: token, scopes: [scope], skipCache: true, ...(claims === undefined ? {} : { claims }) }
  return client.acquireTokenOnBehalfOf(request)
}

describe('exchange by unmodified msal-node', () => {
  it.each([
    ['alice', ordersScope, apps.orders],
    ['bob', databaseScope, 'https://ossrdbms-aad.database.windows.net'],
    ['erin', ordersScope, apps.orders],
    ['scout', ordersScope, apps.orders],
    ['mallory', ordersScope, apps.orders],
  ] as const)('gives %s a token for %s and names the account', async (name, scope, audience) => {
    const result = await acquire(name, scope)
    const { oid, tid } = personas[name]
    expect(result?.account).toMatchObject({ localAccountId: oid, tenantId: tid })
    expect(await entra.verifyAccessToken(String(result?.accessToken), { audience })).toMatchObject({ oid, tid })
    expect(sent).toHaveLength(1)
  })

  it.each([
    [
      { kind: 'claims', acrs: 'c1' },
      'InteractionRequiredAuthError',
      { errorCode: 'interaction_required', errorNo: 50079 },
    ],
    [{ kind: 'consent' }, 'InteractionRequiredAuthError', { errorCode: 'invalid_grant', subError: 'consent_required' }],
    [{ kind: 'error', code: 53003 }, 'InteractionRequiredAuthError', { subError: 'message_only' }],
    [{ kind: 'error', code: 50013 }, 'ServerError', { errorCode: 'invalid_grant', errorNo: 50013 }],
    [{ kind: 'throttle', retryAfter: 3 }, 'ServerError', { errorCode: 'temporarily_unavailable' }],
  ])('turns the fault %j into %s', async (fault, name, members) => {
    await plant(entra, fault)
    await expect(acquire('alice', ordersScope)).rejects.toMatchObject({ name, ...members })
  })

  it('passes the challenge’s claims on as Entra wrote them', async () => {
    await plant(entra, { kind: 'claims', acrs: 'c1' })
    const refused: { claims?: string } = await acquire('alice', ordersScope).then(
      () => ({}),
      (error) => error,
    )
    expect(JSON.parse(refused.claims ?? '')).toEqual({ access_token: { acrs: { essential: true, value: 'c1' } } })
  })
})
