import { describe, expect, it } from 'vitest'
import type { SpecFile } from '../../infra/local/specs/document.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { keepProofs } from '../support/proofs.ts'
import type { JudgeOptions } from '../support/specs/judge.ts'
import { givenInputs } from '../support/specs/samples.ts'
import { directorySpec } from '../support/specs/sources.ts'

const backends = await loadFunctions()
const proofs = keepProofs(import.meta.url)

/** What one operation is judged with besides its id. */
type Wish = Omit<JudgeOptions, 'documents' | 'operationId'> & {
  /** Leaves out what a document has for whole ids of resources, which fits everything else, too. */
  readonly spelled?: true
}
type Row = readonly [operation: string, operationId: string, wish?: Wish]

const answerWith = (data: unknown): Wish => ({ reply: () => ({ body: JSON.stringify(data) }) })
const factory = { values: { subscription: 'a', resourceGroup: 'a', factory: 'orders' } }

/**
 * Publishers' documents and what of them each operation is. Where a document is of an older version than ours, what that
 * version lacks is excepted word for word. Operations that no document has are in requests-azure.json.
 */
const tables: readonly (readonly [backend: string, documents: readonly string[], rows: readonly Row[]])[] = [
  [
    'azure-ai-search',
    ['search-searchindex', 'search-searchservice'],
    [
      [
        'searchDocuments',
        'Documents_SearchPost',
        // The document is of 2019; both came with 2023-11-01.
        { except: ['body /semanticConfiguration: is not documented', 'body /vectorQueries: is not documented'] },
      ],
      ['getDocument', 'Documents_Get'],
      ['countDocuments', 'Documents_Count'],
      ['suggest', 'Documents_SuggestPost'],
      ['listIndexes', 'Indexes_List'],
      ['indexDocuments', 'Documents_Index'],
      ['deleteDocuments', 'Documents_Index'],
      ['deleteIndex', 'Indexes_Delete'],
    ],
  ],
  [
    'azure-batch',
    ['batch-BatchService'],
    [
      ['listPools', 'Pool_List'],
      ['listJobs', 'Job_List'],
      ['createJob', 'Job_Add'],
      ['addTask', 'Task_Add'],
      ['getTask', 'Task_Get'],
      ['getTaskFile', 'File_GetFromTask'],
      ['terminateJob', 'Job_Terminate'],
      ['deleteJob', 'Job_Delete'],
    ],
  ],
  [
    'azure-data-factory',
    ['datafactory'],
    [
      ['listPipelines', 'Pipelines_ListByFactory', { ...factory, ...answerWith({ value: [{ properties: {} }] }) }],
      ['createRun', 'Pipelines_CreateRun', factory],
      ['getPipelineRun', 'PipelineRuns_Get', factory],
      ['queryPipelineRuns', 'PipelineRuns_QueryByFactory', factory],
      ['queryActivityRuns', 'ActivityRuns_QueryByPipelineRun', factory],
      ['cancelPipelineRun', 'PipelineRuns_Cancel', factory],
      ['startTrigger', 'Triggers_Start', factory],
    ],
  ],
  [
    'azure-datalake-gen2',
    ['storage-DataLakeStorage'],
    [
      ['listPaths', 'Path_List'],
      ['readFile', 'Path_Read'],
      ['getProperties', 'Path_GetProperties'],
      ['createPath', 'Path_Create'],
      ['appendData', 'Path_Update'],
      ['flushData', 'Path_Update'],
      ['setAccessControl', 'Path_Update'],
      ['deletePath', 'Path_Delete'],
    ],
  ],
  [
    'azure-key-vault',
    ['keyvault'],
    [
      ['listSecrets', 'GetSecrets'],
      ['listSecretVersions', 'GetSecretVersions'],
      ['setSecret', 'SetSecret'],
      ['deleteSecret', 'DeleteSecret'],
      ['listKeys', 'GetKeys'],
      ['sign', 'sign'],
    ],
  ],
  ['azure-cost-management', ['consumption'], [['listBudgets', 'Budgets_List']]],
  [
    'azure-monitor-metrics',
    [
      'monitor-metrics_API',
      'monitor-activityLogs_API',
      'monitor-metricDefinitions_API',
      'alertsmanagement-AlertsManagement',
    ],
    [
      ['listActivityLog', 'ActivityLogs_List'],
      ['getMetrics', 'Metrics_List'],
      ['listMetricDefinitions', 'MetricDefinitions_List'],
      ['listAlerts', 'Alerts_GetAll'],
      // The comment came later into the same version.
      ['changeAlertState', 'Alerts_ChangeState', { except: ['body: is not documented'] }],
    ],
  ],
  [
    'azure-resource-graph',
    ['resourcegraph'],
    // The example is of the older default form; ours is asked for as `objectArray`.
    [
      ['query', 'Resources', answerWith({ totalRecords: 1, count: 1, resultTruncated: 'false', data: [{ id: 'a' }] })],
      ['queryChanges', 'Resources', answerWith({ totalRecords: 0, count: 0, resultTruncated: 'false', data: [] })],
    ],
  ],
  [
    'azure-resource-manager',
    ['resources', 'authorization-authorization-RoleAssignmentsCalls'],
    [
      ['listResourceGroups', 'ResourceGroups_List'],
      ['listResources', 'Resources_List'],
      ['getResource', 'Resources_GetById'],
      ['whatIfDeployment', 'Deployments_WhatIf'],
      ['createOrUpdateDeployment', 'Deployments_CreateOrUpdate', { spelled: true }],
      ['deleteResource', 'Resources_DeleteById'],
      ['listRoleAssignments', 'RoleAssignments_ListForScope', { spelled: true }],
    ],
  ],
]

function spelledOut(file: SpecFile): SpecFile {
  const paths = Object.entries(file.root.paths ?? {}).filter(([path]) => !/^\/\{\w+\}$/.test(path))
  return { ...file, root: { ...file.root, paths: Object.fromEntries(paths) } }
}

describe.each(tables)('%s', (name, files, rows) => {
  it.each(rows.map(([operation, operationId, wish = {}]) => ({ operation, operationId, wish })))(
    'asks for $operation as its publisher documents it',
    async ({ operation, operationId, wish: { spelled, ...wish } }) => {
      const backend = backends.find((each) => each.name === name)!
      const whole = await Promise.all(files.map((file) => directorySpec(`azure.com/${file}`)))
      const documents = spelled === true ? whole.map(spelledOut) : whole
      const inputs = givenInputs(backend, operation)
      const judged = await proofs.judge(backend, operation, { documents, operationId, inputs, ...wish })
      expect(judged.answer).toBeDefined()
    },
  )

  it('leaves no operation without a row, here or among the requests', async () => {
    const { default: requests } = await import('./requests-azure.json')
    const backend = backends.find((each) => each.name === name)!
    const offered = Object.keys(backend.operations).filter(
      (each) => backend.operations[each]?.unsupported === undefined,
    )
    const there = [
      ...rows.map(([operation]) => operation),
      ...Object.keys(requests).map((place) => place.split(`${name}.`)[1]),
    ]
    expect(offered.filter((each) => !there.includes(each))).toEqual([])
  })
})
