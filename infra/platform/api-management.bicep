@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the service.')
@minLength(1)
@maxLength(50)
param name string

@description('Tier: both hold a connection open for minutes, as streams need. StandardV2 reaches into a network.')
@allowed(['BasicV2', 'StandardV2'])
param sku string

@description('Whom Azure writes to about the service.')
param publisherEmail string

@description('Subnet from which the service calls the gateway; empty: none.')
param subnetId string

@description('Id of the identity of its telemetry.')
param identityId string

// A front that the organisation may already demand. It refuses early what the gateway would refuse, and passes on
// everything else as it came: the gateway trusts nothing that it says.

resource service 'Microsoft.ApiManagement/service@2024-05-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku, capacity: 1 }
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    publisherEmail: publisherEmail
    publisherName: 'Countersign'
    virtualNetworkType: empty(subnetId) ? 'None' : 'External'
    virtualNetworkConfiguration: empty(subnetId) ? null : { subnetResourceId: subnetId }
  }
}

output name string = service.name
output url string = service.properties.gatewayUrl
