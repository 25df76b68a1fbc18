import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { resources } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

const time = z.iso.datetime().max(30).describe('UTC, such as 2026-11-22T00:00:00Z')
const window = { from: time, to: time }
const metastore = z.guid()
const timestamp = (input: string) => ({ input, type: 'TIMESTAMP' })
const text = (input: string) => ({ input, type: 'STRING' })

// What the workspace's own log says of calls that came through Countersign: its user agent names the decision.
const events = `SELECT event_time, service_name, action_name, request_id, response.status_code AS status,
  regexp_extract(user_agent, 'decision/([0-9a-f-]{36})', 1) AS decision, request_params['commandId'] AS statement_id
FROM system.access.audit`
const queries = `SELECT statement_id, start_time, end_time, execution_status, statement_type, produced_rows,
  query_tags['countersign_decision'] AS decision, query_tags['countersign_trace'] AS trace
FROM system.query.history`
const own = 'user_identity.email = current_user()'
const lineage = `SELECT event_time, entity_type, source_table_full_name, target_table_full_name, statement_id
FROM system.access.table_lineage`

/** One statement of ours, with its values. */
const fixed = (statement: string, values: Readonly<Record<string, { input: string; type: string }>>) =>
  ({ technology: 'databricks', action: 'execute', inputs: {}, fixed: { text: statement, values } }) as const

serve(
  defineBackend({
    name: 'databricks-audit',
    title: 'Databricks system tables: what its own log says of agents',
    ...resources.databricks,
    honesty: 'yes',
    notes: [
      'A person needs SELECT on the schemas system.access and system.query, which most people do not have.',
      'Entries come minutes to hours later, and are those of the workspace’s region; statements are among them only where verbose audit logs are on.',
      'Databricks keeps no trace id of a caller: entries are found by the decision, which Countersign writes into the user agent and into the tags of a statement.',
    ],
    hostSuffixes: {
      public: ['.azuredatabricks.net'],
      usgov: ['.databricks.azure.us'],
      china: ['.databricks.azure.cn'],
    },
    identityProbe: { method: 'request', path: '/api/2.0/preview/scim/v2/Me', oid: '/externalId' },
    correlation: { 'user-agent': 'Countersign/1.0 decision/{decisionId}' },
    records: ['x-databricks-org-id'],
    requires: ['warehouses'],
    operations: {
      findMyEvents: {
        summary: "List what Databricks logged of agents' calls in the person's name",
        effect: 'read',
        inputs: () => z.strictObject(window),
        call: fixed(
          `${events} WHERE event_date >= CAST(:from AS DATE) AND event_time >= :from AND event_time < :to
AND ${own} AND user_agent LIKE 'Countersign/%' ORDER BY event_time LIMIT 1000`,
          { from: timestamp('from'), to: timestamp('to') },
        ),
      },
      findMyQueries: {
        summary: "List the statements that agents ran in the person's name, as the warehouses logged them",
        effect: 'read',
        inputs: () => z.strictObject(window),
        call: fixed(
          `${queries} WHERE start_time >= :from AND start_time < :to AND executed_by = current_user()
AND query_tags['countersign_decision'] IS NOT NULL ORDER BY start_time LIMIT 1000`,
          { from: timestamp('from'), to: timestamp('to') },
        ),
      },
      findDecision: {
        summary: 'Find what Databricks logged of one call, by its decision',
        effect: 'read',
        inputs: () => z.strictObject({ decision: z.guid(), from: time }),
        call: fixed(
          `${events} WHERE event_date >= CAST(:from AS DATE) AND ${own}
AND user_agent = concat('Countersign/1.0 decision/', :decision) ORDER BY event_time LIMIT 1000`,
          { from: timestamp('from'), decision: text('decision') },
        ),
      },
      findQuery: {
        summary: 'Find what the warehouse logged of one statement, by its id',
        effect: 'read',
        inputs: () => z.strictObject({ statementId: z.string().regex(/^[0-9a-f-]{8,64}$/) }),
        call: fixed(`${queries} WHERE statement_id = :statement AND executed_by = current_user() LIMIT 10`, {
          statement: text('statementId'),
        }),
      },
      getTableLineage: {
        summary: 'Read what a table was made from, and what was made from it',
        effect: 'read',
        inputs: () =>
          z.strictObject({ table: z.string().regex(/^[^\s./\\]{1,255}(\.[^\s./\\]{1,255}){2}$/), from: time }),
        call: fixed(
          `${lineage} WHERE event_date >= CAST(:from AS DATE)
AND (source_table_full_name = :table OR target_table_full_name = :table) ORDER BY event_time DESC LIMIT 1000`,
          { from: timestamp('from'), table: text('table') },
        ),
      },
      listSystemSchemas: {
        summary: 'List which system schemas are on',
        effect: 'read',
        inputs: () => z.strictObject({ metastore, cursor: z.string().max(4_000).optional() }),
        call: rest({
          ...{ method: 'GET', path: '/api/2.1/unity-catalog/metastores/{metastore}/systemschemas' },
          ...{ parameters: ['metastore'] },
          page: { from: { pointer: '/next_page_token' }, into: { query: 'page_token' } },
        }),
      },
      enableSystemSchema: {
        summary: 'Switch a system schema on for the whole metastore',
        effect: 'admin',
        inputs: () => z.strictObject({ metastore, schema: z.string().regex(/^[a-z_]{1,60}$/) }),
        call: rest({
          ...{ method: 'PUT', path: '/api/2.1/unity-catalog/metastores/{metastore}/systemschemas/{schema}' },
          parameters: ['metastore', 'schema'],
        }),
      },
    },
  }),
)
