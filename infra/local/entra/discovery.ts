/**
 * Entra's published metadata: key sets with the issuer that each key is bound to, OpenID configuration, and the cloud
 * discovery that MSAL asks for. Addresses in it are Entra's own, so that clients find what they find in production.
 */
import { tenants } from '../personas.ts'
import type { EntraContext } from './context.ts'
import { transportReply } from './faults.ts'
import { issuerV2, loginHost } from './issuers.ts'
import type { Json } from './jws.ts'
import { type KeyRing, publishedKeys } from './signing-keys.ts'
import { stsReply } from './sts-errors.ts'
import type { Endpoint, Reply } from './wire.ts'

/** The key set of a tenant as its `jwks_uri` serves it (RFC 7517 with Entra's `issuer` member; no `alg`). */
export function keySet(ring: KeyRing, tid: string): { keys: Json[] } {
  const keys = publishedKeys(ring, tid).map(({ key, boundTo }) => ({
    kty: 'RSA',
    use: 'sig',
    kid: key.kid,
    x5t: key.kid,
    n: key.publicJwk.n,
    e: key.publicJwk.e,
    cloud_instance_name: 'microsoftonline.com',
    issuer: issuerV2(boundTo),
  }))
  return { keys }
}

function configuration(tid: string): Json {
  const base = `${loginHost}/${tid}`
  return {
    token_endpoint: `${base}/oauth2/v2.0/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: `${base}/discovery/v2.0/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: issuerV2(tid),
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
    msgraph_host: 'graph.microsoft.com',
  }
}

const instance = {
  tenant_discovery_endpoint: `${loginHost}/common/v2.0/.well-known/openid-configuration`,
  'api-version': '1.1',
  metadata: [
    {
      preferred_network: 'login.microsoftonline.com',
      preferred_cache: 'login.windows.net',
      aliases: ['login.microsoftonline.com', 'login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
    },
  ],
}

function forTenant(context: EntraContext, tid: string, body: () => unknown): Reply {
  const fault = context.faults.take('keys', { scope: tid })
  if (fault) return transportReply(fault, stsReply({ refused: 90033 }, context.now()).body)
  const known = Object.values<string>(tenants).includes(tid)
  return known ? { status: 200, body: body() } : stsReply({ refused: 90002 }, context.now())
}

export function discoveryEndpoints(context: EntraContext): Endpoint[] {
  return [
    {
      method: 'GET',
      pattern: /^\/common\/discovery\/instance$/,
      handle: () => ({ status: 200, body: instance }),
    },
    {
      method: 'GET',
      pattern: /^\/([\w-]+)\/discovery(?:\/v2\.0)?\/keys$/,
      handle: ({ path: [tid = ''] }) => forTenant(context, tid, () => keySet(context.ring, tid)),
    },
    {
      method: 'GET',
      pattern: /^\/([\w-]+)\/v2\.0\/\.well-known\/openid-configuration$/,
      handle: ({ path: [tid = ''] }) => forTenant(context, tid, () => configuration(tid)),
    },
  ]
}
