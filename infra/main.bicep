targetScope = 'subscription'

metadata name = 'Countersign'
metadata description = 'A gateway that lets agents reach enterprise data as the real person, and a book of it that nobody can quietly rewrite.'

// ---- Where, and what it is called ----

@description('Name of the environment: every name of a resource is made of it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of the gateway, the vault and the book.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

@description('Region of the sealed evidence: another one, so that one region\'s loss is not the loss of both.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param evidenceLocation string

@description('Azure cloud. Every address follows from where the deployment runs; this names it for the app.')
@allowed(['public', 'usgov', 'china'])
param cloud string = environment().name == 'AzureUSGovernment' ? 'usgov' : environment().name == 'AzureChinaCloud' ? 'china' : 'public'

@description('Name of the resource group.')
@maxLength(90)
param resourceGroupName string = 'rg-countersign-${take(environmentName, 60)}'

@description('Further tags of every resource, as the organisation demands them.')
param extraTags object = {}

// ---- What is kept, and for how long ----

@description('Days for which the book is kept, and its evidence cannot be changed by anybody, us and Microsoft included.')
@minValue(183)
@maxValue(146000)
param retentionDays int

@description('Whether the evidence is to be locked, which nobody can take back: an account with locked evidence cannot be deleted before its time. "unlocked" is for trials; the sealer then refuses to seal.')
@allowed(['locked', 'unlocked'])
param evidenceLock string = 'locked'

@description('Days after which sealed copies of segments are removed; 0: never. At least retentionDays.')
@minValue(0)
param segmentDays int = 0

@description('Redundancy of the book.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param auditRedundancy string = 'Standard_ZRS'

@description('Redundancy of the evidence.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param evidenceRedundancy string = 'Standard_ZRS'

@description('Kind of the vault: premium keeps the signing key in a hardware module.')
@allowed(['standard', 'premium'])
param vaultSku string = 'standard'

@description('Months of audit keys that the gateway may read, this one included. Fewer need a deployment as often.')
@minValue(2)
@maxValue(14)
param gatewayKeyMonths int = 14

// ---- Size ----

@description('Version of Node.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of an instance of the gateway.')
@allowed([512, 2048, 4096])
param gatewayMemory int = 2048

@description('Memory of an instance of the evidence app, which reads whole segments at night.')
@allowed([512, 2048, 4096])
param evidenceMemory int = 2048

@description('Most instances of the gateway for requests: each writes a lane of its own.')
@minValue(1)
@maxValue(1000)
param gatewayInstances int = 40

@description('Calls that one instance of the gateway is given at once.')
@minValue(1)
@maxValue(1000)
param gatewayConcurrency int = 64

@description('Instances of the gateway that wait warm, and are paid for so.')
@minValue(0)
@maxValue(100)
param alwaysReady int = 0

@description('Whether instances are spread over zones, where the region has any.')
param zoneRedundant bool = false

@description('Days for which logs are kept in a workspace that is made.')
@minValue(30)
@maxValue(730)
param logDays int = 90

// ---- Network ----

@description('public: reached and reaching over the Internet, by Entra alone. private: a network, private endpoints and one fixed address to the outside.')
@allowed(['public', 'private'])
param network string = 'public'

@description('Address range of the network that is made, a /24 or larger.')
param addressPrefix string = '10.64.0.0/24'

@description('private makes the zones of names; policy leaves the names to a policy of the organisation.')
@allowed(['private', 'policy'])
param privateDns string = 'private'

@description('Bring your own: id of a network, and of its subnets. Those of the apps are delegated to Microsoft.App/environments.')
param vnetId string = ''
param gatewaySubnetId string = ''
param evidenceSubnetId string = ''
param endpointsSubnetId string = ''
param apiManagementSubnetId string = ''

@description('none, or front: an API Management before the gateway, with validate-jwt.')
@allowed(['none', 'front'])
param apiManagement string = 'none'

@description('Tier of the API Management. StandardV2 reaches into a private network, BasicV2 does not.')
@allowed(['BasicV2', 'StandardV2'])
param apiManagementSku string = network == 'private' ? 'StandardV2' : 'BasicV2'

@description('Whom Azure writes to about the API Management.')
param apiManagementEmail string = ''

// ---- Bring your own ----

@description('Id of a vault that is there: with Azure RBAC and purge protection. Empty: one is made.')
param existingVaultId string = ''

@description('Id of a Log Analytics workspace that is there. Empty: one is made.')
param workspaceId string = ''

// ---- Who ----

@description('Application id of the registration. Set by an Entra admin who made it: nothing is registered here.')
param clientId string = ''

@description('Application id of the console\'s registration, along with the other.')
param consoleClientId string = ''

@description('made where an earlier deployment registered, and this one goes on to; see outputs. Never set by hand.')
@allowed(['', 'made', 'brought'])
param registration string = ''

@description('Groups, by object id; empty: roles are given by hand. Auditors read; operators run; publishers replace signed releases of the policy.')
param auditorsGroupId string = ''
param operatorsGroupId string = ''
param publishersGroupId string = ''

@description('Who is told of alerts, comma-separated.')
param alertEmails string = ''

@description('Whether the workspace has Sentinel, whose rules are then made as well.')
param sentinel bool = false

// ---- The app's own settings; empty: the default of the schema (README) ----

@description('Where agents reach the gateway, where that is an own domain. Empty: the address that Azure gives it.')
param publicUrl string = ''

@description('Tenants whose tokens are accepted, comma-separated. Empty: the one of the deployment.')
param tenants string = ''

@description('Application ids of the agents that may call, comma-separated. Empty: none.')
param allowedActors string = ''

@description('Backends that are on.')
param backends object = {}

param sealSchedule string = ''
param nightlyHour string = ''
param reportWebhooks string = ''
param timeStampUrl string = ''
param sources object = {}
param policy string = ''
param policySigners object = {}
param policyGroups object = {}
param timeZone string = ''
param approvalDecideMinutes string = ''
param approvalUseMinutes string = ''
param approvalOpenLimit string = ''
param notices array = []
param quotas array = []
param businessUnits object = {}
param callsPerMinute string = ''
param failedTokensPerMinute string = ''
param deniedTokenIds string = ''

// ---- Of the moment; not to be set ----

@description('The month, as yyyy-MM: from it on there are keys.')
param month string = utcNow('yyyy-MM')

@description('Random, for secrets that are not there yet.')
@secure()
param firstSeed string = newGuid()

@description('As the first.')
@secure()
param secondSeed string = newGuid()

// ---- Names ----

var abbrs = loadJsonContent('abbreviations.json')
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = union(extraTags, { 'azd-env-name': environmentName, application: 'countersign' })
var isPrivate = network == 'private'
var hasFront = apiManagement == 'front'
var gatewayName = '${abbrs.webSitesFunctions}cs-gateway-${token}'
var evidenceName = '${abbrs.webSitesFunctions}cs-evidence-${token}'
var frontName = '${abbrs.apiManagementService}cs-${token}'
var identity = '${abbrs.managedIdentityUserAssignedIdentities}cs-'
var storage = {
  gateway: '${abbrs.storageStorageAccounts}csgw${token}'
  evidenceApp: '${abbrs.storageStorageAccounts}csev${token}'
  audit: '${abbrs.storageStorageAccounts}csaudit${token}'
  evidence: '${abbrs.storageStorageAccounts}csproof${token}'
}

// What is brought may be in another group, or in another subscription.
var hasVault = !empty(existingVaultId)
var vaultName = hasVault ? last(split(existingVaultId, '/')) : '${abbrs.keyVaultVaults}cs-${token}'
var vaultSubscription = hasVault ? split(existingVaultId, '/')[2] : subscription().subscriptionId
var vaultGroup = hasVault ? split(existingVaultId, '/')[4] : resourceGroupName
var hasWorkspace = !empty(workspaceId)
var workspaceName = hasWorkspace ? last(split(workspaceId, '/')) : '${abbrs.operationalInsightsWorkspaces}cs-${token}'
var workspaceSubscription = hasWorkspace ? split(workspaceId, '/')[2] : subscription().subscriptionId
var workspaceGroup = hasWorkspace ? split(workspaceId, '/')[4] : resourceGroupName
var hasNetwork = !empty(gatewaySubnetId)

// ---- Names in the vault ----

// The verifier makes keys 13 months ahead. So that it can do so for a year without a deployment, it may use 26 of them.
var thisMonth = int(take(month, 4)) * 12 + int(skip(month, 5)) - 1
var months = [
  for ahead in range(0, 26): 'audit-hmac-${(thisMonth + ahead) / 12}-${padLeft((thisMonth + ahead) % 12 + 1, 2, '0')}'
]
// A month's key retires a day after its month.
var retirements = [
  for ahead in range(1, 2): dateTimeToEpoch('${(thisMonth + ahead) / 12}-${padLeft((thisMonth + ahead) % 12 + 1, 2, '0')}-02T00:00:00Z')
]
// Addresses of notices, and secrets of our own clients at backends, by the names that the settings give them.
var noticeSecrets = map(notices, notice => string(notice.secret))
var backendValues = flatten(map(items(backends), backend => items(backend.value.?values ?? {})))
var backendSecrets = map(filter(backendValues, value => endsWith(value.key, 'SecretName')), value => string(value.value))
var signingKey = 'evidence-signing'
var vaultObjects = {
  signingKey: signingKey
  gatewaySecrets: union(['mask-key'], take(months, gatewayKeyMonths), noticeSecrets, backendSecrets)
  verifierSecrets: concat(months, ['audit-runs'])
}

var tables = [
  'audit'
  'auditmeta'
  'auditpii'
  'auditruns'
  'auditindex'
  'approvals'
  'openapprovals'
  'delegations'
  'suspensions'
  'quotas'
  'taints'
  'usage'
  'notices'
  'breakglass'
  'policyreleases'
]
var immutableContainers = [
  { name: 'evidence', allowsAppends: true }
  { name: 'reports', allowsAppends: false }
]

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

// ---- Identities, then what they use, then their roles: an app that starts before its roles are there fails ----

module identities 'platform/identities.bicep' = {
  name: 'identities'
  scope: group
  params: {
    location: location
    tags: tags
    names: {
      gateway: '${identity}gateway-${token}'
      sealer: '${identity}sealer-${token}'
      verifier: '${identity}verifier-${token}'
      front: '${identity}front-${token}'
    }
    withFront: hasFront
  }
}

module monitor 'platform/monitor.bicep' = {
  name: 'monitor'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceName: workspaceName
    insightsName: '${abbrs.insightsComponents}cs-${token}'
    existingWorkspaceId: workspaceId
    retentionDays: logDays
  }
}

module gatewayStorage 'platform/operations-storage.bicep' = {
  name: 'operations-storage-gateway'
  scope: group
  params: {
    location: location
    tags: tags
    name: storage.gateway
    queues: ['send-notices']
    isPrivate: isPrivate
    redundancy: 'Standard_LRS'
  }
}

module evidenceAppStorage 'platform/operations-storage.bicep' = {
  name: 'operations-storage-evidence'
  scope: group
  params: {
    location: location
    tags: tags
    name: storage.evidenceApp
    queues: ['verify-segments']
    isPrivate: isPrivate
    redundancy: 'Standard_LRS'
  }
}

module audit 'platform/audit-storage.bicep' = {
  name: 'audit-storage'
  scope: group
  params: {
    location: location
    tags: tags
    name: storage.audit
    tables: tables
    isPrivate: isPrivate
    redundancy: auditRedundancy
  }
}

module evidence 'platform/evidence-storage.bicep' = {
  name: 'evidence-storage'
  scope: group
  params: {
    location: evidenceLocation
    tags: tags
    name: storage.evidence
    containers: concat(map(immutableContainers, container => container.name), ['policies'])
    isPrivate: isPrivate
    redundancy: evidenceRedundancy
    segmentDays: segmentDays == 0 ? 0 : max(segmentDays, retentionDays)
  }
}

module evidenceState 'platform/evidence-state.bicep' = {
  name: 'evidence-state'
  scope: group
  params: {
    accountName: evidence.outputs.name
    containers: map(immutableContainers, container => container.name)
  }
}

module evidencePolicy 'platform/evidence-policy.bicep' = {
  name: 'evidence-policy'
  scope: group
  params: {
    accountName: evidence.outputs.name
    containers: immutableContainers
    hasPolicy: evidenceState.outputs.hasPolicy
    days: retentionDays
  }
}

module vault 'platform/vault.bicep' = if (!hasVault) {
  name: 'vault'
  scope: group
  params: {
    location: location
    tags: tags
    name: vaultName
    sku: vaultSku
    isPrivate: isPrivate
  }
}

module vaultContents 'platform/vault-contents.bicep' = {
  name: 'countersign-vault-${token}'
  scope: resourceGroup(vaultSubscription, vaultGroup)
  params: {
    vaultName: vaultName
    signingKeyName: signingKey
    inHardware: vaultSku == 'premium'
    firstMonths: map(range(0, 2), ahead => { name: months[ahead], retires: retirements[ahead] })
    firstSeed: firstSeed
    secondSeed: secondSeed
  }
  dependsOn: [vault]
}

var principals = {
  gateway: identities.outputs.gatewayPrincipalId
  sealer: identities.outputs.sealerPrincipalId
  verifier: identities.outputs.verifierPrincipalId
  front: identities.outputs.frontPrincipalId
}
var roleNames = {
  gatewayOperations: storage.gateway
  evidenceOperations: storage.evidenceApp
  audit: storage.audit
  evidence: storage.evidence
  insights: '${abbrs.insightsComponents}cs-${token}'
  vault: vaultName
  workspace: workspaceName
}

module platformRoles 'platform/roles.bicep' = {
  name: 'roles'
  scope: group
  params: {
    part: 'platform'
    principals: principals
    auditorsGroupId: auditorsGroupId
    publishersGroupId: publishersGroupId
    names: roleNames
    vaultObjects: vaultObjects
  }
  dependsOn: [gatewayStorage, evidenceAppStorage, audit, evidence, monitor]
}

module vaultRoles 'platform/roles.bicep' = {
  name: 'countersign-roles-vault-${token}'
  scope: resourceGroup(vaultSubscription, vaultGroup)
  params: {
    part: 'vault'
    principals: principals
    auditorsGroupId: auditorsGroupId
    publishersGroupId: publishersGroupId
    names: roleNames
    vaultObjects: vaultObjects
  }
  dependsOn: [vaultContents]
}

module workspaceRoles 'platform/roles.bicep' = {
  name: 'countersign-roles-workspace-${token}'
  scope: resourceGroup(workspaceSubscription, workspaceGroup)
  params: {
    part: 'workspace'
    principals: principals
    auditorsGroupId: auditorsGroupId
    publishersGroupId: publishersGroupId
    names: roleNames
    vaultObjects: vaultObjects
  }
  dependsOn: [monitor]
}

module diagnostics 'platform/diagnostics.bicep' = {
  name: 'diagnostics'
  scope: group
  params: {
    storageAccounts: [audit.outputs.name, evidence.outputs.name]
    vaultName: hasVault ? '' : vaultName
    workspaceId: monitor.outputs.workspaceId
  }
  dependsOn: [vault]
}

// ---- The network ----

module ownNetwork 'platform/network.bicep' = if (isPrivate && !hasNetwork) {
  name: 'network'
  scope: group
  params: {
    location: location
    tags: tags
    names: {
      network: '${abbrs.networkVirtualNetworks}cs-${token}'
      securityGroup: '${abbrs.networkNetworkSecurityGroups}cs-${token}'
      gateway: '${abbrs.networkNatGateways}cs-${token}'
      address: '${abbrs.networkPublicIPAddresses}cs-${token}'
    }
    addressPrefix: addressPrefix
    withApiManagement: hasFront
  }
}

var subnets = {
  gateway: !isPrivate ? '' : hasNetwork ? gatewaySubnetId : ownNetwork!.outputs.gatewaySubnetId
  evidence: !isPrivate ? '' : hasNetwork ? evidenceSubnetId : ownNetwork!.outputs.evidenceSubnetId
  endpoints: !isPrivate ? '' : hasNetwork ? endpointsSubnetId : ownNetwork!.outputs.endpointsSubnetId
  apiManagement: !isPrivate ? '' : hasNetwork ? apiManagementSubnetId : ownNetwork!.outputs.apiManagementSubnetId
}

// Azure's own suffixes, those of apps excepted, which it does not tell.
var vaultZone = 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
var storageZone = 'privatelink.{0}.${environment().suffixes.storage}'
var siteSuffixes = {
  public: 'azurewebsites.net'
  usgov: 'azurewebsites.us'
  china: 'chinacloudsites.cn'
}
var zones = {
  blob: format(storageZone, 'blob')
  queue: format(storageZone, 'queue')
  table: format(storageZone, 'table')
  vault: vaultZone
  sites: 'privatelink.${siteSuffixes[cloud]}'
}

module privateNames 'platform/private-dns.bicep' = if (isPrivate && privateDns == 'private') {
  name: 'private-dns'
  scope: group
  params: {
    tags: tags
    networkId: hasNetwork ? vnetId : ownNetwork!.outputs.id
    zones: map(items(zones), zone => zone.value)
  }
}

var pep = '${abbrs.networkPrivateEndpoints}cs-'

// Before the apps: what they use is answered in the network alone.
module dataEndpoints 'platform/private-endpoints.bicep' = if (isPrivate) {
  name: 'private-endpoints-data'
  scope: group
  params: {
    location: location
    tags: tags
    subnetId: subnets.endpoints
    ownsZones: privateDns == 'private'
    targets: [
      { name: '${pep}gateway-blob-${token}', resourceId: gatewayStorage.outputs.id, groupId: 'blob', zone: zones.blob }
      { name: '${pep}gateway-queue-${token}', resourceId: gatewayStorage.outputs.id, groupId: 'queue', zone: zones.queue }
      { name: '${pep}gateway-table-${token}', resourceId: gatewayStorage.outputs.id, groupId: 'table', zone: zones.table }
      { name: '${pep}evidence-blob-${token}', resourceId: evidenceAppStorage.outputs.id, groupId: 'blob', zone: zones.blob }
      { name: '${pep}evidence-queue-${token}', resourceId: evidenceAppStorage.outputs.id, groupId: 'queue', zone: zones.queue }
      { name: '${pep}evidence-table-${token}', resourceId: evidenceAppStorage.outputs.id, groupId: 'table', zone: zones.table }
      { name: '${pep}audit-table-${token}', resourceId: audit.outputs.id, groupId: 'table', zone: zones.table }
      { name: '${pep}proof-blob-${token}', resourceId: evidence.outputs.id, groupId: 'blob', zone: zones.blob }
      { name: '${pep}vault-${token}', resourceId: hasVault ? existingVaultId : vault!.outputs.id, groupId: 'vault', zone: zones.vault }
    ]
  }
  dependsOn: [privateNames]
}

// ---- The apps: one package, twice ----

module gateway 'platform/function-app.bicep' = {
  name: 'gateway'
  scope: group
  params: {
    location: location
    tags: tags
    service: 'gateway'
    planName: '${abbrs.webServerFarms}cs-gateway-${token}'
    name: gatewayName
    identityIds: [identities.outputs.gatewayId]
    packageUrl: gatewayStorage.outputs.packageUrl
    nodeVersion: nodeVersion
    memoryMB: gatewayMemory
    maximumInstances: gatewayInstances
    callsPerInstance: gatewayConcurrency
    alwaysReady: alwaysReady
    zoneRedundant: zoneRedundant
    subnetId: subnets.gateway
    ingress: network
    deploysFromAnywhere: !isPrivate
  }
  dependsOn: [platformRoles, vaultRoles, dataEndpoints]
}

module evidenceApp 'platform/function-app.bicep' = {
  name: 'evidence'
  scope: group
  params: {
    location: location
    tags: tags
    service: 'evidence'
    planName: '${abbrs.webServerFarms}cs-evidence-${token}'
    name: evidenceName
    // The verifier is the host's identity: the sealer can do one thing alone.
    identityIds: [identities.outputs.verifierId, identities.outputs.sealerId]
    packageUrl: evidenceAppStorage.outputs.packageUrl
    nodeVersion: nodeVersion
    memoryMB: evidenceMemory
    maximumInstances: 40
    // It has no route; this is the least that Azure takes.
    callsPerInstance: 1
    alwaysReady: 0
    zoneRedundant: zoneRedundant
    subnetId: subnets.evidence
    ingress: 'none'
    deploysFromAnywhere: !isPrivate
  }
  dependsOn: [platformRoles, vaultRoles, workspaceRoles, dataEndpoints]
}

module siteEndpoints 'platform/private-endpoints.bicep' = if (isPrivate) {
  name: 'private-endpoints-sites'
  scope: group
  params: {
    location: location
    tags: tags
    subnetId: subnets.endpoints
    ownsZones: privateDns == 'private'
    targets: [
      { name: '${pep}gateway-site-${token}', resourceId: gateway.outputs.id, groupId: 'sites', zone: zones.sites }
      // For its deployment; it answers no request.
      { name: '${pep}evidence-site-${token}', resourceId: evidenceApp.outputs.id, groupId: 'sites', zone: zones.sites }
    ]
  }
  dependsOn: [privateNames]
}

module front 'platform/api-management.bicep' = if (hasFront) {
  name: 'api-management'
  scope: group
  params: {
    location: location
    tags: tags
    name: frontName
    sku: apiManagementSku
    publisherEmail: empty(apiManagementEmail) ? trim(split(alertEmails, ',')[0]) : apiManagementEmail
    subnetId: subnets.apiManagement
    identityId: identities.outputs.frontId
  }
}

// An address that this deployment itself gave out before is no choice: it comes back as one, by the outputs.
var isOwnAddress = startsWith(publicUrl, 'https://${gatewayName}') || startsWith(publicUrl, 'https://${frontName}')
var givenUrl = hasFront ? front!.outputs.url : gateway.outputs.url
var effectiveUrl = empty(publicUrl) || isOwnAddress ? givenUrl : publicUrl

// ---- The registration ----

// The ids of a registration that we made come back by the outputs, and are not brought.
var makesRegistration = empty(clientId) || registration == 'made'
var actors = filter(map(split(allowedActors, ','), actor => trim(actor)), actor => !empty(actor))

module directory 'identity/registration.bicep' = if (makesRegistration) {
  name: 'registration'
  scope: group
  params: {
    environmentName: environmentName
    cloud: cloud
    publicUrl: effectiveUrl
    // Azure's own domain is not the tenant's, and Entra may refuse it as an identifier.
    resourceUri: empty(publicUrl) || isOwnAddress ? '' : '${publicUrl}/mcp'
    gatewayPrincipalId: identities.outputs.gatewayPrincipalId
    backends: objectKeys(backends)
    allowedActors: actors
    auditorsGroupId: auditorsGroupId
    operatorsGroupId: operatorsGroupId
  }
}

var effectiveClientId = makesRegistration ? directory!.outputs.clientId : clientId
var effectiveConsoleId = makesRegistration ? directory!.outputs.consoleClientId : consoleClientId

// ---- The settings ----

var acceptedTenants = empty(tenants) ? tenant().tenantId : tenants
var withoutSlash = {
  vault: take(vaultContents.outputs.vaultUrl, length(vaultContents.outputs.vaultUrl) - 1)
  tables: take(audit.outputs.tableUrl, length(audit.outputs.tableUrl) - 1)
  blobs: take(evidence.outputs.blobUrl, length(evidence.outputs.blobUrl) - 1)
}
var facts = {
  publicUrl: effectiveUrl
  cloud: cloud
  homeTenant: tenant().tenantId
  clientId: effectiveClientId
  consoleClientId: effectiveConsoleId
  vaultUrl: withoutSlash.vault
  auditTablesUrl: withoutSlash.tables
  evidenceBlobsUrl: withoutSlash.blobs
  evidenceAccountId: evidence.outputs.id
}
var choices = {
  tenants: acceptedTenants
  allowedActors: allowedActors
  sealSchedule: sealSchedule
  nightlyHour: nightlyHour
  reportWebhooks: reportWebhooks
  timeStampUrl: timeStampUrl
  sources: sources
  retentionDays: retentionDays
  policy: policy
  policySigners: policySigners
  policyGroups: policyGroups
  backends: backends
  timeZone: timeZone
  approvalDecideMinutes: approvalDecideMinutes
  approvalUseMinutes: approvalUseMinutes
  approvalOpenLimit: approvalOpenLimit
  notices: notices
  quotas: quotas
  businessUnits: businessUnits
  callsPerMinute: callsPerMinute
  failedTokensPerMinute: failedTokensPerMinute
  deniedTokenIds: deniedTokenIds
}

module gatewaySettings 'platform/settings.bicep' = {
  name: 'settings-gateway'
  scope: group
  params: {
    app: 'gateway'
    siteName: gateway.outputs.name
    hostStorage: {
      blobUrl: gatewayStorage.outputs.blobUrl
      queueUrl: gatewayStorage.outputs.queueUrl
      tableUrl: gatewayStorage.outputs.tableUrl
    }
    identityClientId: identities.outputs.gatewayClientId
    sealerClientId: ''
    verifierClientId: ''
    insightsConnection: monitor.outputs.insightsConnection
    facts: facts
    choices: choices
  }
}

module evidenceSettings 'platform/settings.bicep' = {
  name: 'settings-evidence'
  scope: group
  params: {
    app: 'evidence'
    siteName: evidenceApp.outputs.name
    hostStorage: {
      blobUrl: evidenceAppStorage.outputs.blobUrl
      queueUrl: evidenceAppStorage.outputs.queueUrl
      tableUrl: evidenceAppStorage.outputs.tableUrl
    }
    identityClientId: identities.outputs.verifierClientId
    sealerClientId: identities.outputs.sealerClientId
    verifierClientId: identities.outputs.verifierClientId
    insightsConnection: monitor.outputs.insightsConnection
    facts: facts
    choices: choices
  }
}

module frontApi 'platform/api-management-api.bicep' = if (hasFront) {
  name: 'api-management-api'
  scope: group
  params: {
    serviceName: front!.outputs.name
    gatewayUrl: gateway.outputs.url
    publicUrl: effectiveUrl
    clientId: effectiveClientId
    tenants: map(split(acceptedTenants, ','), id => trim(id))
    insightsId: monitor.outputs.insightsId
    insightsConnection: monitor.outputs.insightsConnection
    identityClientId: identities.outputs.frontClientId
  }
}

// ---- Who watches it ----

module watch 'watch/main.bicep' = {
  name: 'watch'
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitor.outputs.workspaceId
    gatewayName: gatewayName
    evidenceName: evidenceName
    alertEmails: filter(map(split(alertEmails, ','), address => trim(address)), address => !empty(address))
    sentinel: sentinel
    gatewayKeyMonths: gatewayKeyMonths
  }
}

// ---- What the hooks and the next deployment are told ----

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_SUBSCRIPTION_ID string = subscription().subscriptionId
output AZURE_RESOURCE_GROUP string = group.name
output COUNTERSIGN_CLOUD string = cloud
output COUNTERSIGN_GATEWAY_NAME string = gatewayName
output COUNTERSIGN_EVIDENCE_NAME string = evidenceName
output COUNTERSIGN_PUBLIC_URL string = effectiveUrl
output COUNTERSIGN_CLIENT_ID string = effectiveClientId
output COUNTERSIGN_CONSOLE_CLIENT_ID string = effectiveConsoleId
output COUNTERSIGN_REGISTRATION string = makesRegistration ? 'made' : 'brought'
output COUNTERSIGN_KEY_VAULT_URL string = withoutSlash.vault
output COUNTERSIGN_AUDIT_TABLES_URL string = withoutSlash.tables
output COUNTERSIGN_EVIDENCE_BLOBS_URL string = withoutSlash.blobs
output COUNTERSIGN_EVIDENCE_ACCOUNT_ID string = evidence.outputs.id
output COUNTERSIGN_EVIDENCE_LOCK string = evidenceLock
output COUNTERSIGN_GATEWAY_IDENTITY_ID string = identities.outputs.gatewayPrincipalId
output COUNTERSIGN_GATEWAY_IDENTITY_CLIENT_ID string = identities.outputs.gatewayClientId
output COUNTERSIGN_SEALER_IDENTITY_ID string = identities.outputs.sealerPrincipalId
output COUNTERSIGN_SEALER_IDENTITY_CLIENT_ID string = identities.outputs.sealerClientId
output COUNTERSIGN_VERIFIER_IDENTITY_ID string = identities.outputs.verifierPrincipalId
output COUNTERSIGN_VERIFIER_IDENTITY_CLIENT_ID string = identities.outputs.verifierClientId
output COUNTERSIGN_EGRESS_ADDRESS string = isPrivate && !hasNetwork ? ownNetwork!.outputs.egressAddress : ''
output COUNTERSIGN_KEYMAKER_ROLE_ID string = vaultRoles.outputs.keymakerRoleId
