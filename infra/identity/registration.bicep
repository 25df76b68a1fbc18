metadata description = 'Registrations of gateway and console in Entra. Not deployed where an Entra admin brings them.'

@description('Name of the azd environment: two environments of one tenant are two registrations.')
param environmentName string

param tenantId string = tenant().tenantId

@description('Entra cloud; a deployment stands in exactly one.')
param cloud 'public' | 'usgov' | 'china' = 'public'

@description('Where the gateway is reached, https, without a slash at its end. Its host has to be a verified domain of the tenant, or one that the tenant lets be used.')
param publicUrl string

@description('Address of /mcp at a domain of the company; empty: none.')
param resourceUri string

@description('Object id of the managed identity of the gateway.')
param gatewayPrincipalId string

@description('Names of the backends that are configured: what the registration may be consented to.')
param backends string[]

@description('Application ids of the agents that may call; none of them has to ask a person for consent.')
param allowedActors string[] = []

@description('Group that audits, by object id; empty: roles are assigned by hand.')
param auditorsGroupId string = ''

@description('Group that operates, by object id; empty: roles are assigned by hand.')
param operatorsGroupId string = ''

var gatewayName = 'countersign-${environmentName}'
var consoleName = 'countersign-console-${environmentName}'

module gatewaySeed 'seed.bicep' = {
  name: 'identity-gateway-seed'
  params: {
    uniqueName: gatewayName
    displayName: 'Countersign (${environmentName})'
  }
}

module consoleSeed 'seed.bicep' = {
  name: 'identity-console-seed'
  params: {
    uniqueName: consoleName
    displayName: 'Countersign console (${environmentName})'
  }
}

module gateway 'gateway.bicep' = {
  name: 'identity-gateway'
  params: {
    uniqueName: gatewayName
    displayName: 'Countersign (${environmentName})'
    clientId: gatewaySeed.outputs.appId
    principalId: gatewaySeed.outputs.principalId
    consoleClientId: consoleSeed.outputs.appId
    tenantId: tenantId
    cloud: cloud
    resourceUri: resourceUri
    gatewayPrincipalId: gatewayPrincipalId
    backends: backends
    allowedActors: allowedActors
    auditorsGroupId: auditorsGroupId
    operatorsGroupId: operatorsGroupId
  }
}

module console 'console.bicep' = {
  name: 'identity-console'
  params: {
    uniqueName: consoleName
    displayName: 'Countersign console (${environmentName})'
    publicUrl: publicUrl
    gatewayClientId: gatewaySeed.outputs.appId
    gatewayUniqueName: gatewayName
  }
  // Names a scope of the gateway.
  dependsOn: [gateway]
}

// Of the seeds, so that whoever needs the id alone does not wait for the rest.
output clientId string = gatewaySeed.outputs.appId
output consoleClientId string = consoleSeed.outputs.appId
