extension microsoftGraphV1

metadata description = 'The registration of the gateway, whole.'

param uniqueName string
param displayName string

@description('Application id, from the seed.')
param clientId string

@description('Object id of the service principal, from the seed.')
param principalId string

@description('Application id of the console.')
param consoleClientId string

param tenantId string
param cloud 'public' | 'usgov' | 'china'

@description('Address of /mcp at a domain of the company, for clients that name a resource (RFC 8707); empty: none. Entra may refuse one at a domain that the tenant has not verified.')
param resourceUri string

@description('Object id of the managed identity whose token is the client assertion.')
param gatewayPrincipalId string

@description('Names of the backends that are configured.')
param backends string[]

@description('Application ids of the agents that may call.')
param allowedActors string[]

param auditorsGroupId string
param operatorsGroupId string

var facts = loadJsonContent('registration.json')
var needs = filter(loadJsonContent('permissions.json'), row => contains(backends, row.backend) && row.api != 'tenant-defined')
var asked = concat(needs, [{ backend: '', api: facts.graph.appId, name: 'Microsoft Graph', scopes: facts.graph.scopes }])
var apis = union(map(asked, row => row.api), [])
var scopesOf = [for api in apis: union(flatten(map(filter(asked, row => row.api == api && !empty(row.scopes)), row => row.scopes)), [])]

var scopeIds = toObject(facts.scopes, scope => scope.value, scope => guid(uniqueName, 'scope', scope.value))
var roleIds = toObject(facts.appRoles, role => role.value, role => guid(uniqueName, 'role', role.value))

// Ids of scopes are looked up by their names, in the tenant itself: they differ between clouds.
resource apiPrincipals 'Microsoft.Graph/servicePrincipals@v1.0' existing = [for api in apis: {
  appId: api
}]

resource application 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: uniqueName
  displayName: displayName
  signInAudience: 'AzureADMyOrg'
  identifierUris: filter(['api://${clientId}', resourceUri], uri => !empty(uri))
  groupMembershipClaims: facts.groupMembershipClaims
  optionalClaims: {
    accessToken: facts.optionalClaims
  }
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [for scope in facts.scopes: {
      id: scopeIds[scope.value]
      value: scope.value
      type: scope.type
      isEnabled: true
      adminConsentDisplayName: scope.adminConsentDisplayName
      adminConsentDescription: scope.adminConsentDescription
      userConsentDisplayName: scope.userConsentDisplayName
      userConsentDescription: scope.userConsentDescription
    }]
    preAuthorizedApplications: concat(
      [{ appId: consoleClientId, delegatedPermissionIds: [scopeIds.control] }],
      map(allowedActors, actor => { appId: actor, delegatedPermissionIds: [scopeIds.access_as_user] })
    )
  }
  appRoles: [for role in facts.appRoles: {
    id: roleIds[role.value]
    value: role.value
    displayName: role.displayName
    description: role.description
    allowedMemberTypes: ['User']
    isEnabled: true
  }]
  requiredResourceAccess: [for (api, index) in apis: {
    resourceAppId: api
    resourceAccess: map(scopesOf[index], name => {
      id: filter(apiPrincipals[index].oauth2PermissionScopes, scope => scope.value == name)[0].id
      type: 'Scope'
    })
  }]

  resource federation 'federatedIdentityCredentials@v1.0' = {
    name: '${uniqueName}/gateway'
    description: 'The gateway signs in with its managed identity; there is no secret.'
    issuer: '${facts.federation[cloud].authority}/${tenantId}/v2.0'
    subject: gatewayPrincipalId
    audiences: [facts.federation[cloud].audience]
  }
}

resource auditors 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (!empty(auditorsGroupId)) {
  appRoleId: roleIds['Countersign.Auditor']
  principalId: auditorsGroupId
  resourceId: principalId
  dependsOn: [application]
}

resource operators 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (!empty(operatorsGroupId)) {
  appRoleId: roleIds['Countersign.Operator']
  principalId: operatorsGroupId
  resourceId: principalId
  dependsOn: [application]
}
