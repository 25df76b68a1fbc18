/** What the tests of the token stand-in send to it. */
import type { Entra } from '../../../infra/local/entra/stand-in.ts'
import { apps, tenants } from '../../../infra/local/personas.ts'

export const ordersScope = `api://${apps.orders}/access_as_user`
export const databaseScope = 'https://ossrdbms-aad.database.windows.net/user_impersonation'

export interface StsAnswer {
  readonly status: number
  readonly retryAfter: string | null
  readonly body: Record<string, unknown>
}

export async function post(url: string, body: unknown): Promise<{ status: number; body: Record<string, unknown> }> {
  const response = await fetch(url, { method: 'POST', body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}

/** Plants a fault and says whether it was taken. */
export const plant = async (entra: Entra, fault: Record<string, unknown>) =>
  (await post(`${entra.url}/dev/fault`, fault)).status

/** A token of the managed identity, by the endpoint as a client calls it. */
export async function identityToken(entra: Entra, resource: string): Promise<string> {
  const query = new URLSearchParams({ 'api-version': '2019-08-01', resource, client_id: entra.msi.clientId })
  const response = await fetch(`${entra.msi.endpoint}?${query}`, { headers: { 'x-identity-header': entra.msi.header } })
  return ((await response.json()) as { access_token: string }).access_token
}

/** An on-behalf-of request in MSAL's form; `form` replaces members, null removes them. */
export async function exchange(
  entra: Entra,
  assertion: string,
  options: { tenant?: string; form?: Record<string, string | null> } = {},
): Promise<StsAnswer> {
  const members: Record<string, string | null> = {
    client_id: apps.api,
    client_assertion: await identityToken(entra, 'api://AzureADTokenExchange'),
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    requested_token_use: 'on_behalf_of',
    scope: `${ordersScope} openid profile offline_access`,
    assertion,
    ...options.form,
  }
  const body = new URLSearchParams(
    Object.entries(members).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
  const response = await fetch(`${entra.url}/${options.tenant ?? tenants.home}/oauth2/v2.0/token`, {
    method: 'POST',
    body,
  })
  const text = await response.text()
  const parsed = text.startsWith('{') ? JSON.parse(text) : { text }
  return { status: response.status, retryAfter: response.headers.get('retry-after'), body: parsed }
}

export function claimsOf(token: unknown): Record<string, unknown> {
  return JSON.parse(Buffer.from(String(token).split('.')[1] ?? '', 'base64url').toString('utf8'))
}
