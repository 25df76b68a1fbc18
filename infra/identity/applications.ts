import type { Cloud } from '../../shared/backend/define.ts'
import { makeGuid } from './arm-guid.ts'
import type { PermissionRow } from './permission-table.ts'
import permissions from './permissions.json' with { type: 'json' }
import facts from './registration.json' with { type: 'json' }

/** What differs between deployments. What is not known yet is absent, and the part that needs it is left out. */
export interface Wanted {
  /** Name of the azd environment. */
  readonly environment: string
  readonly tenantId: string
  readonly cloud: Cloud
  readonly publicUrl?: string
  /** Object id of the gateway's managed identity. */
  readonly gatewayPrincipalId?: string
  readonly backends: readonly string[]
  readonly allowedActors: readonly string[]
  readonly auditorsGroupId?: string
  readonly operatorsGroupId?: string
}

/** Stands for a value that the answer of an earlier request has. */
export const place = {
  clientId: '{{gateway.appId}}',
  consoleClientId: '{{console.appId}}',
  principalId: '{{gateway-principal.id}}',
  scopeId: (api: string, scope: string) => `{{id of ${scope} of ${api}}}`,
} as const

export const names = (environment: string) => ({
  gateway: { uniqueName: `countersign-${environment}`, displayName: `Countersign (${environment})` },
  console: { uniqueName: `countersign-console-${environment}`, displayName: `Countersign console (${environment})` },
})

/** The APIs that exchanges of these backends ask for, each with its scopes, and those that the company registered itself. */
export function chooseApis(backends: readonly string[]): {
  readonly apis: readonly PermissionRow[]
  readonly own: readonly PermissionRow[]
} {
  const chosen: readonly PermissionRow[] = permissions.filter(({ backend }) => backends.includes(backend))
  const graph = { backend: '', api: facts.graph.appId, name: 'Microsoft Graph', scopes: facts.graph.scopes }
  const apis = new Map<string, PermissionRow>()
  for (const row of [...chosen.filter(({ api }) => api !== 'tenant-defined'), graph]) {
    const scopes = [...new Set([...(apis.get(row.api)?.scopes ?? []), ...row.scopes])]
    apis.set(row.api, { ...row, backend: '', scopes })
  }
  return { apis: [...apis.values()], own: chosen.filter(({ api }) => api === 'tenant-defined') }
}

/** Domains that Azure gives out: no tenant has verified them, and Entra may refuse an identifier there. */
const givenDomain = /\.(azurewebsites\.(net|us)|chinacloudsites\.cn|azure-api\.(net|us|cn))$/

/** Of /mcp, for clients that name a resource (RFC 8707), at a domain of the company. */
function resourceUris({ publicUrl }: Wanted): string[] {
  return publicUrl === undefined || givenDomain.test(new URL(publicUrl).hostname) ? [] : [`${publicUrl}/mcp`]
}

/** The gateway's application as Graph takes it (`PATCH /applications`): member for member what gateway.bicep declares. */
export function describeGateway(wanted: Wanted) {
  const { uniqueName, displayName } = names(wanted.environment).gateway
  const scopeId = (scope: string) => makeGuid(uniqueName, 'scope', scope)
  return {
    displayName,
    signInAudience: 'AzureADMyOrg',
    identifierUris: [`api://${place.clientId}`, ...resourceUris(wanted)],
    groupMembershipClaims: facts.groupMembershipClaims,
    optionalClaims: { accessToken: facts.optionalClaims },
    api: {
      requestedAccessTokenVersion: 2,
      oauth2PermissionScopes: facts.scopes.map((scope) => ({ id: scopeId(scope.value), ...scope, isEnabled: true })),
      preAuthorizedApplications: [
        { appId: place.consoleClientId, delegatedPermissionIds: [scopeId('control')] },
        ...wanted.allowedActors.map((appId) => ({ appId, delegatedPermissionIds: [scopeId('access_as_user')] })),
      ],
    },
    appRoles: facts.appRoles.map((role) => ({
      ...{ id: roleId(uniqueName, role.value), ...role },
      allowedMemberTypes: ['User'],
      isEnabled: true,
    })),
    requiredResourceAccess: chooseApis(wanted.backends).apis.map(({ api, scopes }) => ({
      resourceAppId: api,
      resourceAccess: scopes.map((scope) => ({ id: place.scopeId(api, scope), type: 'Scope' })),
    })),
  }
}

/** Id of one of the gateway's roles. */
export function roleId(uniqueName: string, role: string): string {
  return makeGuid(uniqueName, 'role', role)
}

/** The gateway's trust in its managed identity (`PATCH …/federatedIdentityCredentials`). */
export function describeFederation({ tenantId, cloud }: Wanted, subject: string) {
  const { authority, audience } = facts.federation[cloud]
  return {
    description: 'The gateway signs in with its managed identity; there is no secret.',
    issuer: `${authority}/${tenantId}/v2.0`,
    subject,
    audiences: [audience],
  }
}

/** The console's application, as console.bicep declares it. */
export function describeConsole({ environment, publicUrl }: Wanted) {
  const { gateway, console } = names(environment)
  const id = makeGuid(gateway.uniqueName, 'scope', 'control')
  return {
    displayName: console.displayName,
    signInAudience: 'AzureADMyOrg',
    spa: { redirectUris: publicUrl === undefined ? [] : [`${publicUrl}/console`] },
    requiredResourceAccess: [{ resourceAppId: place.clientId, resourceAccess: [{ id, type: 'Scope' }] }],
  }
}
