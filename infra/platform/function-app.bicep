@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the service in azure.yaml, whose code the app gets.')
@allowed(['gateway', 'evidence'])
param service string

@description('Name of the plan.')
param planName string

@description('Name of the app.')
@minLength(2)
@maxLength(60)
param name string

@description('Ids of the app\'s identities: the first one keeps the package.')
param identityIds string[]

@description('Address of the container of the package.')
param packageUrl string

@description('Version of Node.')
@allowed(['22', '24'])
param nodeVersion string

@description('Memory of an instance, which decides its share of processor as well.')
@allowed([512, 2048, 4096])
param memoryMB int

@description('Most instances of any one group of functions.')
@minValue(1)
@maxValue(1000)
param maximumInstances int

@description('Calls that one instance is given at once before another one is started.')
@minValue(1)
@maxValue(1000)
param callsPerInstance int

@description('Instances for requests that wait warm, and are paid for so.')
@minValue(0)
param alwaysReady int

@description('Whether instances are spread over zones.')
param zoneRedundant bool

@description('Subnet from which the app calls out; empty: none.')
param subnetId string

@description('Who may reach the app: everybody, its private endpoint alone, or nobody (its deployment excepted).')
@allowed(['public', 'private', 'none'])
param ingress string

@description('Whether the site for deployments may be reached from outside the virtual network. Only Entra opens it: passwords are off.')
param deploysFromAnywhere bool

resource plan 'Microsoft.Web/serverfarms@2024-11-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: {
    reserved: true
    zoneRedundant: zoneRedundant
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': service })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: toObject(identityIds, id => id, id => {})
  }
  properties: {
    serverFarmId: plan.id
    reserved: true
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: deploysFromAnywhere || ingress == 'public' ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: empty(subnetId) ? null : subnetId
    outboundVnetRouting: empty(subnetId) ? null : { allTraffic: true }
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: packageUrl
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityIds[0]
          }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        // Each instance that writes rows leases a lane of the book. Requests over HTTP share one group of instances; each
        // timer and each queue is a group of its own, with at least one instance while it runs. So the most lanes at once
        // are: maximumInstances for requests, one for each timer, and maximumInstances for each queue. The gateway has two
        // timers (one where no channel of notices is set) and one queue, the evidence app five timers and one queue.
        instanceMemoryMB: memoryMB
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReady > 0 ? [{ name: 'http', instanceCount: alwaysReady }] : []
        triggers: {
          http: { perInstanceConcurrency: callsPerInstance }
        }
      }
    }
    // The app's settings are in settings.bicep: they name the site's address, which is known only now.
    siteConfig: {
      ftpsState: 'Disabled'
      http20Enabled: true
      ipSecurityRestrictions: ingress == 'none' ? denyAll : []
      ipSecurityRestrictionsDefaultAction: ingress == 'none' ? 'Deny' : 'Allow'
      minTlsVersion: '1.2'
      remoteDebuggingEnabled: false
      scmIpSecurityRestrictionsDefaultAction: 'Allow'
      scmIpSecurityRestrictionsUseMain: false
      scmMinTlsVersion: '1.2'
    }
  }
}

var denyAll = [
  {
    name: 'nobody'
    description: 'This app answers no request.'
    action: 'Deny'
    ipAddress: '0.0.0.0/0'
    priority: 100
  }
]

resource noFtpPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'ftp'
  properties: { allow: false }
}

resource noScmPassword 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-11-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

output id string = site.id
output name string = site.name
@description('Where the app is reached; never computed, since Azure may add a label to the name.')
output url string = 'https://${site.properties.defaultHostName}'
