import { storageAudience } from '../../infra/local/blobs/access-token.ts'
import { databricksAudience } from '../../infra/local/databricks/access-token.ts'
import { audiences } from '../../infra/local/fabric/access-token.ts'
import { known } from '../../infra/local/fabric/tenant.ts'
import { notesApplication, notesScope } from '../../infra/local/mcp-upstream/access-token.ts'
import { apps } from '../../infra/local/personas.ts'
import { postgresAudience } from '../../infra/local/postgres/front.ts'
import { sqlAudience } from '../../infra/local/tds/server.ts'
import type { Json } from '../../shared/pipeline/ports.ts'

/** One backend of the stack, and a call whose answer depends on who asks. */
export interface PeopleRow {
  readonly backend: string
  readonly operation: string
  readonly inputs: Readonly<Record<string, Json>>
  /** The input that is a statement. */
  readonly statement?: string
  /** What tokens for this backend say, in the words of the sign-in stand-in. */
  readonly token: Readonly<Record<string, string | number>>
  /** Who gets a refusal of the backend for an answer. */
  readonly refuses?: 'bob'
  /** Whether the backend says whom it sees: a wrong label on a token is then found out. */
  readonly proves: boolean
  /** A connection lasts longer than one call, and so does who it is of. */
  readonly keepsConnection?: true
}

const user = { version: 1, scope: 'user_impersonation' }

/** Other backends of the stack, by the tests that try two people, foreign audiences and swapped tokens at them. */
export const triedElsewhere: Readonly<Record<string, string>> = {
  'azure-openai': 'test/pipeline/openai.test.ts',
  'cosmosdb-nosql': 'test/unit/upstream/cosmos.test.ts',
  'databricks-aibi': 'test/e2e/stack-databricks.test.ts',
  'databricks-audit': 'test/e2e/stack-databricks.test.ts',
  'databricks-federation': 'test/e2e/stack-databricks.test.ts',
  'databricks-files': 'test/e2e/stack-databricks.test.ts',
  'databricks-genie': 'test/e2e/stack-databricks.test.ts',
  'databricks-jobs': 'test/e2e/stack-databricks.test.ts',
  'databricks-unity-catalog': 'test/e2e/stack-databricks.test.ts',
  'databricks-workspace': 'test/e2e/stack-databricks.test.ts',
  'delta-sharing': 'test/e2e/stack-databricks.test.ts',
  'fabric-lakehouse': 'test/contract/fabric-stand-in.test.ts',
  'fabric-onelake': 'test/contract/fabric-stand-in.test.ts',
  'synapse-spark': 'test/contract/fabric-stand-in.test.ts',
}

/** Every backend that the stack has, but those. */
export const peopleRows: readonly PeopleRow[] = [
  {
    backend: 'azure-postgresql',
    operation: 'executeQuery',
    inputs: { sql: 'SELECT region, count(*) AS orders FROM sales.orders GROUP BY region ORDER BY region' },
    statement: 'sql',
    token: { ...user, aud: postgresAudience },
    proves: true,
  },
  {
    backend: 'databricks-sql',
    operation: 'executeStatement',
    inputs: {
      statement: 'SELECT region, count(*) AS orders FROM main.sales.orders GROUP BY region ORDER BY region',
      parameters: [],
      wait: 30,
    },
    statement: 'statement',
    token: { ...user, aud: databricksAudience },
    proves: true,
  },
  {
    backend: 'rest-entra-api',
    operation: 'listOrders',
    inputs: { limit: 25 },
    token: { aud: apps.orders },
    proves: true,
  },
  {
    backend: 'azure-storage-blob',
    operation: 'getBlob',
    inputs: { container: 'reports', blob: 'emea/summary.json' },
    refuses: 'bob',
    token: { ...user, aud: storageAudience },
    // Storage says to nobody whom it sees; that the label is right rests on the exchange.
    proves: false,
  },
  {
    backend: 'azure-sql-database',
    operation: 'executeQuery',
    inputs: { sql: 'SELECT region, COUNT(*) AS orders FROM sales.orders GROUP BY region', params: [] },
    statement: 'sql',
    token: { ...user, aud: sqlAudience },
    proves: true,
    keepsConnection: true,
  },
  {
    backend: 'synapse-sql-serverless',
    operation: 'executeQuery',
    inputs: { sql: 'SELECT region, COUNT(*) AS orders FROM sales.orders GROUP BY region', params: [] },
    statement: 'sql',
    token: { ...user, aud: sqlAudience },
    proves: true,
    keepsConnection: true,
  },
  {
    backend: 'cosmosdb-mongodb',
    operation: 'find',
    inputs: { command: '{"find": "orders_emea", "filter": {}, "projection": {"region": 1, "total": 1}, "limit": 5}' },
    refuses: 'bob',
    statement: 'command',
    token: { ...user, aud: postgresAudience },
    proves: true,
    keepsConnection: true,
  },
  {
    backend: 'fabric-core',
    operation: 'listWorkspaces',
    inputs: {},
    token: { ...user, aud: audiences.fabric },
    proves: false,
  },
  {
    backend: 'powerbi',
    operation: 'executeQueries',
    inputs: { groupId: known.shared, datasetId: known.model, query: "EVALUATE 'Sales'" },
    statement: 'query',
    token: { ...user, aud: audiences.powerbi },
    proves: false,
  },
  {
    backend: 'mcp-apim',
    operation: 'readWithTool',
    inputs: { tool: 'search_notes', arguments: { term: 'pumps' } },
    token: { aud: notesApplication, scope: notesScope },
    // The protocol has nothing by which a server says whom it sees.
    proves: false,
  },
]
