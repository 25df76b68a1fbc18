/**
 * Stands in for Microsoft Graph as the hooks ask it: applications with their federated credentials, directory roles of
 * whoever asks, the tenant's policy; principals and consents come from the sign-in stand-in behind it. It differs in that
 * `$filter` takes one equality, `$select` changes nothing, and whoever has a token may read and remove.
 */
import type { Endpoint, Reply, Request } from '../entra/wire.ts'
import type { AzureTenant } from './tenant.ts'

const none: Reply = { status: 404, body: { error: { code: 'Request_ResourceNotFound', message: 'No such thing.' } } }
const some = (value: unknown): Reply => ({ status: 200, body: { value } })

/** `behind` is the sign-in stand-in's address. */
export function azureGraphEndpoints(tenant: AzureTenant, behind: string): Endpoint[] {
  const get = (path: string, handle: Endpoint['handle']): Endpoint => ({
    method: 'GET',
    pattern: new RegExp(`^/v1\\.0/${path}$`),
    handle,
  })
  return [
    get('applications', ({ url }) => some(findApplications(tenant, url))),
    get('applications/([^/]+)/federatedIdentityCredentials', () => some(tenant.credentials)),
    get('me/transitiveMemberOf/microsoft\\.graph\\.directoryRole', () =>
      some(tenant.directoryRoles.map((roleTemplateId) => ({ id: roleTemplateId, roleTemplateId }))),
    ),
    get('policies/authorizationPolicy', () => ({
      status: 200,
      body: { defaultUserRolePermissions: { allowedToCreateApps: tenant.mayRegister } },
    })),
    get('servicePrincipals', (request) => forward(request, behind)),
    get('oauth2PermissionGrants', async (request) => withoutSome(await forward(request, behind), tenant)),
    { method: 'DELETE', pattern: /^\/v1\.0\/applications\/([^/]+)$/, handle: ({ path }) => remove(tenant, path[0]) },
  ]
}

function findApplications({ applications }: AzureTenant, url: URL): AzureTenant['applications'] {
  const [, name = '', value = ''] = /^(\w+) eq '([^']*)'$/.exec(url.searchParams.get('$filter') ?? '') ?? []
  return applications.filter((application) => application[name] === value)
}

function remove(tenant: AzureTenant, id: string | undefined): Reply {
  const left = tenant.applications.filter((application) => application.id !== id)
  if (left.length === tenant.applications.length) return none
  tenant.applications = left
  return { status: 204 }
}

async function forward({ url, headers }: Request, behind: string): Promise<Reply> {
  const authorization = String(headers.authorization ?? '')
  const response = await fetch(`${behind}${url.pathname}${url.search}`, { headers: { authorization } })
  return { status: response.status, body: await response.json() }
}

function withoutSome(reply: Reply, { withoutConsent }: AzureTenant): Reply {
  const { value } = reply.body as { readonly value?: readonly { readonly resourceId: string }[] }
  if (value === undefined) return reply
  return { ...reply, body: { value: value.filter(({ resourceId }) => !withoutConsent.has(resourceId)) } }
}
