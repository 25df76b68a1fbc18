import { guidOf } from './functions.ts'

/** A resource as expressions see it. */
export interface Answer {
  readonly id: string
  readonly name: string
  readonly type: string
}

type Make = (answer: Answer) => Readonly<Record<string, unknown>>

const endpoints = ['blob', 'queue', 'table', 'file', 'dfs', 'web']

/** What Azure answers of a resource, made up from its name: the public cloud's shapes, nothing that really is there. */
const made: Readonly<Record<string, Make>> = {
  'Microsoft.Storage/storageAccounts': ({ name }) => ({
    primaryEndpoints: Object.fromEntries(endpoints.map((kind) => [kind, `https://${name}.${kind}.core.windows.net/`])),
  }),
  'Microsoft.KeyVault/vaults': ({ name }) => ({ vaultUri: `https://${name}.vault.azure.net/` }),
  'Microsoft.ManagedIdentity/userAssignedIdentities': ({ name }) => ({
    principalId: guidOf('principal', name),
    clientId: guidOf('client', name),
    tenantId: guidOf('tenant'),
  }),
  'Microsoft.Web/sites': ({ name }) => ({ defaultHostName: `${name}.azurewebsites.net` }),
  'Microsoft.Insights/components': ({ name }) => ({ ConnectionString: `InstrumentationKey=${guidOf(name)}` }),
  'Microsoft.OperationalInsights/workspaces': ({ name }) => ({ customerId: guidOf('workspace', name) }),
  'Microsoft.ApiManagement/service': ({ name }) => ({ gatewayUrl: `https://${name}.azure-api.net` }),
  'Microsoft.Network/publicIPAddresses': () => ({ ipAddress: '203.0.113.7' }),
}

/** Properties of a resource; what is not made up for its type is unknown. */
export function answerOf(answer: Answer): unknown {
  return made[answer.type]?.(answer) ?? { unknown: `what ${answer.type} answers` }
}
