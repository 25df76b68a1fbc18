@description('Region of the vault.')
param location string

@description('Tags of every resource.')
param tags object

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Kind of the vault: premium keeps the signing key in a hardware module.')
@allowed(['standard', 'premium'])
param sku string

@description('Whether the vault is reached by its private endpoint alone.')
param isPrivate bool

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: sku }
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    enablePurgeProtection: true
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
    publicNetworkAccess: isPrivate ? 'disabled' : 'enabled'
  }
}

output id string = vault.id
output name string = vault.name
