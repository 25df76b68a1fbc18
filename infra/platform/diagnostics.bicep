@description('Names of the storage accounts whose reading and writing is logged.')
param storageAccounts string[]

@description('Name of the vault whose use is logged; empty: a brought one, which its owner logs.')
param vaultName string

@description('Id of the workspace.')
param workspaceId string

// Who read a key, who asked for a blob: what Azure itself records, beside the book and not under our control.

resource accounts 'Microsoft.Storage/storageAccounts@2025-06-01' existing = [
  for account in storageAccounts: {
    name: account
  }
]

resource blobServices 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = [
  for (account, index) in storageAccounts: {
    parent: accounts[index]
    name: 'default'
  }
]

resource tableServices 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' existing = [
  for (account, index) in storageAccounts: {
    parent: accounts[index]
    name: 'default'
  }
]

resource blobLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [
  for (account, index) in storageAccounts: {
    name: 'countersign'
    scope: blobServices[index]
    properties: {
      workspaceId: workspaceId
      // Deletions, and attempts at them, of both; who reads the evidence is in the book where it goes through the gateway.
      logs: [
        { category: 'StorageDelete', enabled: true }
        { category: 'StorageWrite', enabled: true }
      ]
    }
  }
]

resource tableLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = [
  for (account, index) in storageAccounts: {
    name: 'countersign'
    scope: tableServices[index]
    properties: {
      workspaceId: workspaceId
      // Writes are the book itself, a row each: logging them would double the cost and say nothing new.
      logs: [{ category: 'StorageDelete', enabled: true }]
    }
  }
]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: empty(vaultName) ? 'none' : vaultName
}

resource vaultLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(vaultName)) {
  name: 'countersign'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}
