@description('Region of the identities.')
param location string

@description('Tags of every resource.')
param tags object

@description('Names: the gateway\'s identity, the sealer\'s, the verifier\'s, and that of the front.')
param names {
  gateway: string
  sealer: string
  verifier: string
  front: string
}

@description('Whether there is an API Management in front, which has an identity for its telemetry.')
param withFront bool

// One identity for each duty. Which may do what stands in roles.bicep and nowhere else.

@description('The gateway: writes rows, exchanges tokens for persons. The federated credential of the registration names it.')
resource gateway 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.gateway
  location: location
  tags: tags
}

@description('The sealer: signs checkpoints and keeps sealed evidence. Reads no key of rows.')
resource sealer 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.sealer
  location: location
  tags: tags
}

@description('The verifier: reads every row and every audit key, makes the months\' keys, reports. Signs nothing.')
resource verifier 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: names.verifier
  location: location
  tags: tags
}

@description('The front: writes telemetry, and nothing else.')
resource front 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = if (withFront) {
  name: names.front
  location: location
  tags: tags
}

output gatewayId string = gateway.id
output gatewayPrincipalId string = gateway.properties.principalId
output gatewayClientId string = gateway.properties.clientId
output sealerId string = sealer.id
output sealerPrincipalId string = sealer.properties.principalId
output sealerClientId string = sealer.properties.clientId
output verifierId string = verifier.id
output verifierPrincipalId string = verifier.properties.principalId
output verifierClientId string = verifier.properties.clientId
output frontId string = withFront ? front!.id : ''
output frontPrincipalId string = withFront ? front!.properties.principalId : ''
output frontClientId string = withFront ? front!.properties.clientId : ''
