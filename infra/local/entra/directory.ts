/**
 * What Microsoft Graph says of applications in the tenant and of consents: enough for a consent pre-flight. Differs in
 * that every API which tokens are issued for is there and consented for everybody, that `$filter` takes one equality of
 * `appId` or `clientId`, and that object ids are application ids.
 */
import { resources } from '../../../shared/backend/define-resources.ts'
import { apps } from '../personas.ts'
import type { EntraContext } from './context.ts'
import type { Resource } from './resources.ts'
import { checkToken } from './token-check.ts'
import type { Endpoint, Reply, Request } from './wire.ts'

const audience = ['https://graph.microsoft.com', apps.graph]
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** An API's application id: its audience where that is one, else Microsoft's own registration for that scope. */
function applicationOf({ audience: id, application }: Resource): string | undefined {
  if (application !== undefined) return application
  if (guid.test(id)) return id
  const known = Object.values(resources).find(
    ({ scope }) => typeof scope !== 'string' && scope.public === `${id}/.default`,
  )
  return known?.permission.resource
}

function principals(context: EntraContext): readonly { id: string; appId: string; scopes: readonly string[] }[] {
  const apis = context.resources.flatMap((resource) => {
    const appId = applicationOf(resource)
    return appId === undefined ? [] : [{ id: appId, appId, scopes: resource.scopes }]
  })
  // One registration may stand behind several addresses.
  const each = [...new Set(apis.map(({ appId }) => appId))].map((appId) => {
    const scopes = apis.filter((api) => api.appId === appId).flatMap((api) => api.scopes)
    return { id: appId, appId, scopes: [...new Set(scopes)] }
  })
  return [{ id: apps.api, appId: apps.api, scopes: ['access_as_user', 'control'] }, ...each]
}

type Answer = (context: EntraContext, wanted: string) => readonly object[]

const findPrincipals: Answer = (context, wanted) =>
  principals(context)
    .filter(({ appId }) => appId === wanted)
    .map(({ id, scopes }) => ({ id, oauth2PermissionScopes: scopes.map((value) => ({ value, isEnabled: true })) }))

const findGrants: Answer = (context, wanted) =>
  principals(context)
    .filter(({ appId }) => wanted === apps.api && appId !== apps.api)
    .map(({ id, scopes }) => {
      return {
        clientId: wanted,
        consentType: 'AllPrincipals',
        principalId: null,
        resourceId: id,
        scope: scopes.join(' '),
      }
    })

function answer(context: EntraContext, request: Request, { name, find }: { name: string; find: Answer }): Reply {
  const token = /^Bearer (\S+)$/.exec(String(request.headers.authorization ?? ''))?.[1] ?? ''
  const result = checkToken(context.ring, token, { audience, now: context.now() })
  if ('fault' in result) return refuse(401, 'InvalidAuthenticationToken')
  if (typeof result.claims.scp !== 'string') return refuse(403, 'Authorization_RequestDenied')
  const filter = new RegExp(`^${name} eq '([^']+)'$`).exec(request.url.searchParams.get('$filter') ?? '')
  return filter === null ? refuse(400, 'BadRequest') : { status: 200, body: { value: find(context, filter[1] ?? '') } }
}

const refuse = (status: number, code: string): Reply => ({ status, body: { error: { code, message: 'Refused.' } } })

/** Graph's routes for applications and their consents. */
export function directoryEndpoints(context: EntraContext): Endpoint[] {
  const route = (path: string, name: string, find: Answer): Endpoint => ({
    method: 'GET',
    pattern: new RegExp(`^/v1\\.0/${path}$`),
    handle: (request) => answer(context, request, { name, find }),
  })
  return [route('servicePrincipals', 'appId', findPrincipals), route('oauth2PermissionGrants', 'clientId', findGrants)]
}
