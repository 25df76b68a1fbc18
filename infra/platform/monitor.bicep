@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the workspace that is made; unused where one is brought.')
param workspaceName string

@description('Name of the Application Insights resource.')
param insightsName string

@description('Id of a workspace that is there already; empty: one is made.')
param existingWorkspaceId string

@description('Days for which logs are kept in a workspace that is made.')
@minValue(30)
@maxValue(730)
param retentionDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = if (empty(existingWorkspaceId)) {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
      enableLogAccessUsingOnlyResourcePermissions: true
    }
  }
}

var workspaceId = empty(existingWorkspaceId) ? workspace!.id : existingWorkspaceId

@description('Telemetry, of identities with a role alone: local authentication is off. The book is the record, not this.')
resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    DisableIpMasking: false
    DisableLocalAuth: true
    IngestionMode: 'LogAnalytics'
    WorkspaceResourceId: workspaceId
  }
}

output workspaceId string = workspaceId
output insightsId string = insights.id
output insightsName string = insights.name
output insightsConnection string = insights.properties.ConnectionString
