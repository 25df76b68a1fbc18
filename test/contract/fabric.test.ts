import { describe, expect, it } from 'vitest'
import type { Json } from '../../shared/pipeline/ports.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { keepProofs } from '../support/proofs.ts'
import type { JudgeOptions } from '../support/specs/judge.ts'
import { judgedBy, publishedSpec } from '../support/specs/sources.ts'

const backends = await loadFunctions()
const proofs = keepProofs(import.meta.url)
const id = '11111111-2222-4333-8444-555555555555'
type Row = readonly [operation: string, operationId: string, more?: Partial<JudgeOptions>]

const kinds = { type: 'Notebook' }
const part = { path: 'ReflexEntities.json', payload: 'e30=', payloadType: 'InlineBase64' }
const definition = { parts: [part] }
const folder = 'Files/incoming'
const role = {
  name: 'readers',
  decisionRules: [
    {
      effect: 'Permit',
      permission: [
        { attributeName: 'Path', attributeValueIncludedIn: ['*'] },
        { attributeName: 'Action', attributeValueIncludedIn: ['Read'] },
      ],
    },
  ],
  members: { microsoftEntraMembers: [{ tenantId: id, objectId: id, objectType: 'User' }] },
}
const inputs = (given: Record<string, Json | undefined>) => ({ inputs: given })

const json = { 'content-type': 'application/json' }
const times = { createdTimeUtc: '2026-11-22T10:00:00Z', lastUpdatedTimeUtc: '2026-11-22T10:00:01Z' }
const running = { status: 'Running', ...times, percentComplete: 10 }
const operation = { place: `/v1/operations/${id}`, states: [running, { ...running, status: 'Succeeded' }] }
const job = {
  place: `/v1/workspaces/${id}/items/${id}/jobs/instances/${id}`,
  states: [
    { id, status: 'InProgress' },
    { id, status: 'Completed' },
  ],
}

/** Answers that the work was taken up, then how far it is at each question; what comes after is the document's own. */
const working =
  ({
    place,
    states,
  }: {
    readonly place: string
    readonly states: readonly Json[]
  }): NonNullable<JudgeOptions['reply']> =>
  ({ headers }, asked) => {
    const location = `http://${String(headers.host)}${place}`
    if (asked === 0) return { status: 202, headers: { ...json, location, 'retry-after': '0' }, body: '' }
    const state = states[asked - 1]
    if (state === undefined) return undefined
    return { status: 200, headers: { ...json, 'retry-after': '0' }, body: JSON.stringify(state) }
  }
const asOperation = { reply: working(operation) }
const asJob = { reply: working(job) }

const platform: readonly Row[] = [
  ['listWorkspaces', 'Workspaces_ListWorkspaces'],
  ['listItems', 'Items_ListItems', inputs(kinds)],
  ['getItem', 'Items_GetItem'],
  ['searchCatalog', 'Catalog_Search'],
  ['getItemDefinition', 'Items_GetItemDefinition', asOperation],
  ['createItem', 'Items_CreateItem', { ...inputs(kinds), ...asOperation }],
  ['updateItemDefinition', 'Items_UpdateItemDefinition', { ...inputs({ definition }), ...asOperation }],
  ['deleteItem', 'Items_DeleteItem'],
  ['deleteItemForGood', 'Items_DeleteItem'],
  ['runItemJob', 'JobScheduler_RunOnDemandItemJob', asJob],
  ['getJobInstance', 'JobScheduler_GetItemJobInstance'],
  ['cancelJobInstance', 'JobScheduler_CancelItemJobInstance', asJob],
  ['getOperationState', 'LongRunningOperations_GetOperationState'],
  ['addWorkspaceRole', 'Workspaces_AddWorkspaceRoleAssignment'],
]
const onelake: readonly Row[] = [
  ['listShortcuts', 'OneLakeShortcuts_ListShortcuts', inputs({ parentPath: folder })],
  ['createShortcut', 'OneLakeShortcuts_CreateShortcut', inputs({ path: folder, name: 'partner' })],
  ['listDataAccessRoles', 'OneLakeDataAccessSecurity_ListDataAccessRoles'],
  ['setDataAccessRoles', 'OneLakeDataAccessSecurity_CreateOrUpdateDataAccessRoles', inputs({ roles: [role] })],
]
const reflex: readonly Row[] = [
  ['listActivators', 'Items_ListReflexes'],
  ['getActivator', 'Items_GetReflex'],
  ['getDefinition', 'Items_GetReflexDefinition', asOperation],
  ['createActivator', 'Items_CreateReflex'],
  ['updateActivator', 'Items_UpdateReflex'],
  ['updateDefinition', 'Items_UpdateReflexDefinition', inputs({ definition })],
  ['deleteActivator', 'Items_DeleteReflex'],
]
const lakehouse: readonly Row[] = [
  ['listTables', 'Tables_ListTables'],
  ['loadTable', 'Tables_LoadTable', asOperation],
  ['overwriteTable', 'Tables_LoadTable', asOperation],
  ['runTableMaintenance', 'BackgroundJobs_RunOnDemandTableMaintenance', asJob],
  ['listLivySessionsMonitoring', 'LivySessions_ListLivySessions'],
]
const powerbi: readonly Row[] = [
  ['listWorkspaces', 'Groups_GetGroups'],
  ['listDatasets', 'Datasets_GetDatasetsInGroup'],
  ['getDataset', 'Datasets_GetDatasetInGroup'],
  ['executeQueries', 'Datasets_ExecuteQueriesInGroup'],
  ['refreshDataset', 'Datasets_RefreshDatasetInGroup'],
  ['getRefreshHistory', 'Datasets_GetRefreshHistoryInGroup'],
  ['getRefreshDetails', 'Datasets_GetRefreshExecutionDetailsInGroup'],
  ['cancelRefresh', 'Datasets_CancelRefreshInGroup'],
  ['exportReport', 'Reports_ExportToFileInGroup'],
  ['getExportStatus', 'Reports_GetExportToFileStatusInGroup'],
  ['getExportFile', 'Reports_GetFileOfExportToFileInGroup'],
  ['getActivityEvents', 'Admin_GetActivityEvents'],
]

const tables: readonly (readonly [backend: string, document: string, rows: readonly Row[]])[] = [
  ['fabric-core', 'fabric/platform/swagger.json', platform],
  ['fabric-onelake', 'fabric/platform/swagger.json', onelake],
  ['fabric-activator', 'fabric/reflex/swagger.json', reflex],
  ['fabric-lakehouse', 'fabric/lakehouse/swagger.json', lakehouse],
  ['powerbi', 'powerbi-swagger.json', powerbi],
]

// Work that goes on is asked after at Fabric's common operations.
const common = 'fabric/platform/swagger.json'

describe.each(tables)("what Microsoft's documents say of %s", (name, document, rows) => {
  const backend = backends.find((each) => each.name === name)
  for (const [operation, operationId, more] of rows) {
    judgedBy(document)(`is what ${operation} sends and takes`, async () => {
      if (backend === undefined) throw new Error(`no backend ${name}`)
      const documents = [await publishedSpec(document), ...(document === common ? [] : [await publishedSpec(common)])]
      await proofs.judge(backend, operation, { documents, operationId, ...more })
    })
  }

  it('is asked of every operation that they have', () => {
    const judged = rows.map(([operation]) => operation)
    expect(judged.every((operation) => backend?.operations[operation] !== undefined)).toBe(true)
    expect(new Set(judged).size).toBe(judged.length)
  })
})
