/**
 * The managed-identity endpoint as App Service and Functions have it (2019-08-01), for two apps: the secret header says
 * which one asks, and each has its own user-assigned identities, the gateway one, the evidence app the sealer and the
 * verifier. Differences: only resources that the embedded stack knows, no throttling of its own, one address for both.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 */
import { timingSafeEqual } from 'node:crypto'
import { apps, tenants } from '../personas.ts'
import { appClaims } from './claims.ts'
import { type EntraContext, type Identity, secondsOf } from './context.ts'
import { transportReply } from './faults.ts'
import { signJws } from './jws.ts'
import { keyOf } from './signing-keys.ts'
import type { Endpoint, Reply, Request } from './wire.ts'

/** Both names of the audience for federated credentials: as asked for, and as it stands in the token. */
export const fixedAudiences = ['api://AzureADTokenExchange', 'fb60f99c-7a34-4190-8149-302f77469936'] as const

/** The user-assigned identities of the deployment. */
export const identities = {
  gateway: {
    clientId: 'd0000000-0000-4000-8000-000000000001',
    principalId: 'd0000000-0000-4000-8000-000000000002',
  },
  sealer: {
    clientId: 'd0000000-0000-4000-8000-000000000003',
    principalId: 'd0000000-0000-4000-8000-000000000004',
  },
  verifier: {
    clientId: 'd0000000-0000-4000-8000-000000000005',
    principalId: 'd0000000-0000-4000-8000-000000000006',
  },
} as const satisfies Record<string, Identity>

const lifetime = 86_400

const refuse = (status: number, message: string): Reply => ({ status, body: { statusCode: status, message } })

/** The identities of the app whose secret header this is; null for a guess. */
function identitiesOf(context: EntraContext, request: Request): readonly Identity[] | null {
  const given = Buffer.from(String(request.headers['x-identity-header'] ?? ''))
  const isHeader = (header: string) => {
    const expected = Buffer.from(header)
    return given.length === expected.length && timingSafeEqual(given, expected)
  }
  if (isHeader(context.msi.header)) return [identities.gateway]
  return isHeader(context.evidenceMsi.header) ? [identities.sealer, identities.verifier] : null
}

function audienceOf(resources: readonly string[], resource: string): { audience: string; version: 1 | 2 } | null {
  if (resource === fixedAudiences[0]) return { audience: fixedAudiences[1], version: 2 }
  const plain = resource.replace(/\/$/, '')
  return resources.includes(plain) ? { audience: plain, version: 1 } : null
}

function issue(context: EntraContext, { clientId, principalId }: Identity, resource: string): Reply {
  const target = audienceOf(managedResources, resource)
  if (!target) return refuse(400, 'The resource principal was not found in the tenant.')
  const now = secondsOf(context)
  const shape = { ...target, azp: clientId, azpacr: '2', now, ttl: lifetime } as const
  const claims = appClaims({ tid: tenants.home, oid: principalId, roles: [] }, shape)
  const key = keyOf(context.ring, tenants.home)
  const token = signJws({ typ: 'JWT', alg: 'RS256', kid: key.kid }, claims, key.privateKey)
  const body = { access_token: token, client_id: clientId, resource, token_type: 'Bearer' }
  return { status: 200, body: { ...body, expires_on: String(now + lifetime) } }
}

/** Without a trailing slash; the two vaults are Azure's and the embedded one. */
const managedResources = [
  'https://storage.azure.com',
  'https://vault.azure.net',
  'https://vault.localhost',
  'https://management.azure.com',
  'https://api.loganalytics.io',
  apps.databricks,
]

function answer(context: EntraContext, request: Request): Reply {
  const query = request.url.searchParams
  const resource = query.get('resource') ?? ''
  const own = identitiesOf(context, request)
  if (own === null) return refuse(401, 'Unauthorized')
  const fault = context.faults.take('msi', { scope: resource })
  if (fault) return transportReply(fault, { statusCode: fault.status ?? 503, message: 'The service is unavailable.' })
  if (query.get('api-version') !== '2019-08-01') return refuse(400, 'The api-version is not supported.')
  const identity = own.find(({ clientId }) => clientId === query.get('client_id'))
  return identity === undefined
    ? refuse(400, 'No managed identity found for the client id.')
    : issue(context, identity, resource)
}

export function managedIdentityEndpoints(context: EntraContext): Endpoint[] {
  return [{ method: 'GET', pattern: /^\/msi\/token$/, handle: (request) => answer(context, request) }]
}
