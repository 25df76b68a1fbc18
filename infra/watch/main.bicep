metadata description = 'What watches a deployment: alert rules and who is told, a workbook, and analytics rules of Sentinel where it is used.'

param location string
param tags object = {}

@description('Workspace behind Application Insights, by its id in Azure Resource Manager; it may be in another group.')
param workspaceId string

param gatewayName string
param evidenceName string

@description('Who is told by mail; nobody, and alerts stand in the portal alone.')
param alertEmails string[] = []

@description('Denials in a quarter of an hour, of one tenant, below which nobody is told.')
@minValue(1)
param denials int = 50

@description('Months of audit keys that the gateway may read, this one included: it is told in time when they end.')
param gatewayKeyMonths int = 14

@description('Of the moment; not to be set.')
param month string = utcNow('yyyy-MM')

@description('Whether the workspace has Sentinel: then its analytics rules are made as well.')
param sentinel bool = false

@description('Address of docs/alerts.md as operators can open it.')
param runbookUrl string = 'docs/alerts.md'

var lines = loadTextContent('lines.kql')
// Each deployment lets the gateway read further months.
var firstWithout = int(take(month, 4)) * 12 + int(skip(month, 5)) - 1 + gatewayKeyMonths
var grantsEnd = '${firstWithout / 12}-${padLeft(firstWithout % 12 + 1, 2, '0')}-01'

resource actionGroup 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'countersign-operators'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'countersign'
    enabled: true
    emailReceivers: [for (address, index) in alertEmails: {
      name: 'operator-${index}'
      emailAddress: address
      useCommonAlertSchema: true
    }]
  }
}

module alerts 'alerts.bicep' = {
  name: 'watch-alerts'
  params: {
    location: location
    tags: tags
    workspaceId: workspaceId
    lines: lines
    gatewayName: gatewayName
    evidenceName: evidenceName
    denials: denials
    grantsEnd: grantsEnd
    actionGroupId: actionGroup.id
    runbookUrl: runbookUrl
  }
}

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(resourceGroup().id, 'countersign-workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Countersign'
    description: 'Reports, decisions, refusals and jobs, for operators'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: workspaceId
    serializedData: replace(replace(loadTextContent('workbook.json'), '{gateway}', gatewayName), '{evidence}', evidenceName)
  }
}

module analytics 'sentinel.bicep' = if (sentinel) {
  name: 'watch-sentinel'
  scope: resourceGroup(split(workspaceId, '/')[2], split(workspaceId, '/')[4])
  params: {
    workspaceName: last(split(workspaceId, '/'))
    lines: lines
    gatewayName: gatewayName
    evidenceName: evidenceName
    denials: denials
  }
}

output actionGroupId string = actionGroup.id
output workbookId string = workbook.id
