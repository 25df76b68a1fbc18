metadata description = 'Alert rules: one for each file in the folder alerts, with the page that says what to do.'

param location string
param tags object

@description('Workspace that takes the lines of both apps, by its id in Azure Resource Manager.')
param workspaceId string

@description('Lines of both apps as the queries take them.')
param lines string

@description('Site names, put in the place of {gateway} and {evidence}.')
param gatewayName string
param evidenceName string

@description('Denials in a quarter of an hour, of one tenant, below which nobody is told.')
@minValue(1)
param denials int

@description('Day from which the gateway may read no key of the book, as yyyy-MM-dd.')
param grantsEnd string

param actionGroupId string

@description('Address of docs/alerts.md as operators can open it.')
param runbookUrl string

// Severity: 0 call somebody now, 1 within the hour, 2 on the same working day.
var alerts = [
  {
    name: 'report-failed'
    title: 'The nightly report says FAIL'
    severity: 0
    kind: 'event'
    every: 'PT15M'
    window: 'PT1H'
    range: 'PT1H'
    query: loadTextContent('alerts/report-failed.kql')
  }
  {
    name: 'forgery'
    title: 'Something in the book or in its state is not as it was written'
    severity: 0
    kind: 'event'
    every: 'PT5M'
    window: 'PT15M'
    range: 'PT15M'
    query: loadTextContent('alerts/forgery.kql')
  }
  {
    name: 'identity-mismatch'
    title: 'A backend saw somebody else than who asked'
    severity: 0
    kind: 'event'
    every: 'PT5M'
    window: 'PT15M'
    range: 'PT15M'
    query: loadTextContent('alerts/identity-mismatch.kql')
  }
  {
    name: 'no-report'
    title: 'No nightly report for 26 hours'
    severity: 1
    kind: 'state'
    every: 'PT1H'
    window: 'PT1H'
    range: 'P2D'
    query: loadTextContent('alerts/no-report.kql')
  }
  {
    name: 'audit-unavailable'
    title: 'Calls are refused because the book cannot be written'
    severity: 1
    kind: 'state'
    every: 'PT5M'
    window: 'PT10M'
    range: 'PT10M'
    query: loadTextContent('alerts/audit-unavailable.kql')
  }
  {
    name: 'break-glass'
    title: 'Emergency access was opened'
    severity: 1
    kind: 'event'
    every: 'PT5M'
    window: 'PT15M'
    range: 'PT15M'
    query: loadTextContent('alerts/break-glass.kql')
  }
  {
    name: 'keys-end'
    title: 'Keys of the book are not made ahead'
    severity: 1
    kind: 'state'
    every: 'PT1H'
    window: 'PT1H'
    range: 'P2D'
    query: loadTextContent('alerts/keys-end.kql')
  }
  {
    name: 'report-incomplete'
    title: 'Two nights in a row could not be looked at whole'
    severity: 2
    kind: 'state'
    every: 'PT1H'
    window: 'PT1H'
    range: 'P2D'
    query: loadTextContent('alerts/report-incomplete.kql')
  }
  {
    name: 'deny-spike'
    title: 'Many more calls are denied than before'
    severity: 2
    kind: 'state'
    every: 'PT15M'
    window: 'PT15M'
    range: 'P1D'
    query: loadTextContent('alerts/deny-spike.kql')
  }
  {
    name: 'policy-change'
    title: 'A release of the policy came into force, or was refused'
    severity: 2
    kind: 'event'
    every: 'PT5M'
    window: 'PT15M'
    range: 'PT15M'
    query: loadTextContent('alerts/policy-change.kql')
  }
  {
    name: 'dead-letters'
    title: 'Messages or notices were given up'
    severity: 2
    kind: 'event'
    every: 'PT15M'
    window: 'PT30M'
    range: 'PT30M'
    query: loadTextContent('alerts/dead-letters.kql')
  }
  {
    name: 'jobs-failing'
    title: 'A job of the evidence app keeps failing'
    severity: 2
    kind: 'state'
    every: 'PT15M'
    window: 'PT30M'
    range: 'PT30M'
    query: loadTextContent('alerts/jobs-failing.kql')
  }
]

resource rules 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [for alert in alerts: {
  name: 'countersign-${alert.name}'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Countersign: ${alert.title}'
    description: '${alert.title}. What to do: ${runbookUrl}#${alert.name}'
    severity: alert.severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: alert.every
    windowSize: alert.window
    overrideQueryTimeRange: alert.range == alert.window ? null : alert.range
    criteria: {
      allOf: [
        {
          query: replace(replace(replace(replace('${lines}\n${alert.query}', '{gateway}', gatewayName), '{evidence}', evidenceName), '{denials}', string(denials)), '{grantsEnd}', grantsEnd)
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // What is over by itself is closed by itself; what has happened stays until somebody closes it.
    autoMitigate: alert.kind == 'state'
    muteActionsDuration: alert.kind == 'state' ? null : 'PT1H'
    actions: {
      actionGroups: [actionGroupId]
      customProperties: {
        runbook: '${runbookUrl}#${alert.name}'
      }
    }
  }
}]
