@description('Name of the service.')
param serviceName string

@description('Where the gateway is reached by the service.')
param gatewayUrl string

@description('Where agents reach the service.')
param publicUrl string

@description('Application id of the gateway: the audience of its tokens.')
param clientId string

@description('Tenants whose tokens are accepted.')
param tenants string[]

@description('Id of Application Insights, and its connection string.')
param insightsId string
param insightsConnection string

@description('Client id of the identity under which telemetry is written.')
param identityClientId string

// Issuers and keys of each tenant by themselves, never of "common": a token of a tenant that is not named is refused here.
var loginUrl = environment().authentication.loginEndpoint
var metadata = [
  for tenant in tenants: '<openid-config url="${loginUrl}${tenant}/v2.0/.well-known/openid-configuration" />'
]

resource service 'Microsoft.ApiManagement/service@2024-05-01' existing = {
  name: serviceName
}

resource api 'Microsoft.ApiManagement/service/apis@2024-05-01' = {
  parent: service
  name: 'countersign'
  properties: {
    displayName: 'Countersign'
    description: 'All routes of the gateway. A caller is a person with a token; there are no subscription keys.'
    path: ''
    protocols: ['https']
    serviceUrl: gatewayUrl
    subscriptionRequired: false
    type: 'http'
  }
}

resource operations 'Microsoft.ApiManagement/service/apis/operations@2024-05-01' = [
  for method in ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']: {
    parent: api
    name: toLower(method)
    properties: {
      displayName: '${method} any route'
      method: method
      urlTemplate: '/*'
    }
  }
]

resource policy 'Microsoft.ApiManagement/service/apis/policies@2024-05-01' = {
  parent: api
  name: 'policy'
  properties: {
    format: 'rawxml'
    value: replace(
      replace(replace(loadTextContent('front-policy.xml'), '{{metadata}}', join(metadata, '\n          ')), '{{audience}}', clientId),
      '{{public-url}}',
      publicUrl
    )
  }
}

resource logger 'Microsoft.ApiManagement/service/loggers@2024-05-01' = {
  parent: service
  name: 'insights'
  properties: {
    loggerType: 'applicationInsights'
    resourceId: insightsId
    credentials: {
      connectionString: insightsConnection
      identityClientId: identityClientId
    }
  }
}

@description('Who called what when; neither headers nor bodies, since those are tokens and personal values.')
resource diagnostics 'Microsoft.ApiManagement/service/apis/diagnostics@2024-05-01' = {
  parent: api
  name: 'applicationinsights'
  properties: {
    alwaysLog: 'allErrors'
    httpCorrelationProtocol: 'W3C'
    logClientIp: false
    loggerId: logger.id
    operationNameFormat: 'Url'
    sampling: { samplingType: 'fixed', percentage: 100 }
    verbosity: 'error'
    frontend: { request: { headers: [], body: { bytes: 0 } }, response: { headers: [], body: { bytes: 0 } } }
    backend: { request: { headers: [], body: { bytes: 0 } }, response: { headers: [], body: { bytes: 0 } } }
  }
}
