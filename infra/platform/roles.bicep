// Who may do what, all of it: every custom role and every assignment of the deployment stands on this page, and on no
// other. Nobody here is Owner or Contributor of anything; whoever deploys gets no right to data.
//
// The page is deployed up to three times: for the group of the deployment, for that of the vault and for that of the
// workspace, since either may be brought along from another group. `part` says which lines count.

@description('Which lines count in this group.')
@allowed(['platform', 'vault', 'workspace'])
param part string

@description('The identities, by their object ids; that of the front is empty where there is none.')
param principals {
  gateway: string
  sealer: string
  verifier: string
  front: string
}

@description('Group that audits, and group that publishes releases of the policy, by object id; empty: none.')
param auditorsGroupId string
param publishersGroupId string

@description('Names of the resources. Each is looked up only in the part that it belongs to.')
param names {
  gatewayOperations: string
  evidenceOperations: string
  audit: string
  evidence: string
  insights: string
  vault: string
  workspace: string
}

@description('Names in the vault: the signing key; what the gateway reads; what the verifier reads, makes and replaces.')
param vaultObjects {
  signingKey: string
  gatewaySecrets: string[]
  verifierSecrets: string[]
}

var isPlatform = part == 'platform'
var isVault = part == 'vault'
var suffix = uniqueString(resourceGroup().id)

// Built-in roles, by ids that are the same in every tenant.
var builtIn = {
  blobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  blobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  blobDataReader: '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1'
  queueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  tableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  tableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6'
  keyVaultReader: '21090545-7ca7-4776-b22c-e363652d74d2'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  logAnalyticsReader: '73c42c96-874c-492b-b04d-ab87d138a893'
}
var roleId = mapValues(builtIn, id => subscriptionResourceId('Microsoft.Authorization/roleDefinitions', id))

// ---- Custom roles: what the built-in ones give too much of ----

var entities = 'Microsoft.Storage/storageAccounts/tableServices/tables/entities'
var blobs = 'Microsoft.Storage/storageAccounts/blobServices/containers/blobs'

@description('Adds rows and moves heads. Deletes nothing.')
resource appender 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isPlatform) {
  name: guid(resourceGroup().id, 'countersign-appender')
  properties: {
    roleName: 'Countersign table appender ${suffix}'
    description: 'Reads, adds and updates entities, and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['${entities}/read', '${entities}/add/action', '${entities}/update/action']
        notDataActions: []
      }
    ]
  }
}

@description('Deletes entities, in the tables that it is given for.')
resource remover 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isPlatform) {
  name: guid(resourceGroup().id, 'countersign-remover')
  properties: {
    roleName: 'Countersign table remover ${suffix}'
    description: 'Reads and deletes entities.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['${entities}/read', '${entities}/delete']
        notDataActions: []
      }
    ]
  }
}

@description('Asks for a table to be made, which each app does before it first uses one; deletes none.')
resource tableMaker 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isPlatform) {
  name: guid(resourceGroup().id, 'countersign-table-maker')
  properties: {
    roleName: 'Countersign table maker ${suffix}'
    description: 'Lists and makes tables, and sees no entity.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Storage/storageAccounts/tableServices/tables/read'
          'Microsoft.Storage/storageAccounts/tableServices/tables/write'
        ]
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

@description('Adds blobs and blocks. Overwrites and deletes nothing, policy of the container or not.')
resource evidenceAdder 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isPlatform) {
  name: guid(resourceGroup().id, 'countersign-evidence-adder')
  properties: {
    roleName: 'Countersign evidence adder ${suffix}'
    description: 'Reads blobs, makes new ones and appends to them; replaces and deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['${blobs}/read', '${blobs}/add/action']
        notDataActions: []
      }
    ]
  }
}

@description('Reads back how immutable the containers are. Changes no policy.')
resource immutabilityReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isPlatform) {
  name: guid(resourceGroup().id, 'countersign-immutability-reader')
  properties: {
    roleName: 'Countersign immutability reader ${suffix}'
    description: 'Reads immutability policies of containers.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: ['Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies/read']
        notActions: []
        dataActions: []
        notDataActions: []
      }
    ]
  }
}

@description('Signs with a key, and reads its public half. Encrypts, wraps, exports and rotates nothing.')
resource signer 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isVault) {
  name: guid(resourceGroup().id, 'countersign-signer')
  properties: {
    roleName: 'Countersign signer ${suffix}'
    description: 'Reads a key and signs with it.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: ['Microsoft.KeyVault/vaults/keys/read', 'Microsoft.KeyVault/vaults/keys/sign/action']
        notDataActions: []
      }
    ]
  }
}

@description('Makes months\' keys and says when they retire. Reads none. Also for keymakers: persons, eligible on demand.')
resource keymaker 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (isVault) {
  name: guid(resourceGroup().id, 'countersign-keymaker')
  properties: {
    roleName: 'Countersign keymaker ${suffix}'
    description: 'Sets secrets, sees that they are there and sets when they end; reads no value, deletes none.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: []
        notActions: []
        dataActions: [
          'Microsoft.KeyVault/vaults/secrets/setSecret/action'
          'Microsoft.KeyVault/vaults/secrets/readMetadata/action'
          'Microsoft.KeyVault/vaults/secrets/update/action'
        ]
        notDataActions: []
      }
    ]
  }
}

// ---- The hosts: each app's identity in its own operations account, and in no other ----

resource gatewayOperations 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.gatewayOperations
}

resource evidenceOperations 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.evidenceOperations
}

// The host keeps locks and keys in blobs (owner is what it asks for), tasks in queues, its own diagnosis in a table.
var hostRoles = [roleId.blobDataOwner, roleId.queueDataContributor, roleId.tableDataContributor]

resource gatewayHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in hostRoles: if (isPlatform) {
    name: guid(gatewayOperations.id, principals.gateway, role)
    scope: gatewayOperations
    properties: {
      principalId: principals.gateway
      principalType: 'ServicePrincipal'
      roleDefinitionId: role
      description: 'Host and package of the gateway.'
    }
  }
]

resource evidenceHost 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for role in hostRoles: if (isPlatform) {
    name: guid(evidenceOperations.id, principals.verifier, role)
    scope: evidenceOperations
    properties: {
      principalId: principals.verifier
      principalType: 'ServicePrincipal'
      roleDefinitionId: role
      description: 'Host and package of the evidence app.'
    }
  }
]

// ---- Telemetry ----

resource insights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: names.insights
}

// Nobody writes telemetry without a role, since local authentication is off.
resource publishers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in filter([principals.gateway, principals.verifier, principals.front], id => !empty(id)): if (isPlatform) {
    name: guid(insights.id, principal, roleId.monitoringMetricsPublisher)
    scope: insights
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: roleId.monitoringMetricsPublisher
      description: 'Telemetry of the app.'
    }
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: names.workspace
}

// What backends and Entra logged is read by the nightly reconciliation, which compares it with the book. Workspaces other
// than this one, and audit tables of Databricks, are their owners' to open.
resource reconciler 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (part == 'workspace') {
  name: guid(workspace.id, principals.verifier, roleId.logAnalyticsReader)
  scope: workspace
  properties: {
    principalId: principals.verifier
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId.logAnalyticsReader
    description: 'Compares backends\' own logs with the book.'
  }
}

// ---- The book: table by table ----

resource audit 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.audit

  resource service 'tableServices' existing = {
    name: 'default'
  }
}

// Rows, lanes, openings, the runs (a wish to be verified, a finding's disposition), approvals, and state of decisions.
var gatewayAppends = [
  'audit'
  'auditmeta'
  'auditpii'
  'auditruns'
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
// State that is over, or lifted. None of these tables is the book.
var gatewayRemoves = ['openapprovals', 'delegations', 'suspensions', 'quotas', 'taints', 'usage', 'notices', 'breakglass']
// The index is the verifier's; auditors' questions only look into it.
var gatewayReads = ['auditindex']
// Its own lane of rows (reconciled outcomes, erasures, the nightly heartbeat), what it remembers, and the index.
var verifierAppends = ['audit', 'auditmeta', 'auditpii', 'auditruns', 'auditindex']
var verifierReads = ['approvals']
// Segments that the sealer has anchored as given up, openings of erased persons, approvals past their time.
var verifierRemoves = ['audit', 'auditpii', 'approvals']
// An auditor verifies rows and sees the runs; openings, which hold what was asked, are answered by the gateway alone.
var auditorReads = ['audit', 'auditmeta', 'auditruns']

var tableGrants = concat(
  map(gatewayAppends, table => { table: table, principal: principals.gateway, kind: 'appender' }),
  map(gatewayRemoves, table => { table: table, principal: principals.gateway, kind: 'remover' }),
  map(gatewayReads, table => { table: table, principal: principals.gateway, kind: 'reader' }),
  map(verifierAppends, table => { table: table, principal: principals.verifier, kind: 'appender' }),
  map(verifierReads, table => { table: table, principal: principals.verifier, kind: 'reader' }),
  map(verifierRemoves, table => { table: table, principal: principals.verifier, kind: 'remover' })
)

resource grantedTables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = [
  for grant in tableGrants: {
    parent: audit::service
    name: grant.table
  }
]

resource tableRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (grant, index) in tableGrants: if (isPlatform) {
    name: guid(audit.id, grant.table, grant.principal, grant.kind)
    scope: grantedTables[index]
    properties: {
      principalId: grant.principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: grant.kind == 'appender' ? appender.id : (grant.kind == 'remover' ? remover.id : roleId.tableDataReader)
      description: 'Countersign: ${grant.kind} of ${grant.table}.'
    }
  }
]

// Each app asks for its tables before it uses them; they are there, and the answer is "exists" only to whom may make one.
resource tableMakers 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for principal in [principals.gateway, principals.verifier]: if (isPlatform) {
    name: guid(audit.id, principal, 'table-maker')
    scope: audit
    properties: {
      principalId: principal
      principalType: 'ServicePrincipal'
      roleDefinitionId: tableMaker.id
      description: 'Makes tables that are missing.'
    }
  }
]

resource auditedTables 'Microsoft.Storage/storageAccounts/tableServices/tables@2025-06-01' existing = [
  for table in auditorReads: {
    parent: audit::service
    name: table
  }
]

resource auditorTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (table, index) in auditorReads: if (isPlatform && !empty(auditorsGroupId)) {
    name: guid(audit.id, table, auditorsGroupId, 'reader')
    scope: auditedTables[index]
    properties: {
      principalId: auditorsGroupId
      principalType: 'Group'
      roleDefinitionId: roleId.tableDataReader
      description: 'Auditors read the rows themselves.'
    }
  }
]

// ---- The evidence: container by container ----

resource evidence 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: names.evidence

  resource service 'blobServices' existing = {
    name: 'default'

    resource anchors 'containers' existing = {
      name: 'evidence'
    }

    resource reports 'containers' existing = {
      name: 'reports'
    }

    resource policies 'containers' existing = {
      name: 'policies'
    }
  }
}

// Seals and anchors; it writes no report, so that the two halves of the evidence have two authors.
resource sealerAdds 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence::service::anchors.id, principals.sealer, 'adder')
  scope: evidence::service::anchors
  properties: {
    principalId: principals.sealer
    principalType: 'ServicePrincipal'
    roleDefinitionId: evidenceAdder.id
    description: 'The sealer adds anchors, segments and checkpoints.'
  }
}

// Before it seals, the sealer reads back that what it writes cannot be changed.
resource sealerReadsPolicies 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence.id, principals.sealer, 'immutability-reader')
  scope: evidence
  properties: {
    principalId: principals.sealer
    principalType: 'ServicePrincipal'
    roleDefinitionId: immutabilityReader.id
    description: 'Reads back the immutability policies.'
  }
}

resource verifierReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence::service::reports.id, principals.verifier, 'adder')
  scope: evidence::service::reports
  properties: {
    principalId: principals.verifier
    principalType: 'ServicePrincipal'
    roleDefinitionId: evidenceAdder.id
    description: 'The verifier adds reports.'
  }
}

resource verifierReadsAnchors 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence::service::anchors.id, principals.verifier, 'reader')
  scope: evidence::service::anchors
  properties: {
    principalId: principals.verifier
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId.blobDataReader
    description: 'The verifier checks against the anchors.'
  }
}

// The gateway answers auditors from both, and writes neither.
resource gatewayReadsAnchors 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence::service::anchors.id, principals.gateway, 'reader')
  scope: evidence::service::anchors
  properties: {
    principalId: principals.gateway
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId.blobDataReader
    description: 'The gateway answers auditors from the anchors.'
  }
}

resource gatewayReadsReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence::service::reports.id, principals.gateway, 'reader')
  scope: evidence::service::reports
  properties: {
    principalId: principals.gateway
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId.blobDataReader
    description: 'The gateway answers auditors from the reports.'
  }
}

// A release counts by its two signatures; who may put one there decides nothing.
resource gatewayReadsReleases 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform) {
  name: guid(evidence::service::policies.id, principals.gateway, 'reader')
  scope: evidence::service::policies
  properties: {
    principalId: principals.gateway
    principalType: 'ServicePrincipal'
    roleDefinitionId: roleId.blobDataReader
    description: 'The gateway takes signed releases of the policy.'
  }
}

resource publishersReplace 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform && !empty(publishersGroupId)) {
  name: guid(evidence::service::policies.id, publishersGroupId, 'contributor')
  scope: evidence::service::policies
  properties: {
    principalId: publishersGroupId
    principalType: 'Group'
    roleDefinitionId: roleId.blobDataContributor
    description: 'Publishes signed releases of the policy.'
  }
}

resource auditorsReadAnchors 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform && !empty(auditorsGroupId)) {
  name: guid(evidence::service::anchors.id, auditorsGroupId, 'reader')
  scope: evidence::service::anchors
  properties: {
    principalId: auditorsGroupId
    principalType: 'Group'
    roleDefinitionId: roleId.blobDataReader
    description: 'Auditors take copies of the anchors.'
  }
}

resource auditorsReadReports 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isPlatform && !empty(auditorsGroupId)) {
  name: guid(evidence::service::reports.id, auditorsGroupId, 'reader')
  scope: evidence::service::reports
  properties: {
    principalId: auditorsGroupId
    principalType: 'Group'
    roleDefinitionId: roleId.blobDataReader
    description: 'Auditors read the reports.'
  }
}

// ---- The vault: key by key, secret by secret ----

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: names.vault

  resource signingKey 'keys' existing = {
    name: vaultObjects.signingKey
  }
}

// Whoever makes keys of rows knows them; with one and this key he could write rows and anchor them. So: the sealer alone.
resource sealerSigns 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isVault) {
  name: guid(vault::signingKey.id, principals.sealer, 'signer')
  scope: vault::signingKey
  properties: {
    principalId: principals.sealer
    principalType: 'ServicePrincipal'
    roleDefinitionId: signer.id
    description: 'The sealer signs checkpoints and reports.'
  }
}

resource auditorsReadKey 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isVault && !empty(auditorsGroupId)) {
  name: guid(vault::signingKey.id, auditorsGroupId, 'reader')
  scope: vault::signingKey
  properties: {
    principalId: auditorsGroupId
    principalType: 'Group'
    roleDefinitionId: roleId.keyVaultReader
    description: 'Auditors pin the public half of the signing key.'
  }
}

resource gatewaySecrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for secret in vaultObjects.gatewaySecrets: {
    parent: vault
    name: secret
  }
]

// Keys of the months in sight, the mask's key, addresses of notices, and our own client's secret where a backend has one.
resource gatewayReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secret, index) in vaultObjects.gatewaySecrets: if (isVault) {
    name: guid(vault.id, secret, principals.gateway, 'reader')
    scope: gatewaySecrets[index]
    properties: {
      principalId: principals.gateway
      principalType: 'ServicePrincipal'
      roleDefinitionId: roleId.keyVaultSecretsUser
      description: 'The gateway reads this secret.'
    }
  }
]

resource verifierSecrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' existing = [
  for secret in vaultObjects.verifierSecrets: {
    parent: vault
    name: secret
  }
]

// Months' keys and its own, which it makes and checks by. Not the mask's key, nor any backend's.
resource verifierReadsSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secret, index) in vaultObjects.verifierSecrets: if (isVault) {
    name: guid(vault.id, secret, principals.verifier, 'reader')
    scope: verifierSecrets[index]
    properties: {
      principalId: principals.verifier
      principalType: 'ServicePrincipal'
      roleDefinitionId: roleId.keyVaultSecretsUser
      description: 'The verifier checks rows under this key.'
    }
  }
]

resource verifierMakesSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secret, index) in vaultObjects.verifierSecrets: if (isVault) {
    name: guid(vault.id, secret, principals.verifier, 'keymaker')
    scope: verifierSecrets[index]
    properties: {
      principalId: principals.verifier
      principalType: 'ServicePrincipal'
      roleDefinitionId: keymaker.id
      description: 'The verifier makes this key before its month.'
    }
  }
]

@description('The role that a person is made eligible for who may make keys in an emergency.')
output keymakerRoleId string = isVault ? keymaker.id : ''
