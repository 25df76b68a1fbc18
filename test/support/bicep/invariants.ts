import type { Deployed } from './deployments.ts'
import { memberValue } from './evaluate.ts'
import type { Planned } from './plan.ts'

/** A rule of the deployment: a line for each place that breaks it. */
export type Invariant = (deployed: Deployed) => readonly string[]

/** Resources of a type, without regard to letter case. */
export function ofType({ planned }: Deployed, type: string): readonly Planned[] {
  return planned.filter((one) => one.type.toLowerCase() === type.toLowerCase())
}

/** A value inside a resource, by its path. */
export function inside(one: Planned, path: string): unknown {
  return path.split('.').reduce((of: unknown, name) => memberValue(of, name), one.body)
}

type Demand = readonly [path: string, allowed: readonly unknown[]]

/** Every resource of the type has these values, and says so itself. */
function demand(type: string, demands: readonly Demand[]): Invariant {
  return (deployed) => {
    const found = ofType(deployed, type)
    const none = found.length === 0 ? [`there is no ${type}`] : []
    return [...none, ...found.flatMap((one) => demands.flatMap((each) => judge(one, each)))]
  }
}

function judge(one: Planned, [path, allowed]: Demand): readonly string[] {
  const value = inside(one, path)
  const isRight = allowed.some((each) => JSON.stringify(each) === JSON.stringify(value))
  return isRight ? [] : [`${one.place} ${one.symbol}.${path} is ${JSON.stringify(value)}`]
}

const tls = ['TLS1_2', 'TLS1_3']

/** What each resource must be, by what is promised of it. */
export const resourceInvariants: Readonly<Record<string, Invariant>> = {
  'no storage account takes a shared key': demand('Microsoft.Storage/storageAccounts', [
    ['properties.allowSharedKeyAccess', [false]],
    ['properties.isLocalUserEnabled', [false]],
    ['properties.isSftpEnabled', [false]],
  ]),
  'no blob is public': demand('Microsoft.Storage/storageAccounts', [['properties.allowBlobPublicAccess', [false]]]),
  'no container is public': demand('Microsoft.Storage/storageAccounts/blobServices/containers', [
    ['properties.publicAccess', ['None']],
  ]),
  'storage is reached by https and TLS 1.2': demand('Microsoft.Storage/storageAccounts', [
    ['properties.minimumTlsVersion', tls],
    ['properties.supportsHttpsTrafficOnly', [true]],
  ]),
  'apps are reached by https and TLS 1.2': demand('Microsoft.Web/sites', [
    ['properties.httpsOnly', [true]],
    ['properties.siteConfig.minTlsVersion', ['1.2', '1.3']],
    ['properties.siteConfig.scmMinTlsVersion', ['1.2', '1.3']],
    ['properties.siteConfig.ftpsState', ['Disabled']],
    ['properties.siteConfig.remoteDebuggingEnabled', [false]],
  ]),
  'apps run under named identities': demand('Microsoft.Web/sites', [['identity.type', ['UserAssigned']]]),
  'apps get their package by an identity': demand('Microsoft.Web/sites', [
    ['properties.functionAppConfig.deployment.storage.authentication.type', ['UserAssignedIdentity']],
  ]),
  'no password publishes an app': (deployed) =>
    ofType(deployed, 'Microsoft.Web/sites').flatMap((site) => passwordsOf(site, deployed)),
  'telemetry is written by a role alone': demand('Microsoft.Insights/components', [
    ['properties.DisableLocalAuth', [true]],
    ['properties.IngestionMode', ['LogAnalytics']],
  ]),
  'keys do not leave the vault, and sign alone': demand('Microsoft.KeyVault/vaults/keys', [
    ['properties.attributes.exportable', [false]],
    ['properties.curveName', ['P-256']],
    ['properties.kty', ['EC', 'EC-HSM']],
    ['properties.keyOps', [['sign', 'verify']]],
  ]),
  'messages of the front are checked by it': (deployed) =>
    ofType(deployed, 'Microsoft.ApiManagement/service/apis').flatMap((one) =>
      JSON.stringify(inside(one, 'properties.protocols')) === '["https"]' ? [] : [`${one.place} takes more than https`],
    ),
}

/** Of what may be brought along, and is then its owner's. */
export const ownedInvariants: Readonly<Record<string, Invariant>> = {
  'the vault goes by roles, and nobody purges it': demand('Microsoft.KeyVault/vaults', [
    ['properties.enableRbacAuthorization', [true]],
    ['properties.enablePurgeProtection', [true]],
    ['properties.enableSoftDelete', [true]],
    ['properties.softDeleteRetentionInDays', [90]],
    ['properties.enabledForDeployment', [false]],
    ['properties.enabledForDiskEncryption', [false]],
    ['properties.enabledForTemplateDeployment', [false]],
  ]),
  'logs are written by a role alone': demand('Microsoft.OperationalInsights/workspaces', [
    ['properties.features.disableLocalAuth', [true]],
  ]),
}

function passwordsOf(site: Planned, deployed: Deployed): readonly string[] {
  const policies = ofType(deployed, 'Microsoft.Web/sites/basicPublishingCredentialsPolicies')
  return ['ftp', 'scm'].flatMap((kind) => {
    const policy = policies.find(({ fullName }) => fullName === `${String(site.fullName)}/${kind}`)
    const isOff = policy !== undefined && inside(policy, 'properties.allow') === false
    return isOff ? [] : [`${site.place} ${String(site.fullName)} can be published by a password (${kind})`]
  })
}
