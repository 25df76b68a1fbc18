/**
 * The APIs that the token stand-in issues tokens for: how they are named in a scope, which audience and token version
 * their tokens carry, and which permissions are consented for our application.
 */
import { apps } from '../personas.ts'
import type { Refusal } from './sts-errors.ts'

export interface Resource {
  /** What may stand before the permission in a scope, without a trailing slash. */
  readonly id: string
  readonly audience: string
  readonly version: 1 | 2
  readonly scopes: readonly string[]
  /** Application id of its registration, where neither the audience nor Microsoft's list says it. */
  readonly application?: string
}

/** What Fabric and Power BI offer, as far as the declarations ask for it. */
const fabricScopes = [
  'Catalog.Read.All',
  'Code.AccessFabric.All',
  'Code.AccessStorage.All',
  'Dataset.Read.All',
  'Dataset.ReadWrite.All',
  'Item.Execute.All',
  'Item.Read.All',
  'Item.ReadWrite.All',
  'Lakehouse.Execute.All',
  'Lakehouse.Read.All',
  'Lakehouse.ReadWrite.All',
  'OneLake.Read.All',
  'OneLake.ReadWrite.All',
  'Reflex.Read.All',
  'Reflex.ReadWrite.All',
  'Report.Read.All',
  'Tenant.Read.All',
  'Workspace.Read.All',
  'Workspace.ReadWrite.All',
]

export const standardResources: readonly Resource[] = [
  { id: `api://${apps.orders}`, audience: apps.orders, version: 2, scopes: ['access_as_user'] },
  {
    id: 'https://ossrdbms-aad.database.windows.net',
    audience: 'https://ossrdbms-aad.database.windows.net',
    version: 1,
    scopes: ['user_impersonation'],
  },
  {
    id: 'https://database.windows.net',
    audience: 'https://database.windows.net',
    version: 1,
    scopes: ['user_impersonation'],
  },
  {
    id: 'https://graph.microsoft.com',
    audience: 'https://graph.microsoft.com',
    version: 1,
    scopes: ['User.Read', 'GroupMember.Read.All'],
  },
  {
    id: 'https://storage.azure.com',
    audience: 'https://storage.azure.com',
    version: 1,
    scopes: ['user_impersonation'],
  },
  ...[
    'https://api.fabric.microsoft.com',
    'https://analysis.windows.net/powerbi/api',
    'https://dev.azuresynapse.net',
  ].map((id): Resource => ({ id, audience: id, version: 1, scopes: ['user_impersonation', ...fabricScopes] })),
  {
    id: 'https://cognitiveservices.azure.com',
    audience: 'https://cognitiveservices.azure.com',
    version: 1,
    scopes: ['user_impersonation'],
  },
  { id: apps.databricks, audience: apps.databricks, version: 1, scopes: ['user_impersonation'] },
  {
    id: 'https://pas.windows.net/CheckMyAccess/Linux',
    audience: 'https://pas.windows.net/CheckMyAccess/Linux',
    version: 1,
    scopes: ['user_impersonation'],
  },
  { id: 'https://vault.azure.net', audience: 'https://vault.azure.net', version: 1, scopes: ['user_impersonation'] },
]

/** The application's own API, for tokens that an application asks for itself. */
export const ownApi: Resource = { id: `api://${apps.api}`, audience: apps.api, version: 2, scopes: [] }

const oidcScopes = new Set(['openid', 'profile', 'offline_access', 'email'])

/** The one resource and the permissions that a `scope` parameter asks for, or the AADSTS number of its fault. */
export function resolveScope(
  resources: readonly Resource[],
  scope: string,
): { resource: Resource; granted: readonly string[] } | Refusal {
  const wanted = scope.split(' ').filter((one) => one !== '' && !oidcScopes.has(one))
  const split = wanted.map((one) => ({
    id: one.slice(0, one.lastIndexOf('/')),
    name: one.slice(one.lastIndexOf('/') + 1),
  }))
  const ids = new Set(split.map((one) => one.id.replace(/\/$/, '')))
  const [id] = ids
  if (id === undefined || id === '' || ids.size !== 1) return { refused: 70011 }
  const resource = resources.find((one) => one.id === id)
  if (!resource) return { refused: 500011 }
  if (split.some((one) => one.name === '.default')) return { resource, granted: resource.scopes }
  const granted = split.map((one) => one.name)
  return granted.every((one) => resource.scopes.includes(one)) ? { resource, granted } : { refused: 70011 }
}
