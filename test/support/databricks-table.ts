import { expect } from 'vitest'
import { personas } from '../../infra/local/personas.ts'

type Persona = 'alice' | 'bob' | 'carol'

/** One call of the table; `inputs` may take what earlier calls answered, by the operation's name. */
export interface TableCall {
  readonly title: string
  readonly as: Persona
  // biome-ignore lint/suspicious/noExplicitAny: answers are read by the table as they come
  readonly inputs: (seen: Readonly<Record<string, any>>) => object
  /** What the answer has to match, or the code and status of the refusal. */
  readonly answer: object | readonly [code: string, status: number]
}

/** `asked` names the operation and who calls it. */
const row = (asked: string, inputs: TableCall['inputs'] | object, answer: TableCall['answer']): TableCall => {
  const [title = '', as = ''] = asked.split(' ')
  const made = typeof inputs === 'function' ? (inputs as TableCall['inputs']) : () => inputs
  return { title, as: as as Persona, answer, inputs: made }
}

const denied = ['backend_rejected', 403] as const
const absent = ['backend_rejected', 404] as const
const mine = `/Users/${personas.alice.username}/note`
const emea = { catalog: 'main', schema: 'sales', volume: 'emea' }
const notes = { ...emea, path: 'notes.txt' }
const orders = { share: 'emea-share', schema: 'sales', table: 'orders' }
const window = { from: '2020-01-01T00:00:00Z', to: '2040-01-01T00:00:00Z' }
const metastore = '0f0e0d0c-0b0a-4908-8706-050403020100'
const me = { space: 'space-sales' }

/** Every declared operation at the workspace at least once, in this order; some as somebody who has no right to it. */
export const calls: readonly TableCall[] = [
  row('databricks-genie.listSpaces alice', {}, { spaces: [{ space_id: 'space-sales' }] }),
  row('databricks-genie.getSpace alice', me, { title: 'Sales' }),
  row('databricks-genie.getSpace alice', { space: 'space-board' }, denied),
  row(
    'databricks-genie.askQuestion alice',
    { ...me, question: 'How many orders by region?' },
    { status: 'done', attachments: [{ sql: expect.stringMatching(/^SELECT region/) }] },
  ),
  row('databricks-genie.getMessage alice', ({ askQuestion }) => ({ handle: askQuestion.handle }), {
    status: 'done',
  }),
  row(
    'databricks-genie.getQueryResult alice',
    ({ askQuestion }) => ({ handle: askQuestion.handle, attachment: askQuestion.attachments[0].attachment }),
    { columns: ['region', 'orders'], rows: [['EMEA', expect.any(String)]] },
  ),
  row(
    'databricks-genie.runQueryAgain alice',
    ({ askQuestion }) => ({ handle: askQuestion.handle, attachment: askQuestion.attachments[0].attachment }),
    { rows: [['EMEA', expect.any(String)]] },
  ),
  row(
    'databricks-genie.askFurther alice',
    ({ askQuestion }) => ({ handle: askQuestion.handle, question: 'And why?' }),
    { attachments: [{ text: 'You asked: And why?' }] },
  ),
  row(
    'databricks-genie.listMessages alice',
    ({ askQuestion }) => ({ ...me, conversation: askQuestion.conversation, pageSize: 1 }),
    { messages: [{ content: 'How many orders by region?' }] },
  ),
  row(
    'databricks-genie.sendFeedback alice',
    ({ askQuestion: { conversation, message } }) => ({ ...me, conversation, message, rating: 'POSITIVE' }),
    {},
  ),
  row(
    'databricks-genie.sendFeedback bob',
    ({ askQuestion: { conversation, message } }) => ({ ...me, conversation, message, rating: 'POSITIVE' }),
    absent,
  ),
  row(
    'databricks-genie.deleteConversation alice',
    ({ askQuestion }) => ({ ...me, conversation: askQuestion.conversation }),
    {},
  ),

  row('databricks-unity-catalog.listCatalogs alice', {}, { catalogs: [{ name: 'main' }] }),
  row(
    'databricks-unity-catalog.listSchemas alice',
    { catalog: 'main' },
    { schemas: [{ name: 'sales' }, { name: 'hr' }] },
  ),
  row(
    'databricks-unity-catalog.listTables alice',
    { catalog: 'main', schema: 'hr' },
    { tables: [{ name: 'employees' }] },
  ),
  row('databricks-unity-catalog.listTables bob', { catalog: 'main', schema: 'hr' }, { tables: [] }),
  row('databricks-unity-catalog.getTable alice', { table: 'main.hr.employees' }, { name: 'employees' }),
  row('databricks-unity-catalog.getTable bob', { table: 'main.hr.employees' }, absent),
  row('databricks-unity-catalog.listFunctions alice', { catalog: 'main', schema: 'sales' }, { functions: [] }),
  row(
    'databricks-unity-catalog.getEffectivePermissions alice',
    { kind: 'table', fullName: 'main.sales.orders' },
    { privilege_assignments: [{ principal: personas.alice.username }] },
  ),
  row(
    'databricks-unity-catalog.updatePermissions alice',
    { kind: 'table', fullName: 'main.sales.orders', changes: [{ principal: 'x', add: ['SELECT'] }] },
    denied,
  ),
  row(
    'databricks-unity-catalog.createSchema carol',
    { catalog: 'main', name: 'new' },
    { catalog_name: 'main', name: 'new' },
  ),
  row('databricks-unity-catalog.deleteTable bob', { table: 'main.sales.orders' }, denied),
  row(
    'databricks-unity-catalog.queryVectorIndex alice',
    { index: 'main.sales.idx', columns: ['id'], queryText: 'late', numResults: 1 },
    { columns: ['id', 'score'], rows: [['id-1', 1]] },
  ),

  row('databricks-workspace.listObjects alice', { path: '/Shared' }, { objects: [{ path: '/Shared/report' }] }),
  row('databricks-workspace.createDirectory alice', { path: `${mine}s` }, {}),
  row('databricks-workspace.importNotebook alice', { path: mine, language: 'SQL', content: 'U0VMRUNUIDE=' }, {}),
  row('databricks-workspace.importNotebook bob', { path: mine, language: 'SQL', content: 'U0VMRUNUIDE=' }, denied),
  row('databricks-workspace.getStatus alice', { path: mine }, { object_type: 'NOTEBOOK', language: 'SQL' }),
  row('databricks-workspace.exportNotebook alice', { path: mine }, { content: 'U0VMRUNUIDE=' }),
  row('databricks-workspace.exportNotebook bob', { path: mine }, absent),
  row('databricks-workspace.deleteObject alice', { path: mine }, {}),
  row('databricks-workspace.getPermissions alice', { type: 'notebooks', id: '2' }, { object_id: '/notebooks/2' }),
  row(
    'databricks-workspace.setPermissions alice',
    { type: 'notebooks', id: '2', access_control_list: [{ user_name: 'x', permission_level: 'CAN_READ' }] },
    denied,
  ),
  row(
    'databricks-workspace.queryServingEndpoint alice',
    { endpoint: 'echo', messages: [{ role: 'user', content: 'hello' }] },
    { choices: [{ message: { content: 'hello' } }] },
  ),

  row('databricks-jobs.whoAmI alice', {}, { userName: personas.alice.username }),
  row('databricks-jobs.listJobs bob', {}, { jobs: [{ job_id: 102 }, { job_id: 103 }] }),
  row(
    'databricks-jobs.getJob alice',
    { job: 101 },
    {
      run_as_user_name: personas.alice.username,
      settings: { job_clusters: [{ new_cluster: { spark_version: expect.any(String) } }] },
    },
  ),
  row('databricks-jobs.getJob bob', { job: 101 }, absent),
  row('databricks-jobs.runJobNow alice', { job: 101 }, { run_id: expect.any(Number) }),
  row('databricks-jobs.runJobNow bob', { job: 101 }, absent),
  row(
    'databricks-jobs.submitRun alice',
    { name: 'n', notebook: '/Shared/report', cluster: 'c-shared' },
    { run_id: expect.any(Number) },
  ),
  row('databricks-jobs.listRuns bob', {}, { runs: [] }),
  row('databricks-jobs.getRun alice', ({ runJobNow }) => ({ run: runJobNow.run_id }), {
    state: { life_cycle_state: 'RUNNING' },
  }),
  row('databricks-jobs.getRunOutput alice', ({ runJobNow }) => ({ run: runJobNow.run_id }), {
    notebook_output: { result: '1' },
  }),
  row('databricks-jobs.cancelRun bob', ({ runJobNow }) => ({ run: runJobNow.run_id }), absent),
  row('databricks-jobs.cancelRun alice', ({ runJobNow }) => ({ run: runJobNow.run_id }), {}),
  row('databricks-jobs.listClusters bob', {}, { clusters: [{ cluster_id: 'c-shared' }, { cluster_id: 'c-open' }] }),
  row('databricks-jobs.getCluster alice', { cluster: 'c-alice' }, { single_user_name: personas.alice.username }),
  row('databricks-jobs.getCluster bob', { cluster: 'c-alice' }, absent),
  row('databricks-jobs.startCluster alice', { cluster: 'c-open' }, {}),
  row('databricks-jobs.terminateCluster alice', { cluster: 'c-open' }, denied),
  row('databricks-jobs.createContext alice', { cluster: 'c-shared', language: 'python' }, { id: expect.any(String) }),
  row(
    'databricks-jobs.executeCommand alice',
    ({ createContext }) => ({
      cluster: 'c-shared',
      context: createContext.id,
      language: 'python',
      command: 'print(1)',
    }),
    { id: 'cmd-1' },
  ),
  row(
    'databricks-jobs.getCommand alice',
    ({ createContext }) => ({ cluster: 'c-shared', context: createContext.id, command: 'cmd-1' }),
    { status: 'Finished', results: { data: 'print(1)' } },
  ),

  row('databricks-files.listVolumes bob', { catalog: 'main', schema: 'sales' }, { volumes: [{ name: 'us' }] }),
  row('databricks-files.listVolume alice', emea, {
    contents: [{ name: 'notes.txt' }, { name: 'archive', is_directory: true }],
  }),
  row('databricks-files.createDirectory alice', { ...emea, path: 'a/b c' }, {}),
  row('databricks-files.listDirectory alice', { ...emea, path: 'a/b c' }, { contents: [] }),
  row('databricks-files.getFileMetadata alice', notes, { size: 15, contentType: 'application/octet-stream' }),
  row('databricks-files.downloadFile alice', { ...notes, offset: 6, length: 4 }, { content: 'from' }),
  row('databricks-files.downloadFile bob', notes, denied),
  row('databricks-files.uploadFile alice', { ...emea, path: 'a/b c/ä.txt', content: 'new' }, {}),
  row('databricks-files.uploadFile alice', { ...notes, content: 'new' }, ['backend_rejected', 409]),
  row('databricks-files.deleteFile alice', { ...emea, path: 'a/b c/ä.txt' }, {}),
  row('databricks-files.deleteDirectory alice', { ...emea, path: 'a/b c' }, {}),

  row('databricks-aibi.listDashboards bob', {}, { dashboards: [{ dashboard_id: 'd001' }, { dashboard_id: 'd002' }] }),
  row('databricks-aibi.getDashboard bob', { dashboard: 'd003' }, absent),
  row('databricks-aibi.getPublishedDashboard alice', { dashboard: 'd001' }, { embed_credentials: true }),
  row(
    'databricks-aibi.createDashboard alice',
    { title: 'Mine', content: '{}', warehouse: 'w' },
    { display_name: 'Mine' },
  ),
  row(
    'databricks-aibi.updateDashboard alice',
    ({ createDashboard }) => ({ dashboard: createDashboard.dashboard_id, content: '{"pages":[]}', etag: '1' }),
    { etag: '2' },
  ),
  row(
    'databricks-aibi.updateDashboard alice',
    ({ createDashboard }) => ({ dashboard: createDashboard.dashboard_id, content: '{}', etag: '1' }),
    ['backend_rejected', 409],
  ),
  row(
    'databricks-aibi.publishDashboard alice',
    ({ createDashboard }) => ({ dashboard: createDashboard.dashboard_id, warehouse: 'w' }),
    { embed_credentials: false },
  ),
  row(
    'databricks-aibi.createSchedule alice',
    { dashboard: 'd002', title: 'daily', cron: '0 0 8 * * ?', timezone: 'UTC' },
    { schedule_id: 's-1' },
  ),
  row('databricks-aibi.listSchedules alice', { dashboard: 'd002' }, { schedules: [{ display_name: 'daily' }] }),
  row(
    'databricks-aibi.createSubscription alice',
    { dashboard: 'd002', schedule: 's-1', user: '7000000000000002' },
    { subscriber: { user_subscriber: { user_id: '7000000000000002' } } },
  ),
  row(
    'databricks-aibi.trashDashboard alice',
    ({ createDashboard }) => ({ dashboard: createDashboard.dashboard_id }),
    {},
  ),

  row('delta-sharing.listShares bob', {}, { shares: [{ name: 'us-share' }] }),
  row('delta-sharing.getShare alice', { share: 'emea-share' }, { name: 'emea-share' }),
  row(
    'delta-sharing.updateSharePermissions alice',
    { share: 'emea-share', changes: [{ principal: 'partner', add: ['SELECT'] }] },
    denied,
  ),
  row('delta-sharing.listRecipients alice', {}, { recipients: [{ name: 'partner' }] }),
  row(
    'delta-sharing.createFederationPolicy carol',
    {
      ...{ recipient: 'partner', name: 'p', audience: 'a', subject: personas.alice.oid },
      issuer: `https://login.microsoftonline.com/${metastore}/v2.0`,
    },
    { oidc_policy: { subject_claim: 'oid', subject: personas.alice.oid, audiences: ['a'] } },
  ),
  row('delta-sharing.protocolListShares alice', {}, { items: [{ name: 'emea-share' }] }),
  row('delta-sharing.protocolListAllTables alice', { share: 'emea-share' }, { items: [{ name: 'orders' }] }),
  row('delta-sharing.protocolListAllTables bob', { share: 'emea-share' }, absent),
  row('delta-sharing.protocolTableVersion alice', orders, { version: 7 }),
  row('delta-sharing.protocolTableMetadata alice', orders, {
    version: 7,
    content: expect.stringContaining('schemaString'),
  }),

  row('databricks-federation.listConnections alice', {}, { connections: [{ credential_type: 'USERNAME_PASSWORD' }] }),
  row('databricks-federation.getConnection alice', { connection: 'warehouse-far' }, { connection_type: 'SNOWFLAKE' }),
  row('databricks-federation.queryForeignCatalog alice', { statement: 'SELECT 1 AS one' }, { rows: [[1]] }),
  row(
    'databricks-federation.createForeignCatalog carol',
    { name: 'far', connection: 'warehouse-far', database: 'd' },
    { connection_name: 'warehouse-far', options: { database: 'd' } },
  ),
  row('databricks-federation.deleteConnection alice', { connection: 'warehouse-far' }, denied),

  row('databricks-audit.findMyEvents alice', window, denied),
  row('databricks-audit.findMyEvents carol', window, {
    columns: expect.arrayContaining(['decision', 'statement_id']),
  }),
  row('databricks-audit.findMyQueries carol', window, { columns: expect.arrayContaining(['decision', 'trace']) }),
  row('databricks-audit.findDecision carol', { decision: metastore, from: window.from }, { rows: [] }),
  row('databricks-audit.findQuery carol', { statementId: metastore }, { rows: [] }),
  row('databricks-audit.getTableLineage carol', { table: 'main.sales.orders', from: window.from }, { rows: [] }),
  row('databricks-audit.listSystemSchemas alice', { metastore }, { schemas: [{ schema: 'access' }] }),
  row('databricks-audit.enableSystemSchema alice', { metastore, schema: 'access' }, denied),
]
