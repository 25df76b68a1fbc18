import { localDirectory } from '../../policy/local-directory.ts'
import { cosmosDatabase, seedContainers } from '../cosmos/seed.ts'
import { databricksAudience } from '../databricks/access-token.ts'
import { warehouseIds } from '../databricks/warehouses.ts'
import { identities } from '../entra/managed-identity.ts'
import { policiesContainer, releaseBlob } from '../evidence/roles.ts'
import { fabricBackends } from '../fabric/settings.ts'
import { localSources } from '../logs/sources.ts'
import { notesBackend } from '../mcp-upstream/settings.ts'
import { mongoDatabase } from '../mongo/seed.ts'
import { apps, groups, tenants } from '../personas.ts'
import {
  classification,
  collectionClassification,
  documentClassification,
  fileClassification,
  lakeClassification,
} from './classification.ts'

/** Name of the audit table. */
export const auditTable = 'audit'

/** The Key Vault's name as the gateway knows it; the proxy leads it to the stand-in. */
export const vaultHost = 'countersign.vault.localhost'

/** Days for which the book is kept, and its evidence unchangeable. */
export const retentionDays = 400

/** Addresses of the parts that the gateway is set to use. */
export interface Surroundings {
  /** Port of the gateway. */
  readonly port: number
  readonly entra: string
  /** The evidence app's endpoint of identities. */
  readonly evidenceMsi: { readonly endpoint: string; readonly header: string }
  readonly msi: { readonly endpoint: string; readonly header: string; readonly clientId: string }
  readonly storage: { readonly tables: string; readonly connectionString: string }
  /** The account of the evidence, at its front; its id in Azure Resource Manager, and where that is answered. */
  readonly evidence: { readonly url: string; readonly accountId: string; readonly resourceManager: string }
  readonly proxy: string
  /** Path of the certificate authority. */
  readonly ca: string
  readonly postgresPort: number
  /** The server over TDS; without it there is none. */
  readonly sqlPort?: number
  readonly orders: string
  /** The account with the people's files, at its front. */
  readonly files: string
  readonly databricks: string
  /** The account of documents; without it the gateway has none. */
  readonly cosmos?: string
  /** Port of the cluster of documents; without it the gateway has none. */
  readonly mongoPort?: number
  /** The resource of models; without it there is no such backend. */
  readonly openai?: string
  /** Fabric, OneLake, Power BI and Livy; without it none of them is there. */
  readonly fabric?: string
  /** The MCP server of the notes; without it there is no such backend. */
  readonly notes?: string
  /** The log service; without it nothing is reconciled. */
  readonly logs?: string
}

const inherited = ['PATH', 'HOME', 'LANG', 'TZ', 'TMPDIR', 'NODE_V8_COVERAGE', 'FORCE_COLOR', 'NO_COLOR'] as const

/**
 * The whole environment of the gateway's process: nothing of the developer's own settings for Azure gets in. The host
 * takes the stack's proxy out of it before the app, which refuses names that are none of its settings, can see it.
 */
export function gatewayEnvironment(parts: Surroundings): NodeJS.ProcessEnv {
  const own = Object.fromEntries(inherited.map((name) => [name, process.env[name]]))
  return { ...own, ...clientEnvironment(parts), ...identity(parts), ...settings(parts) }
}

/** The evidence app: the same package under its own identities; it seals every few seconds, so that one can watch it. */
export function evidenceEnvironment(parts: Surroundings): NodeJS.ProcessEnv {
  const msi = { ...parts.evidenceMsi, clientId: identities.verifier.clientId }
  return {
    ...gatewayEnvironment({ ...parts, msi }),
    COUNTERSIGN_APP: 'evidence',
    ...sources(parts),
    COUNTERSIGN_SEAL_SCHEDULE: '*/5 * * * * *',
    COUNTERSIGN_SEALER_CLIENT_ID: identities.sealer.clientId,
    COUNTERSIGN_VERIFIER_CLIENT_ID: identities.verifier.clientId,
    COUNTERSIGN_EVIDENCE_ACCOUNT_ID: parts.evidence.accountId,
    COUNTERSIGN_ARM_URL: parts.evidence.resourceManager,
  }
}

function sources({ logs, databricks }: Surroundings): NodeJS.ProcessEnv {
  if (logs === undefined) return {}
  return { COUNTERSIGN_LOGS_URL: logs, COUNTERSIGN_SOURCES: JSON.stringify(localSources(databricks)) }
}

/** What any Node process needs before its start to reach the stack: the test authority and the proxy. */
export function clientEnvironment(stack: { ca: string; proxy: string }): Record<string, string> {
  const { ca, proxy } = stack
  const reach = { NODE_EXTRA_CA_CERTS: ca, HTTPS_PROXY: proxy, NO_PROXY: '127.0.0.1,localhost' }
  return { ...reach, COUNTERSIGN_STACK_PROXY: proxy }
}

function identity({ msi }: Surroundings): Record<string, string> {
  return { IDENTITY_ENDPOINT: msi.endpoint, IDENTITY_HEADER: msi.header }
}

function settings(parts: Surroundings): Record<string, string> {
  return {
    AzureWebJobsStorage: parts.storage.connectionString,
    COUNTERSIGN_MODE: 'development',
    COUNTERSIGN_PUBLIC_URL: `http://localhost:${parts.port}`,
    COUNTERSIGN_CLOUD: 'public',
    COUNTERSIGN_HOME_TENANT: tenants.home,
    COUNTERSIGN_TENANTS: [tenants.home, tenants.other].join(','),
    COUNTERSIGN_CLIENT_ID: apps.api,
    COUNTERSIGN_CONSOLE_CLIENT_ID: apps.console,
    COUNTERSIGN_ALLOWED_ACTORS: [apps.agent, apps.scout, apps.sidekick, apps.robot].join(','),
    COUNTERSIGN_MANAGED_IDENTITY_CLIENT_ID: parts.msi.clientId,
    COUNTERSIGN_ENTRA_URL: parts.entra,
    COUNTERSIGN_KEY_VAULT_URL: `https://${vaultHost}`,
    COUNTERSIGN_AUDIT_TABLES_URL: parts.storage.tables,
    COUNTERSIGN_EVIDENCE_BLOBS_URL: parts.evidence.url,
    COUNTERSIGN_RETENTION_DAYS: String(retentionDays),
    ...policySettings(parts),
    COUNTERSIGN_POLICY_GROUPS: JSON.stringify(localDirectory({}).groups),
    COUNTERSIGN_NOTICES: JSON.stringify(['teams', 'webhook'].map((kind) => ({ kind, secret: `notice-${kind}` }))),
    COUNTERSIGN_CALLS_PER_MINUTE: '1000000',
    COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: '1000000',
    COUNTERSIGN_QUOTAS: JSON.stringify(quotas),
    COUNTERSIGN_BACKENDS: JSON.stringify(backends(parts)),
  }
}

/**
 * The shipped policy; or, where whoever starts the stack names signers (COUNTERSIGN_POLICY_SIGNERS) and a first release
 * (COUNTERSIGN_LOCAL_RELEASE, a file), releases of the policy from the account of the evidence.
 */
function policySettings({ evidence }: Surroundings): Record<string, string> {
  const signers = process.env.COUNTERSIGN_POLICY_SIGNERS ?? ''
  if (signers === '') return { COUNTERSIGN_POLICY: 'package' }
  const url = `${evidence.url}/${policiesContainer}/${releaseBlob}`
  return { COUNTERSIGN_POLICY: url, COUNTERSIGN_POLICY_SIGNERS: signers }
}

/** One that a newcomer reaches by a loop on purpose, and nobody by accident (docs/quotas-and-switches.md). */
const quotas = [
  {
    name: 'files-a-minute',
    meter: 'calls',
    per: ['person'],
    window: 'minute',
    limit: 120,
    backend: 'azure-storage-blob',
  },
]

/** What else there is of the workspace, at the same address; nobody may use it until a policy says so. */
function lakeBackends(baseUrl: string): Record<string, unknown> {
  const plain = ['unity-catalog', 'workspace', 'jobs', 'files', 'aibi']
  const warehouses = warehouseIds.slice(0, 2)
  return {
    'databricks-genie': { baseUrl, classification: lakeClassification },
    ...Object.fromEntries(plain.map((name) => [`databricks-${name}`, { baseUrl }])),
    'databricks-federation': { baseUrl, warehouses, classification: lakeClassification },
    'databricks-audit': { baseUrl, warehouses },
    'delta-sharing': {
      baseUrl,
      endpoints: { sharing: { baseUrl: `${baseUrl}/delta-sharing`, scope: `${databricksAudience}/.default` } },
    },
  }
}

function backends({
  postgresPort,
  sqlPort,
  orders,
  files,
  databricks,
  cosmos,
  mongoPort,
  openai,
  fabric,
  notes,
}: Surroundings): Record<string, unknown> {
  return {
    'azure-postgresql': { host: '127.0.0.1', port: postgresPort, database: 'countersign', classification },
    ...(sqlPort === undefined ? {} : sqlServers(sqlPort)),
    'databricks-sql': {
      baseUrl: databricks,
      warehouses: warehouseIds.slice(0, 2),
      catalog: 'main',
      schema: 'sales',
      classification: lakeClassification,
    },
    ...(openai === undefined ? {} : { 'azure-openai': models(openai) }),
    ...lakeBackends(databricks),
    'rest-entra-api': { baseUrl: orders, scope: `api://${apps.orders}/.default` },
    'azure-storage-blob': { baseUrl: files, containers: ['reports', 'people'], classification: fileClassification },
    ...(cosmos === undefined ? {} : { 'cosmosdb-nosql': cosmosSettings(cosmos) }),
    ...(mongoPort === undefined ? {} : { 'cosmosdb-mongodb': mongoSettings(mongoPort) }),
    ...(fabric === undefined ? {} : fabricBackends(fabric)),
    ...(notes === undefined ? {} : { 'mcp-apim': notesBackend(notes) }),
  }
}

/** Orders by the region of the person's group, notes by the person; who may read the staff the account's roles say. */
function cosmosSettings(baseUrl: string) {
  return {
    baseUrl,
    values: { database: cosmosDatabase },
    containers: seedContainers.map(({ id }) => id),
    partitions: { orders: { [groups.salesEmea]: 'EMEA', [groups.salesUs]: 'US' }, notes: 'oid' },
    classification: documentClassification,
  }
}

/** Everything but the staff, which the person's own rights would open to HR. */
function mongoSettings(port: number) {
  return {
    host: '127.0.0.1',
    port,
    values: { database: mongoDatabase },
    allow: { collections: ['orders_emea', 'orders_us', 'visits'] },
    classification: collectionClassification,
  }
}

/** One server stands in for both: they differ in how they are called. */
function sqlServers(port: number): Record<string, unknown> {
  const place = { host: 'localhost', port, database: 'countersign', classification }
  return {
    'azure-sql-database': { ...place, allow: { procedures: [] } },
    'synapse-sql-serverless': { ...place, allow: { storageHosts: [] } },
  }
}

function models(url: string) {
  return { baseUrl: `${url}/openai/v1`, allow: { deployments: ['gpt-5-mini', 'text-embedding-3-small'], tools: [] } }
}
