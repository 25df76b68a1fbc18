@description('Region.')
param location string

@description('Tags of every resource.')
param tags object

@description('Names of what is made.')
param names {
  network: string
  securityGroup: string
  gateway: string
  address: string
}

@description('Address range of the network; subnets are cut from it (a /24 at least).')
param addressPrefix string

@description('Whether there is an API Management in front, which needs a subnet too.')
param withApiManagement bool

// One network: the two apps call out of a subnet each, everything of ours is answered in the third. What leaves the network
// leaves by one fixed address, so that a backend's firewall can name it.

var delegatedToApps = [
  {
    name: 'apps'
    properties: { serviceName: 'Microsoft.App/environments' }
  }
]

resource securityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: names.securityGroup
  location: location
  tags: tags
  properties: {
    securityRules: [
      {
        name: 'from-the-network-alone'
        properties: {
          description: 'Private endpoints answer whoever is in the network, by https, and nobody else.'
          access: 'Allow'
          direction: 'Inbound'
          priority: 100
          protocol: 'Tcp'
          sourceAddressPrefix: 'VirtualNetwork'
          sourcePortRange: '*'
          destinationAddressPrefix: 'VirtualNetwork'
          destinationPortRange: '443'
        }
      }
      {
        name: 'nobody-else'
        properties: {
          access: 'Deny'
          direction: 'Inbound'
          priority: 4096
          protocol: '*'
          sourceAddressPrefix: '*'
          sourcePortRange: '*'
          destinationAddressPrefix: '*'
          destinationPortRange: '*'
        }
      }
    ]
  }
}

resource address 'Microsoft.Network/publicIPAddresses@2025-05-01' = {
  name: names.address
  location: location
  tags: tags
  sku: { name: 'Standard', tier: 'Regional' }
  properties: {
    publicIPAddressVersion: 'IPv4'
    publicIPAllocationMethod: 'Static'
  }
}

resource natGateway 'Microsoft.Network/natGateways@2025-05-01' = {
  name: names.gateway
  location: location
  tags: tags
  sku: { name: 'Standard' }
  properties: {
    idleTimeoutInMinutes: 10
    publicIpAddresses: [{ id: address.id }]
  }
}

var subnets = [
  {
    name: 'gateway'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 0)
      defaultOutboundAccess: false
      delegations: delegatedToApps
      natGateway: { id: natGateway.id }
    }
  }
  {
    name: 'evidence'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 1)
      defaultOutboundAccess: false
      delegations: delegatedToApps
      natGateway: { id: natGateway.id }
    }
  }
  {
    name: 'endpoints'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 2)
      defaultOutboundAccess: false
      networkSecurityGroup: { id: securityGroup.id }
      privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
    }
  }
]

var apiManagementSubnet = [
  {
    name: 'api-management'
    properties: {
      addressPrefix: cidrSubnet(addressPrefix, 26, 3)
      defaultOutboundAccess: false
      delegations: [
        {
          name: 'api-management'
          properties: { serviceName: 'Microsoft.Web/serverFarms' }
        }
      ]
      natGateway: { id: natGateway.id }
      networkSecurityGroup: { id: securityGroup.id }
    }
  }
]

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: names.network
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: [addressPrefix] }
    subnets: concat(subnets, withApiManagement ? apiManagementSubnet : [])
  }
}

output id string = network.id
output gatewaySubnetId string = '${network.id}/subnets/gateway'
output evidenceSubnetId string = '${network.id}/subnets/evidence'
output endpointsSubnetId string = '${network.id}/subnets/endpoints'
output apiManagementSubnetId string = withApiManagement ? '${network.id}/subnets/api-management' : ''
@description('The one address from which backends are called.')
output egressAddress string = address.properties.ipAddress
