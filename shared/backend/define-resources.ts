import type { Endpoint, PerCloud, Permission } from './define.ts'

/**
 * Microsoft's own APIs that tokens are exchanged for: application id, delegated scope a cloud. Application ids are those
 * of Microsoft's published list of first-party applications; scopes are constants of Microsoft's SDKs, specifications
 * or documentation. null: nobody has published it, and a deployment in that cloud is refused.
 */
type Resource = Pick<Endpoint, 'scope'> & { readonly permission: Permission }

const scopes = (publicCloud: string, usgov: string | null, china: string | null): PerCloud<string> => ({
  public: `${publicCloud}/.default`,
  usgov: usgov === null ? null : `${usgov}/.default`,
  china: china === null ? null : `${china}/.default`,
})

const resource = (id: string, name: string, scope: Endpoint['scope']): Resource => ({
  scope,
  permission: { resource: id, name, scopes: ['user_impersonation'] },
})

const everywhere = (url: string) => scopes(url, url, url)
const fabricId = '00000009-0000-0000-c000-000000000000'

/** Spread into a declaration: `...resources.arm`. */
export const resources = {
  arm: resource(
    '797f4846-ba00-4fd7-ba43-dac1f8f63013',
    'Windows Azure Service Management API',
    scopes(
      'https://management.azure.com',
      'https://management.usgovcloudapi.net',
      'https://management.chinacloudapi.cn',
    ),
  ),
  sql: resource(
    '022907d3-0f1b-48f7-badc-1ba6abab6d66',
    'Azure SQL Database',
    scopes('https://database.windows.net', 'https://database.usgovcloudapi.net', 'https://database.chinacloudapi.cn'),
  ),
  openSourceDatabases: resource(
    '123cd850-d9df-40bd-94d5-c9f07b7fa203',
    'Azure OSSRDBMS Database',
    scopes(
      'https://ossrdbms-aad.database.windows.net',
      'https://ossrdbms-aad.database.usgovcloudapi.net',
      'https://ossrdbms-aad.database.chinacloudapi.cn',
    ),
  ),
  synapse: resource(
    '1ac05c7e-12d2-4605-bf9d-549d7041c6b3',
    'Microsoft Azure Synapse Gateway',
    scopes(
      'https://dev.azuresynapse.net',
      'https://dev.azuresynapse.usgovcloudapi.net',
      'https://dev.azuresynapse.azure.cn',
    ),
  ),
  fabric: permit(resource(fabricId, 'Power BI Service', scopes('https://api.fabric.microsoft.com', null, null)), []),
  powerBi: permit(
    resource(
      fabricId,
      'Power BI Service',
      scopes(
        'https://analysis.windows.net/powerbi/api',
        'https://analysis.usgovcloudapi.net/powerbi/api',
        'https://analysis.chinacloudapi.cn/powerbi/api',
      ),
    ),
    [],
  ),
  storage: resource('e406a681-f3d4-42a8-90b6-c2b029497af1', 'Azure Storage', everywhere('https://storage.azure.com')),
  cosmos: resource('a232010e-820c-4083-83bb-3ace5fc29d0b', 'Azure Cosmos DB', 'host'),
  cognitiveServices: resource(
    '7d312290-28c8-473c-a0ed-8e53749b6d6d',
    'Microsoft Cognitive Services',
    scopes(
      'https://cognitiveservices.azure.com',
      'https://cognitiveservices.azure.us',
      'https://cognitiveservices.azure.cn',
    ),
  ),
  foundry: resource(
    '18a66f5f-dbdf-4c17-9dd7-1634712a9cbe',
    'Azure Machine Learning Services',
    scopes('https://ai.azure.com', null, null),
  ),
  powerPlatform: permit(
    resource(
      '8578e004-a5c6-46e7-913e-12f58912df43',
      'Power Platform API',
      scopes(
        'https://api.powerplatform.com',
        'https://api.gov.powerplatform.microsoft.us',
        'https://api.powerplatform.partner.microsoftonline.cn',
      ),
    ),
    ['CopilotStudio.Copilots.Invoke'],
  ),
  purview: permit(
    resource(
      '73c2949e-da2d-457a-9607-fcc665198967',
      'Azure Purview',
      scopes('https://purview.azure.net', 'https://purview.azure.us', 'https://purview.azure.cn'),
    ),
    ['Purview.DelegatedAccess'],
  ),
  databricks: resource(
    '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d',
    'AzureDatabricks',
    everywhere('2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'),
  ),
  logAnalytics: permit(
    resource(
      'ca7f3f0b-7d91-482c-8e09-c5d840d0eac5',
      'Log Analytics API',
      scopes('https://api.loganalytics.io', 'https://api.loganalytics.us', 'https://api.loganalytics.azure.cn'),
    ),
    ['Data.Read'],
  ),
  kusto: resource('2746ea77-4702-4b45-80ca-3c97e680e8b7', 'Azure Data Explorer', 'host'),
  search: resource(
    '880da380-985e-4198-81b9-e05b1cc53158',
    'Azure AI Search',
    scopes('https://search.azure.com', 'https://search.azure.us', 'https://search.azure.cn'),
  ),
  keyVault: resource(
    'cfa8b339-82a2-471a-a3c9-0fc0be7a4093',
    'Azure Key Vault',
    scopes('https://vault.azure.net', 'https://vault.usgovcloudapi.net', 'https://vault.azure.cn'),
  ),
  eventHubs: resource(
    '80369ed6-5f11-4dd9-bef3-692475845e77',
    'Microsoft.EventHubs',
    everywhere('https://eventhubs.azure.net'),
  ),
  serviceBus: resource(
    '80a10ef9-8168-493d-abf9-3297c4ef6e3c',
    'Microsoft.ServiceBus',
    everywhere('https://servicebus.azure.net'),
  ),
  graph: permit(
    resource(
      '00000003-0000-0000-c000-000000000000',
      'Microsoft Graph',
      scopes('https://graph.microsoft.com', 'https://graph.microsoft.us', 'https://microsoftgraph.chinacloudapi.cn'),
    ),
    [],
  ),
  dataverse: resource('00000007-0000-0000-c000-000000000000', 'Dataverse', 'host'),
  devops: resource(
    '499b84ac-1321-427f-aa17-267ca6975798',
    'Azure DevOps',
    scopes('499b84ac-1321-427f-aa17-267ca6975798', null, null),
  ),
  appConfiguration: permit(
    resource(
      '35ffadb3-7fc1-497e-b61b-381d28e744cc',
      'Azure App Configuration',
      scopes('https://azconfig.io', 'https://appconfig.azure.us', 'https://appconfig.azure.cn'),
    ),
    [],
  ),
  dynamicsOperations: permit(resource('00000015-0000-0000-c000-000000000000', 'Microsoft Dynamics ERP', 'host'), []),
  businessCentral: permit(
    resource(
      '996def3d-b36c-4153-8607-a6fd3c01b89f',
      'Dynamics 365 Business Central',
      scopes('https://api.businesscentral.dynamics.com', null, null),
    ),
    [],
  ),
  digitalTwins: permit(
    resource(
      '0b07f429-9f4b-4714-9392-cc5e8e80c8b0',
      'Azure Digital Twins',
      scopes('https://digitaltwins.azure.net', null, null),
    ),
    ['Read.Write'],
  ),
  healthcare: resource('4f6778d8-5aef-43dc-a1ff-b073724b9495', 'Azure Healthcare APIs', 'host'),
  batch: resource(
    'ddbf3205-c6bd-46ae-8127-60eb93363864',
    'Microsoft Azure Batch',
    scopes('https://batch.core.windows.net', 'https://batch.core.usgovcloudapi.net', 'https://batch.chinacloudapi.cn'),
  ),
} as const satisfies Readonly<Record<string, Resource>>

/** The company's own registration of an API, with the scope in the deployment's settings. */
export function tenantDefined(name: string, needs: readonly string[] = []): Resource {
  return permit(resource('tenant-defined', name, 'configured'), needs)
}

/** The same API with the delegated scopes that this backend needs of it. */
export function permit({ scope, permission }: Resource, needs: readonly string[]): Resource {
  return { scope, permission: { ...permission, scopes: needs } }
}
