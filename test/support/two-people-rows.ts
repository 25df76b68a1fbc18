import { storageAudience } from '../../infra/local/blobs/access-token.ts'
import { databricksAudience } from '../../infra/local/databricks/access-token.ts'
import { apps } from '../../infra/local/personas.ts'
import { postgresAudience } from '../../infra/local/postgres/front.ts'
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
}

const user = { version: 1, scope: 'user_impersonation' }

/** Every backend that the stack has. */
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
]
