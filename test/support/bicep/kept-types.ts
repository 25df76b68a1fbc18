/**
 * Types that the published folder does not have, in short: those of the Graph extension (1.0.0), and resources whose newest
 * stable version is older than what is published there. Members that this project has no use for are left out on purpose:
 * whoever needs one looks it up first. `!` is required, `-` read-only, `=` known before
 * deployment, `#` tells which one is meant.
 */
import { type Entry, flags, type Property, type ResourceType } from './published-types.ts'

type Notation = string | readonly [Notation] | { readonly [name: string]: Notation }

const scope = { id: 'string', value: 'string', type: 'User|Admin', isEnabled: 'bool', '...': consents() }
const claim = { name: 'string!', source: 'string', essential: 'bool', additionalProperties: ['string'] } as const
const relationship = { relationships: ['string'], relationshipSemantics: 'append|replace' } as const

function consents(): string {
  return 'adminConsentDescription adminConsentDisplayName userConsentDescription userConsentDisplayName'
}

const application: Notation = {
  id: 'string-',
  appId: 'string-',
  uniqueName: 'string!=#',
  displayName: 'string!',
  description: 'string',
  notes: 'string',
  signInAudience: 'AzureADMyOrg|AzureADMultipleOrgs',
  identifierUris: ['string'],
  groupMembershipClaims: 'string',
  isFallbackPublicClient: 'bool',
  serviceManagementReference: 'string',
  tags: ['string'],
  api: {
    acceptMappedClaims: 'bool',
    knownClientApplications: ['string'],
    requestedAccessTokenVersion: 'int',
    oauth2PermissionScopes: [scope],
    preAuthorizedApplications: [{ appId: 'string!', delegatedPermissionIds: ['string'] }],
  },
  appRoles: [
    {
      id: 'string!',
      value: 'string!',
      displayName: 'string!',
      description: 'string',
      isEnabled: 'bool!',
      allowedMemberTypes: ['User|Application'],
    },
  ],
  info: { marketingUrl: 'string', privacyStatementUrl: 'string', supportUrl: 'string', termsOfServiceUrl: 'string' },
  optionalClaims: { accessToken: [claim], idToken: [claim], saml2Token: [claim] },
  owners: relationship,
  publicClient: { redirectUris: ['string'] },
  requiredResourceAccess: [{ resourceAppId: 'string!', resourceAccess: [{ id: 'string!', type: 'Scope|Role' }] }],
  servicePrincipalLockConfiguration: {
    isEnabled: 'bool',
    allProperties: 'bool',
    credentialsWithUsageSign: 'bool',
    credentialsWithUsageVerify: 'bool',
    tokenEncryptionKeyId: 'bool',
  },
  spa: { redirectUris: ['string'] },
  web: {
    homePageUrl: 'string',
    logoutUrl: 'string',
    redirectUris: ['string'],
    implicitGrantSettings: { enableAccessTokenIssuance: 'bool', enableIdTokenIssuance: 'bool' },
  },
}

const log = { category: 'string', categoryGroup: 'string', enabled: 'bool!' } as const

/** Resources by type and version, with the scopes that they may be written at. */
const kept: readonly (readonly [name: string, body: Notation, writableScopes: number])[] = [
  ['Microsoft.Graph/applications@v1.0', application, 31],
  [
    'Microsoft.Graph/servicePrincipals@v1.0',
    {
      id: 'string-',
      appId: 'string!#',
      accountEnabled: 'bool',
      appRoleAssignmentRequired: 'bool',
      description: 'string',
      notes: 'string',
      oauth2PermissionScopes: 'any',
      owners: relationship,
      tags: ['string'],
    },
    31,
  ],
  [
    'Microsoft.Graph/applications/federatedIdentityCredentials@v1.0',
    {
      id: 'string-',
      name: 'string!#',
      audiences: ['string'],
      description: 'string',
      issuer: 'string!',
      subject: 'string!',
    },
    31,
  ],
  [
    'Microsoft.Graph/appRoleAssignedTo@v1.0',
    {
      id: 'string-',
      appRoleId: 'string!',
      principalId: 'string!',
      resourceId: 'string!',
      resourceDisplayName: 'string',
    },
    31,
  ],
  [
    'Microsoft.Graph/oauth2PermissionGrants@v1.0',
    {
      id: 'string-',
      clientId: 'string!',
      consentType: 'AllPrincipals|Principal',
      principalId: 'string',
      resourceId: 'string!',
      scope: 'string',
    },
    31,
  ],
  [
    'Microsoft.Insights/diagnosticSettings@2021-05-01-preview',
    {
      name: 'string!=',
      properties: {
        workspaceId: 'string',
        storageAccountId: 'string',
        eventHubAuthorizationRuleId: 'string',
        eventHubName: 'string',
        logAnalyticsDestinationType: 'string',
        logs: [log],
        metrics: [{ category: 'string', enabled: 'bool!', timeGrain: 'string' }],
      },
    },
    31,
  ],
  [
    'Microsoft.Insights/components@2020-02-02',
    {
      id: 'string-',
      name: 'string!=',
      location: 'string!',
      kind: 'string!',
      tags: 'any',
      properties: {
        Application_Type: 'web|other',
        DisableIpMasking: 'bool',
        DisableLocalAuth: 'bool',
        Flow_Type: 'Bluefield',
        ForceCustomerStorageForProfiler: 'bool',
        ImmediatePurgeDataOn30Days: 'bool',
        IngestionMode: 'ApplicationInsights|ApplicationInsightsWithDiagnosticSettings|LogAnalytics',
        RetentionInDays: 'int',
        SamplingPercentage: 'int',
        WorkspaceResourceId: 'string',
        publicNetworkAccessForIngestion: 'Enabled|Disabled',
        publicNetworkAccessForQuery: 'Enabled|Disabled',
        AppId: 'string-',
        ConnectionString: 'string-',
        InstrumentationKey: 'string-',
      },
    },
    8,
  ],
  [
    'Microsoft.Insights/actionGroups@2023-01-01',
    {
      id: 'string-',
      name: 'string!=',
      location: 'string!',
      tags: 'any',
      properties: {
        enabled: 'bool!',
        groupShortName: 'string!',
        armRoleReceivers: 'any',
        emailReceivers: [{ name: 'string!', emailAddress: 'string!', useCommonAlertSchema: 'bool' }],
        webhookReceivers: 'any',
      },
    },
    8,
  ],
]

/** A kept type by its resource type and version; null for any other. */
export function findKept(type: string, version: string): ResourceType | null {
  const found = kept.find(([name]) => name.toLowerCase() === `${type}@${version}`.toLowerCase())
  if (found === undefined) return null
  const file: Entry[] = []
  const index = addType(found[1], file)
  const entry = file[index]
  return entry === undefined ? null : { body: { file, entry }, writableScopes: found[2] }
}

/** Versions in which a type is kept. */
export function keptVersions(type: string): readonly string[] {
  return kept.flatMap(([name]) =>
    name.toLowerCase().startsWith(`${type.toLowerCase()}@`) ? [name.split('@')[1] ?? ''] : [],
  )
}

const plain: Readonly<Record<string, Entry>> = {
  string: { $type: 'StringType' },
  int: { $type: 'IntegerType' },
  bool: { $type: 'BooleanType' },
  any: { $type: 'AnyType' },
}

function addType(notation: Notation, file: Entry[]): number {
  const entry = typeof notation === 'string' ? readWord(notation, file) : readShape(notation, file)
  return file.push(entry) - 1
}

function readWord(notation: string, file: Entry[]): Entry {
  const word = notation.replace(/[!=#-]+$/, '')
  const texts = word.split('|').map((value) => ({ $ref: `#/${file.push({ $type: 'StringLiteralType', value }) - 1}` }))
  return plain[word] ?? { $type: 'UnionType', elements: texts }
}

function readShape(notation: Exclude<Notation, string>, file: Entry[]): Entry {
  if (isList(notation)) return { $type: 'ArrayType', itemType: { $ref: `#/${addType(notation[0], file)}` } }
  const members = Object.entries(notation).flatMap(([name, inner]): [string, Notation][] =>
    name === '...'
      ? String(inner)
          .split(' ')
          .map((one) => [one, 'string'])
      : [[name, inner]],
  )
  const properties = members.map(([name, inner]): [string, Property] => [name, readProperty(inner, file)])
  return { $type: 'ObjectType', name: '', properties: Object.fromEntries(properties) }
}

function isList(notation: Exclude<Notation, string>): notation is readonly [Notation] {
  return Array.isArray(notation)
}

function readProperty(notation: Notation, file: Entry[]): Property {
  const marks = typeof notation === 'string' ? (/[!=#-]+$/.exec(notation)?.[0] ?? '') : ''
  const bits = [
    marks.includes('!') ? flags.required : 0,
    marks.includes('-') ? flags.readOnly : 0,
    marks.includes('=') ? flags.constant : 0,
    marks.includes('#') ? flags.identifying : 0,
  ]
  return { type: { $ref: `#/${addType(notation, file)}` }, flags: bits.reduce((sum, bit) => sum + bit, 0) }
}
