metadata description = 'Analytics rules of Microsoft Sentinel: what a security team has to look into, as incidents.'

@description('Workspace in this resource group, with Sentinel on it.')
param workspaceName string

param lines string
param gatewayName string
param evidenceName string
param denials int

var rules = [
  {
    name: 'report-failed'
    title: 'Countersign: the book is proven wrong'
    severity: 'High'
    tactics: ['DefenseEvasion', 'Impact']
    every: 'PT15M'
    range: 'PT1H'
    query: loadTextContent('alerts/report-failed.kql')
  }
  {
    name: 'forgery'
    title: 'Countersign: a row that nobody wrote'
    severity: 'High'
    tactics: ['DefenseEvasion']
    every: 'PT5M'
    range: 'PT15M'
    query: loadTextContent('alerts/forgery.kql')
  }
  {
    name: 'identity-mismatch'
    title: 'Countersign: a backend saw somebody else'
    severity: 'High'
    tactics: ['CredentialAccess', 'PrivilegeEscalation']
    every: 'PT5M'
    range: 'PT15M'
    query: loadTextContent('alerts/identity-mismatch.kql')
  }
  {
    name: 'break-glass'
    title: 'Countersign: emergency access was opened'
    severity: 'Medium'
    tactics: ['PrivilegeEscalation']
    every: 'PT5M'
    range: 'PT15M'
    query: loadTextContent('alerts/break-glass.kql')
  }
  {
    name: 'no-report'
    title: 'Countersign: no report for 26 hours'
    severity: 'Medium'
    tactics: ['DefenseEvasion', 'ImpairProcessControl']
    every: 'PT1H'
    range: 'P2D'
    query: loadTextContent('alerts/no-report.kql')
  }
  {
    name: 'deny-spike'
    title: 'Countersign: many more calls are denied than before'
    severity: 'Medium'
    tactics: ['Discovery', 'Collection']
    every: 'PT15M'
    range: 'P1D'
    query: loadTextContent('alerts/deny-spike.kql')
  }
]

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-07-01' existing = {
  name: workspaceName
}

resource analytics 'Microsoft.SecurityInsights/alertRules@2025-09-01' = [for rule in rules: {
  name: guid(workspace.id, gatewayName, rule.name)
  scope: workspace
  kind: 'Scheduled'
  properties: {
    displayName: rule.title
    description: 'Runbook: docs/alerts.md#${rule.name}'
    severity: rule.severity
    enabled: true
    tactics: rule.tactics
    query: replace(replace(replace('${lines}\n${rule.query}', '{gateway}', gatewayName), '{evidence}', evidenceName), '{denials}', string(denials))
    queryFrequency: rule.every
    queryPeriod: rule.range
    triggerOperator: 'GreaterThan'
    triggerThreshold: 0
    suppressionEnabled: true
    suppressionDuration: 'PT1H'
    incidentConfiguration: {
      createIncident: true
      groupingConfiguration: {
        enabled: true
        reopenClosedIncident: false
        lookbackDuration: 'PT5H'
        matchingMethod: 'AllEntities'
      }
    }
  }
}]
