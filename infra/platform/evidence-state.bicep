@description('Name of the evidence account.')
param accountName string

@description('Names of the containers.')
param containers string[]

// Asked anew at each deployment, after the containers are there: a policy that is locked cannot be written again, and a
// template that tried would fail at its second run.

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: account
  name: 'default'
}

resource found 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for container in containers: {
    parent: blobs
    name: container
  }
]

@description('Whether a container has a policy, in the order of the containers.')
output hasPolicy bool[] = [
  for (container, index) in containers: found[index].properties.?hasImmutabilityPolicy ?? false
]
