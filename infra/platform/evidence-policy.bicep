@description('Name of the evidence account.')
param accountName string

@description('Containers that are to be immutable, and whether blobs may still be appended to.')
param containers {
  name: string
  allowsAppends: bool
}[]

@description('Whether each of them has a policy already.')
param hasPolicy bool[]

@description('Days for which a blob can neither be changed nor deleted, from its creation or its last append.')
@minValue(183)
@maxValue(146000)
param days int

// Made once and unlocked. Azure Resource Manager locks by an action of its own and takes no state here ("state" is
// read-only); that step, which nobody can take back, is named in docs/deploying.md. Until it is taken the sealer refuses
// to seal, and the doctor says why. A locked policy can be made longer, by "extend", and nothing else.

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource kept 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for container in containers: {
    parent: blobs
    name: container.name
  }
]

resource policies 'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies@2025-06-01' = [
  for (container, index) in containers: if (!hasPolicy[index]) {
    parent: kept[index]
    name: 'default'
    properties: {
      allowProtectedAppendWrites: container.allowsAppends
      immutabilityPeriodSinceCreationInDays: days
    }
  }
]
