/** What the stand-ins of Azure Resource Manager and Graph know: plain records, which a test may change as it likes. */
import { identities } from '../entra/managed-identity.ts'
import { apps, personas, tenants } from '../personas.ts'
import { roleAssignments, roleDefinitions } from './tenant-roles.ts'

type Json = Readonly<Record<string, unknown>>

export interface AzureTenant {
  /** What there is at a path of Azure Resource Manager, in lower case. */
  readonly documents: Record<string, Json>
  /** Lists at a path, in lower case. */
  readonly lists: Record<string, readonly Json[]>
  /** Names that somebody in the world has. */
  readonly taken: Set<string>
  applications: readonly Json[]
  credentials: readonly Json[]
  /** Templates of the directory roles of whoever is signed in. */
  directoryRoles: readonly string[]
  mayRegister: boolean
  /** APIs that are consented to nobody. */
  readonly withoutConsent: Set<string>
  /** Who is signed in to the command line tools, and what is different about the token for the gateway. */
  signedIn: { persona: string; overrides: Json } | { refused: string } | null
  /** Values kept by `azd env set`. */
  readonly kept: Map<string, string>
}

/** Names of the deployment that the tenant holds. */
export const deployed = {
  subscription: 'e0000000-0000-4000-8000-000000000001',
  environment: 'contoso',
  group: 'rg-countersign-contoso',
  gateway: 'func-cs-gateway-abc',
  evidence: 'func-cs-evidence-abc',
  audit: 'stcsauditabc',
  proof: 'stcsproofabc',
  vault: 'kv-cs-abc',
} as const

const subscription = `/subscriptions/${deployed.subscription}`
const group = `${subscription}/resourceGroups/${deployed.group}`
const storage = (name: string) => `${group}/providers/Microsoft.Storage/storageAccounts/${name}`
const site = (name: string) => `${group}/providers/Microsoft.Web/sites/${name}`

/** Ids of the resources. */
export const ids = {
  audit: storage(deployed.audit),
  proof: storage(deployed.proof),
  vault: `${group}/providers/Microsoft.KeyVault/vaults/${deployed.vault}`,
  gateway: site(deployed.gateway),
  evidence: site(deployed.evidence),
} as const

const lower = <T>(entries: readonly (readonly [string, T])[]): Record<string, T> =>
  Object.fromEntries(entries.map(([path, value]) => [path.toLowerCase(), value]))

const closed = { publicNetworkAccess: 'Enabled', httpsOnly: true, defaultHostName: '127.0.0.1:1' }
const account = (name: string) => ({
  name,
  properties: {
    allowSharedKeyAccess: false,
    allowBlobPublicAccess: false,
    minimumTlsVersion: 'TLS1_2',
    supportsHttpsTrafficOnly: true,
  },
})
const policy = (days: number, appends: boolean) => ({
  properties: {
    state: 'Locked',
    immutabilityPeriodSinceCreationInDays: days,
    allowProtectedAppendWrites: appends,
  },
})

function documents(): Record<string, Json> {
  const containers = `${ids.proof}/blobServices/default/containers`
  return lower<Json>([
    [subscription, { displayName: 'Contoso', state: 'Enabled', tenantId: tenants.home }],
    [ids.audit, account(deployed.audit)],
    [ids.proof, account(deployed.proof)],
    [`${containers}/evidence/immutabilityPolicies/default`, policy(400, true)],
    [`${containers}/reports/immutabilityPolicies/default`, policy(400, false)],
    [
      ids.vault,
      {
        id: ids.vault,
        name: deployed.vault,
        properties: { enablePurgeProtection: true, enableRbacAuthorization: true },
      },
    ],
    [
      `${ids.vault}/keys/evidence-signing`,
      { properties: { kty: 'EC', curveName: 'P-256', attributes: { enabled: true, exportable: false } } },
    ],
    [ids.evidence, { properties: closed }],
    [`${ids.evidence}/config/web`, { properties: { ipSecurityRestrictionsDefaultAction: 'Deny' } }],
    ...roleDefinitions(subscription),
  ])
}

const providers = ['Authorization', 'Insights', 'KeyVault', 'ManagedIdentity', 'OperationalInsights', 'Storage', 'Web']
const regions = ['westeurope', 'northeurope', 'swedencentral']
const flex = { stackSettings: { linuxRuntimeSettings: { runtimeVersion: 'Node|22', Sku: [{ skuCode: 'FC1' }] } } }

function lists(months: readonly string[]): Record<string, readonly Json[]> {
  const web = `${subscription}/providers/Microsoft.Web`
  const resources = [
    { id: ids.audit, name: deployed.audit, type: 'Microsoft.Storage/storageAccounts' },
    { id: ids.vault, name: deployed.vault, type: 'Microsoft.KeyVault/vaults' },
    { id: ids.gateway, name: deployed.gateway, type: 'Microsoft.Web/sites' },
    { id: ids.evidence, name: deployed.evidence, type: 'Microsoft.Web/sites' },
    { id: ids.proof, name: deployed.proof, type: 'Microsoft.Storage/storageAccounts' },
  ]
  return lower<readonly Json[]>([
    [`${subscription}/providers/Microsoft.Authorization/permissions`, [{ actions: ['*'], notActions: [] }]],
    [
      `${subscription}/providers`,
      providers.map((name) => ({ namespace: `Microsoft.${name}`, registrationState: 'Registered' })),
    ],
    [`${subscription}/locations`, regions.map((name) => ({ name }))],
    [`${web}/geoRegions`, [{ name: 'West Europe' }, { name: 'Sweden Central' }]],
    [
      '/providers/Microsoft.Web/locations/westeurope/functionAppStacks',
      [{ name: 'node', properties: { majorVersions: [{ value: '22', minorVersions: [flex] }] } }],
    ],
    [`${subscription}/providers/Microsoft.KeyVault/deletedVaults`, []],
    [`${subscription}/resources`, resources],
    [`${group}/resources`, resources],
    [`${ids.vault}/secrets`, [...months, 'mask-key'].map((name) => ({ name }))],
    ...roleAssignments(ids),
  ])
}

const optional = (name: string, properties: readonly string[] = []) => ({ name, additionalProperties: properties })
const scopes = ['access_as_user', 'control'].map((value) => ({ value }))

/** Gateway and console as the identity module registers them. */
export function registrations(): readonly Json[] {
  return [
    {
      id: 'f0000000-0000-4000-8000-000000000001',
      appId: apps.api,
      uniqueName: `countersign-${deployed.environment}`,
      api: { requestedAccessTokenVersion: 2, oauth2PermissionScopes: scopes },
      optionalClaims: {
        accessToken: [
          optional('idtyp', ['include_user_token']),
          ...['acct', 'xms_cc', 'auth_time', 'sid'].map((name) => optional(name)),
        ],
      },
      groupMembershipClaims: 'SecurityGroup',
    },
    {
      id: 'f0000000-0000-4000-8000-000000000002',
      appId: apps.console,
      uniqueName: `countersign-console-${deployed.environment}`,
      api: {},
    },
  ]
}

/** A tenant in which everything is as it has to be; `months` are the names of the vault's secrets of months. */
export function makeTenant(months: readonly string[]): AzureTenant {
  return {
    documents: documents(),
    lists: lists(months),
    taken: new Set(),
    applications: registrations(),
    credentials: [{ subject: identities.gateway.principalId, audiences: ['api://AzureADTokenExchange'] }],
    directoryRoles: ['9b895d92-2cd3-44c7-9d02-a6ac2d5ea5c3'],
    mayRegister: false,
    withoutConsent: new Set(),
    signedIn: { persona: personas.alice.name, overrides: {} },
    kept: new Map(),
  }
}
