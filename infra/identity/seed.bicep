extension microsoftGraphV1

metadata description = 'An application by its name alone, so that its id is known before anything that names the id is declared.'

@description('Alternate key of the application, unique in the tenant and never changed.')
param uniqueName string

param displayName string

// Declared once more, whole, by another file: what is not named here is left as it is there.
resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
}

// In the same file as its application: from another one its id may not be found yet.
resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: application.appId
}

output appId string = application.appId
output principalId string = principal.id
