extension microsoftGraphV1

metadata description = 'The registration of the console: a page that signs a person in, with no secret and one scope.'

param uniqueName string
param displayName string
param publicUrl string

@description('Application id of the gateway.')
param gatewayClientId string

@description('Unique name of the gateway, of which the ids of its scopes are made.')
param gatewayUniqueName string

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
  spa: {
    redirectUris: ['${publicUrl}/console']
  }
  requiredResourceAccess: [
    {
      resourceAppId: gatewayClientId
      resourceAccess: [
        {
          id: guid(gatewayUniqueName, 'scope', 'control')
          type: 'Scope'
        }
      ]
    }
  ]
}
