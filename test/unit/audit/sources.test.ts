import { describe, expect, it } from 'vitest'
import { parseQuery } from '../../../infra/local/logs/query.ts'
import { createFateFinder, createSources, type SourceSetup } from '../../../shared/audit/reconcile-setup.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { createEntraSource, resourceOf } from '../../../shared/audit/source-entra.ts'
import { createPostgresSource } from '../../../shared/audit/source-postgres.ts'
import { createStorageSource } from '../../../shared/audit/source-storage.ts'
import type { LogRow, QueryLogs } from '../../../shared/audit/source-table.ts'
import { permitted } from './fixture.ts'

const clientId = 'c0000000-0000-4000-8000-000000000001'
const decision = '4bf92f35-77b3-4da6-a3ce-929d0e0e4736'
const time = '2026-11-22T10:00:00.123Z'
const window = { from: Date.parse(time) - 1000, to: Date.parse(time) + 1000 }
const answering =
  (...rows: LogRow[]): QueryLogs =>
  async () =>
    rows.map((row) => ({ TimeGenerated: time, ...row }))

const preamble = [
  'BEGIN READ ONLY',
  `SET LOCAL application_name = 'countersign-${decision}'`,
  'SET LOCAL statement_timeout = 99998',
  'SET LOCAL datestyle = ISO',
  "SET LOCAL client_encoding = 'UTF8'",
  'SELECT session_user::pg_catalog.text AS session, current_user::pg_catalog.text AS current',
].join('; ')
const said = (app: string, text: string) =>
  `2026-11-22 10:00:00.123 UTC [6aaae7b4.1dc3] user=Alice@x.example db=shop app=${app} LOG:  ${text}`

describe('log of a PostgreSQL server', () => {
  const own = `countersign-${decision}`
  it.each<[string, string, object | null]>([
    [
      "a call's statement",
      said(own, 'execute <unnamed>: SELECT 1'),
      { decisionId: decision, clientId, isEffective: true },
    ],
    [
      "what opens a call, under an older call's name",
      said('countersign-0', `statement: ${preamble}`),
      { decisionId: decision, clientId, isEffective: false },
    ],
    ['what ends a call', said(own, 'statement: ROLLBACK'), null],
    ['the cleaning of a session', said(own, 'statement: DISCARD ALL'), null],
    ['a direct statement', said('psql', 'statement: SELECT 1'), { clientId: 'unknown', isEffective: true }],
    ['a direct statement without a name', said('', 'statement: SELECT 1'), { clientId: 'unknown', isEffective: true }],
    ['a direct commit', said('psql', 'statement: COMMIT'), { clientId: 'unknown', isEffective: true }],
    [
      'a name that imitates an end',
      said('countersign-x LOG:  statement: COMMIT', 'statement: SELECT 1'),
      { clientId, isEffective: true },
    ],
    [
      'more behind what opens a call',
      said('psql', `statement: ${preamble}; SELECT 1`),
      { clientId: 'unknown', isEffective: true },
    ],
    ['our mark without an id', said('countersign-', 'statement: SELECT 1'), { clientId, isEffective: true }],
    ['a line that is no statement', said('psql', 'duration: 1 ms'), null],
  ])('is read: %s', async (...[, message, expected]) => {
    const source = createPostgresSource({ query: answering({ Message: message }), clientId })
    const events = await source.read(window)
    if (expected === null) expect(events).toEqual([])
    else expect(events).toMatchObject([{ person: 'alice@x.example', time: Date.parse(time), ...expected }])
  })

  it('gives each line an id of its own that holds nothing of it', async () => {
    const lines = ['SELECT 1', 'SELECT 2'].map((text) => ({ Message: said('psql', `statement: ${text}`) }))
    const events = await createPostgresSource({ query: answering(...lines), clientId }).read(window)
    expect(new Set(events.map(({ id }) => id)).size).toBe(2)
    for (const { id } of events) expect(id).toMatch(/^6aaae7b4\.1dc3-[0-9a-f]{16}$/)
  })
})

describe('other logs', () => {
  it.each([
    ['200', true],
    ['403', false],
  ])(
    'of storage say who, through what, for which decision, and whether it was done: %s',
    async (StatusCode, isEffective) => {
      const row = {
        CorrelationId: 'k1',
        StatusCode,
        RequesterObjectId: 'A-1',
        RequesterAppId: '',
        ClientRequestId: decision,
      }
      const events = await createStorageSource({ query: answering(row) }).read(window)
      expect(events).toMatchObject([
        { id: 'k1', person: 'a-1', clientId: 'unknown', decisionId: decision, isEffective },
      ])
    },
  )

  it('of Entra are those of both tables, for the backends alone', async () => {
    const row = { Id: 's1', AppId: clientId.toUpperCase(), UserId: 'A-1', ResultType: '0' }
    const seen: string[] = []
    const query: QueryLogs = async (kql) => {
      seen.push(kql.split('\n')[0] ?? '')
      return [
        { TimeGenerated: time, ...row, ResourceIdentity: '2FF814A6-3304-4AB8-85CB-CD0E6F879C1D' },
        { TimeGenerated: time, ...row, ResourceIdentity: 'another' },
      ]
    }
    const backends = new Map([['2ff814a6-3304-4ab8-85cb-cd0e6f879c1d', ['databricks-sql', 'databricks-jobs']]])
    const events = await createEntraSource({ query, backends }).read(window)
    expect(seen).toEqual(['SigninLogs', 'AADNonInteractiveUserSignInLogs'])
    expect(events).toHaveLength(2)
    expect(events[0]).toMatchObject({ clientId, person: 'a-1', object: 'databricks-sql', isEffective: true })
  })

  it.each([
    ['https://ossrdbms-aad.database.windows.net/.default', '123cd850-d9df-40bd-94d5-c9f07b7fa203'],
    ['2ff814a6-3304-4ab8-85cb-cd0e6f879c1d/.default', '2ff814a6-3304-4ab8-85cb-cd0e6f879c1d'],
    [`api://${clientId}/.default`, clientId],
    ['https://unknown.example/.default', null],
  ])('know the API behind %s', (scope, expected) => {
    expect(resourceOf(scope)).toBe(expected)
  })

  it('are read in halves where an answer would be cut, and not at all where a second holds too much', async () => {
    const full = Array.from({ length: 50_001 }, () => ({ CorrelationId: 'k' }))
    let queries = 0
    const query: QueryLogs = async () =>
      ++queries === 1 ? full : [{ CorrelationId: `k${queries}`, TimeGenerated: time }]
    expect((await createStorageSource({ query }).read({ from: 0, to: 10_000 })).map(({ id }) => id)).toEqual([
      'k2',
      'k3',
    ])
    const flooded = createStorageSource({ query: async () => full })
    await expect(flooded.read({ from: 0, to: 10_000 })).rejects.toThrow()
  })

  it('are asked in the few forms that the stand-in understands', async () => {
    const asked: string[] = []
    const query: QueryLogs = async (kql) => {
      asked.push(kql)
      return []
    }
    const resource = "/subscriptions/s/it's"
    for (const source of [
      createPostgresSource({ query, clientId, resource }),
      createStorageSource({ query }),
      createEntraSource({ query, backends: new Map([[clientId, ['b']]]) }),
    ]) {
      await source.newest()
      await source.read(window)
    }
    expect(asked.map((kql) => parseQuery(kql)?.ask)).toHaveLength(8)
    expect(asked.map(parseQuery)).not.toContain(null)
    expect(asked.join()).not.toContain("it's")
  })

  it.each([
    'PGSQLServerLogs',
    'PGSQLServerLogs\n| take 10',
    "StorageBlobLogs\n| where TimeGenerated > ago(8d)\n| where AccountName == 'x'\n| summarize Newest = max(TimeGenerated)",
    'StorageBlobLogs; SigninLogs\n| where TimeGenerated > ago(8d)\n| summarize Newest = max(TimeGenerated)',
  ])('are refused by the stand-in in any other form: %j', (kql) => {
    expect(parseQuery(kql)).toBeNull()
  })
})

describe('sources of a deployment', () => {
  const workspace = { kind: 'log-analytics', workspace: '5a000000-0000-4000-8000-000000000001' } as const
  const setup = (sources: SourceSetup['sources'], query: QueryLogs = answering()): SourceSetup => ({
    sources,
    clientId,
    scopes: new Map([['azure-storage-blob', 'https://storage.azure.com/.default']]),
    queryLogs: () => query,
    queryAudit: () => async () => [],
  })

  it('are those that the settings name, and no other', () => {
    const names = ['azure-postgresql', 'azure-storage-blob', 'entra']
    const sources = createSources(setup(Object.fromEntries(names.map((name) => [name, workspace]))))
    expect([...sources.keys()]).toEqual(names)
  })

  it.each(['rest-entra-api', 'toString'])('stop the start where no table of a backend is known: %s', (name) => {
    expect(() => createSources(setup({ [name]: workspace }))).toThrow(name)
  })

  it.each([
    ['its call was made', permitted(decision).principal.oid, '200', 'called'],
    ['it was refused', permitted(decision).principal.oid, '403', null],
    ['somebody else used its id', 'other', '200', null],
  ])('say of an open intent whether %s', async (...[, oid, StatusCode, expected]) => {
    const row = { CorrelationId: 'k1', StatusCode, RequesterObjectId: oid, ClientRequestId: decision }
    const sources = createSources(setup({ 'azure-storage-blob': workspace }, answering(row)))
    const intent = { ...permitted(decision, { backend: 'azure-storage-blob' }), personal: {} }
    const document = { decisionId: decision, time, intent } as unknown as RowDocument
    const fate = await createFateFinder(sources)(document)
    expect(fate?.status ?? null).toBe(expected)
  })
})
