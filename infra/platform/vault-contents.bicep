@description('Name of the vault, which is there.')
param vaultName string

@description('Name of the key by which checkpoints and reports are signed.')
param signingKeyName string

@description('Whether the signing key is kept in a hardware module (a premium vault).')
param inHardware bool

@description('Months (`audit-hmac-YYYY-MM`) whose keys must be there before the verifier first looks, and when they retire (epoch seconds).')
param firstMonths {
  name: string
  retires: int
}[]

@description('Random, made anew by each deployment and kept nowhere; used only for what is not there yet.')
@secure()
param firstSeed string

@description('As the first.')
@secure()
param secondSeed string

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: vaultName
}

@description('ES256. Never leaves the vault: it is not exportable, and it signs and verifies and nothing else.')
resource signingKey 'Microsoft.KeyVault/vaults/keys@2024-11-01' = {
  parent: vault
  name: signingKeyName
  properties: {
    kty: inHardware ? 'EC-HSM' : 'EC'
    curveName: 'P-256'
    keyOps: ['sign', 'verify']
    attributes: { enabled: true, exportable: false }
  }
}

// The verifier makes the months' keys, a year ahead, once a day (docs/operating.md). These are for the time until its first
// turn: without a key of the month no row is written, and without a row no call is made. Whoever deploys never sees them.
// A secret that is there stays as it is: a second version of a month's key would be a rotation, and a second version of
// the mask's key would orphan recordings.

@onlyIfNotExists()
resource monthKeys 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [
  for month in firstMonths: {
    parent: vault
    name: month.name
    properties: {
      value: base64('${guid(firstSeed, month.name)}${guid(secondSeed, month.name)}')
      attributes: { enabled: true, exp: month.retires }
    }
  }
]

@description('Key of masks that keep values comparable, of handles, and of what is recorded.')
@onlyIfNotExists()
resource maskKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = {
  parent: vault
  name: 'mask-key'
  properties: {
    value: base64('${guid(firstSeed, 'mask-key')}${guid(secondSeed, 'mask-key')}')
    attributes: { enabled: true }
  }
}

output vaultUrl string = vault.properties.vaultUri
