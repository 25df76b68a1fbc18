@description('Region of the network, wherever the resources are.')
param location string

@description('Tags of every resource.')
param tags object

@description('Subnet of the endpoints.')
param subnetId string

@description('What is reached so: a name for the endpoint, the resource, its sub-resource, and the zone of its name.')
param targets {
  name: string
  resourceId: string
  groupId: string
  zone: string
}[]

@description('Whether the zones are in this group; otherwise a policy of the organisation enters the names.')
param ownsZones bool

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' existing = [
  for target in targets: {
    name: target.zone
  }
]

@batchSize(3)
resource endpoints 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for target in targets: {
    name: target.name
    location: location
    tags: tags
    properties: {
      subnet: { id: subnetId }
      privateLinkServiceConnections: [
        {
          name: target.name
          properties: {
            privateLinkServiceId: target.resourceId
            groupIds: [target.groupId]
          }
        }
      ]
    }
  }
]

@batchSize(3)
resource names 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (target, index) in targets: if (ownsZones) {
    parent: endpoints[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: 'zone'
          properties: { privateDnsZoneId: zones[index].id }
        }
      ]
    }
  }
]
