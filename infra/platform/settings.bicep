@description('Which of the two apps this is.')
@allowed(['gateway', 'evidence'])
param app string

@description('Name of the site.')
param siteName string

@description('Addresses of the host\'s own storage account.')
param hostStorage {
  blobUrl: string
  queueUrl: string
  tableUrl: string
}

@description('Client id of the identity under which the host, its telemetry and the app\'s own calls run.')
param identityClientId string

@description('Client ids of the evidence app\'s two identities; empty in the gateway, which must not know them.')
param sealerClientId string
param verifierClientId string

@description('Connection string of Application Insights. It opens nothing: local authentication is off.')
param insightsConnection string

@description('What the deployment makes, or was told.')
param facts {
  publicUrl: string
  cloud: string
  homeTenant: string
  clientId: string
  consoleClientId: string
  vaultUrl: string
  auditTablesUrl: string
  evidenceBlobsUrl: string
  evidenceAccountId: string
}

@description('What whoever deploys has chosen. Empty text: the default of the schema.')
param choices {
  tenants: string
  allowedActors: string
  sealSchedule: string
  nightlyHour: string
  reportWebhooks: string
  timeStampUrl: string
  sources: object
  retentionDays: int
  policy: string
  policySigners: object
  policyGroups: object
  backends: object
  timeZone: string
  approvalDecideMinutes: string
  approvalUseMinutes: string
  approvalOpenLimit: string
  notices: array
  quotas: array
  businessUnits: object
  callsPerMinute: string
  failedTokensPerMinute: string
  deniedTokenIds: string
}

// The whole set. Azure Resource Manager replaces all of an app's settings at each deployment: what is not here is gone
// after the next one, so nothing is set in the portal. No value is a secret; secrets are in the vault.

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource settings 'Microsoft.Web/sites/config@2024-11-01' = {
  parent: site
  name: 'appsettings'
  properties: {
    // The host. Addresses instead of the account's name: that one is looked up in the public cloud alone.
    AzureWebJobsStorage__blobServiceUri: hostStorage.blobUrl
    AzureWebJobsStorage__queueServiceUri: hostStorage.queueUrl
    AzureWebJobsStorage__tableServiceUri: hostStorage.tableUrl
    AzureWebJobsStorage__credential: 'managedidentity'
    AzureWebJobsStorage__clientId: identityClientId
    APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnection
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identityClientId};Authorization=AAD'

    // The app: every name of its schema. An empty text is the same to it as no setting.
    COUNTERSIGN_MODE: 'production'
    COUNTERSIGN_APP: app
    COUNTERSIGN_PUBLIC_URL: facts.publicUrl
    COUNTERSIGN_CLOUD: facts.cloud
    COUNTERSIGN_HOME_TENANT: facts.homeTenant
    COUNTERSIGN_TENANTS: choices.tenants
    COUNTERSIGN_CLIENT_ID: facts.clientId
    COUNTERSIGN_CONSOLE_CLIENT_ID: facts.consoleClientId
    // Nobody has to be said: with no setting at all the app would not start.
    COUNTERSIGN_ALLOWED_ACTORS: empty(choices.allowedActors) ? ',' : choices.allowedActors
    COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: identityClientId
    COUNTERSIGN_KEY_VAULT_URL: facts.vaultUrl
    COUNTERSIGN_AUDIT_TABLES_URL: facts.auditTablesUrl
    COUNTERSIGN_EVIDENCE_BLOBS_URL: facts.evidenceBlobsUrl
    COUNTERSIGN_SEALER_CLIENT_ID: sealerClientId
    COUNTERSIGN_VERIFIER_CLIENT_ID: verifierClientId
    COUNTERSIGN_EVIDENCE_ACCOUNT_ID: facts.evidenceAccountId
    COUNTERSIGN_SEAL_SCHEDULE: choices.sealSchedule
    COUNTERSIGN_NIGHTLY_HOUR: choices.nightlyHour
    COUNTERSIGN_REPORT_WEBHOOKS: choices.reportWebhooks
    COUNTERSIGN_TIME_STAMP_URL: choices.timeStampUrl
    COUNTERSIGN_SOURCES: string(choices.sources)
    COUNTERSIGN_RETENTION_DAYS: string(choices.retentionDays)
    COUNTERSIGN_POLICY: choices.policy
    COUNTERSIGN_POLICY_SIGNERS: string(choices.policySigners)
    COUNTERSIGN_POLICY_GROUPS: string(choices.policyGroups)
    COUNTERSIGN_BACKENDS: string(choices.backends)
    COUNTERSIGN_TIME_ZONE: choices.timeZone
    COUNTERSIGN_APPROVAL_DECIDE_MINUTES: choices.approvalDecideMinutes
    COUNTERSIGN_APPROVAL_USE_MINUTES: choices.approvalUseMinutes
    COUNTERSIGN_APPROVAL_OPEN_LIMIT: choices.approvalOpenLimit
    COUNTERSIGN_NOTICES: string(choices.notices)
    COUNTERSIGN_QUOTAS: string(choices.quotas)
    COUNTERSIGN_BUSINESS_UNITS: string(choices.businessUnits)
    COUNTERSIGN_CALLS_PER_MINUTE: choices.callsPerMinute
    COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: choices.failedTokensPerMinute
    COUNTERSIGN_DENIED_TOKEN_IDS: choices.deniedTokenIds

    // Of development; a value here stops the app.
    COUNTERSIGN_ENTRA_URL: ''
    COUNTERSIGN_ARM_URL: ''
    COUNTERSIGN_LOGS_URL: ''
  }
}
