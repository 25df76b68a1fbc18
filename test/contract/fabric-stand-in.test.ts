import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { known } from '../../infra/local/fabric/tenant.ts'
import type { Problem } from '../../shared/errors/problem.ts'
import type { Json } from '../../shared/pipeline/ports.ts'
import { openFabric } from '../support/fabric-world.ts'
import { answerWith, createRestWorld, openSite } from '../support/rest-world.ts'
import { judgedBy, publishedSpec } from '../support/specs/sources.ts'

const shared = { workspaceId: known.shared }
const lakehouse = { ...shared, lakehouseId: known.lakehouse }
const model = { groupId: known.shared, datasetId: known.model }
const emea = { workspaceId: known.emea, itemId: known.emeaLakehouse }
const documents = ['fabric/platform/swagger.json', 'fabric/lakehouse/swagger.json', 'powerbi-swagger.json']

let world: Awaited<ReturnType<typeof openFabric>>
beforeAll(async () => {
  const found = process.env.SPECS_DIR === undefined ? [] : await Promise.all(documents.map(publishedSpec))
  world = await openFabric(found)
})
afterAll(() => world.stop())

// biome-ignore lint/suspicious/noExplicitAny: answers are read as they come
const data = async (promise: Promise<{ readonly data: Json }>): Promise<any> => (await promise).data
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => undefined,
    (error: unknown) => ({ code: (error as Problem).code, reason: (error as Problem).reason }),
  )
const names = (value: readonly { readonly displayName: string }[]) => value.map(({ displayName }) => displayName)

describe('two people', () => {
  it('see their own workspaces', async () => {
    const [alice, bob] = await Promise.all(
      (['alice', 'bob'] as const).map((who) => data(world.as(who)('fabric-core.listWorkspaces'))),
    )
    expect(names(alice.value)).toEqual(['Sales EMEA', 'Sales together'])
    expect(names(bob.value)).toEqual(['Sales US', 'Sales together'])
  })

  it.each([
    ['alice', ['EMEA', 'EMEA']],
    ['bob', ['US']],
  ] as const)('get their own rows of one semantic model: %s', async (who, regions) => {
    const answer = await world.as(who)('powerbi.executeQueries', { ...model, query: "EVALUATE 'Sales'" })
    const { columns, rows } = answer.data as { columns: string[]; rows: string[][] }
    expect(columns).toEqual(['Sales[Region]', 'Sales[Customer]', 'Sales[Amount]'])
    expect(rows.map(([region]) => region)).toEqual(regions)
  })

  it('read the files of their own workspaces', async () => {
    const file = { ...emea, path: 'Files/sales/emea.csv' }
    expect((await data(world.as('alice')('fabric-onelake.readFile', file))).content).toContain('EMEA,Contoso,80')
    expect(await failure(world.as('bob')('fabric-onelake.readFile', file))).toMatchObject({ code: 'backend_rejected' })
  })

  it.each(['fabric-core.listWorkspaces', 'powerbi.listWorkspaces'] as const)(
    'cannot swap tokens: %s',
    async (operation) => {
      expect(await failure(world.as('alice')(operation, {}, { tokenOf: 'bob' }))).toEqual({
        code: 'identity_mismatch',
        reason: 'not_called:token_of_another_person',
      })
    },
  )
})

describe('an audience', () => {
  const rows = [
    ['fabric-core.listWorkspaces', {}, 'powerbi'],
    ['fabric-core.listWorkspaces', {}, 'onelake'],
    ['powerbi.listWorkspaces', {}, 'fabric'],
    ['fabric-onelake.listPaths', emea, 'fabric'],
    ['fabric-onelake.listShortcuts', emea, 'onelake'],
    ['synapse-spark.listBatches', { pool: 'analytics' }, 'fabric'],
    ['fabric-lakehouse.listLivySessionsMonitoring', lakehouse, 'synapse'],
  ] as const
  it.each(rows)('of %s is its own: no token for another API is taken', async (operation, inputs, audience) => {
    expect(await failure(world.as('alice')(operation, inputs, { audience }))).toMatchObject({
      code: 'backend_rejected_token',
    })
  })
})

describe('lists', () => {
  it('go on with a cursor of ours, and show no link or token of theirs', async () => {
    const first = await world.as('carol')('fabric-core.listWorkspaces')
    expect(first.data).not.toHaveProperty('continuationUri')
    expect(first.data).not.toHaveProperty('continuationToken')
    const cursor = first.ours?.cursor as string
    const second = await data(world.as('carol')('fabric-core.listWorkspaces', { cursor }))
    expect(names(second.value)).toEqual(['Sales together'])
    expect(await failure(world.as('alice')('fabric-core.listWorkspaces', { cursor }))).toMatchObject({
      code: 'input_invalid',
    })
  })

  it('of OneLake go on by the header', async () => {
    const inputs = { ...emea, maxResults: 1 }
    const first = await world.as('alice')('fabric-onelake.listPaths', inputs)
    const cursor = first.ours?.cursor as string
    const second = await data(world.as('alice')('fabric-onelake.listPaths', { ...inputs, cursor }))
    expect((first.data as { paths: { name: string }[] }).paths[0]?.name).toMatch(/Files\/readme.txt$/)
    expect(second.paths).toEqual([expect.objectContaining({ isDirectory: 'true' })])
  })

  const hostile = [
    'https://evil.example/v1/workspaces',
    '//evil.example/',
    'https://api.fabric.microsoft.com@evil.example/v1',
  ]
  it.each(hostile)('do not go on at %s', async (continuationUri) => {
    const site = await openSite(answerWith({ value: [], continuationUri }))
    const call = createRestWorld(world.named('fabric-core'), { baseUrl: `${site.url}/v1` })
    expect(await failure(call('listWorkspaces'))).toMatchObject({ code: 'backend_failed', reason: 'next_link' })
    expect(site.asked.length).toBe(1)
    site.close()
  })
})

describe('work that goes on', () => {
  it.concurrent('brings what it made', async () => {
    const made = await data(
      world.as('alice')('fabric-core.createItem', { ...shared, displayName: 'Plan', type: 'Notebook' }),
    )
    expect(made).toMatchObject({ displayName: 'Plan', type: 'Notebook', workspaceId: known.shared })
    const definition = { parts: [{ path: 'a.py', payload: 'e30=', payloadType: 'InlineBase64' }] }
    const item = { ...shared, itemId: made.id as string }
    await world.as('alice')('fabric-core.updateItemDefinition', { ...item, definition })
    expect(await data(world.as('bob')('fabric-core.getItemDefinition', item))).toEqual({ definition })
  })

  it.concurrent('is a failure where the same job ran already', async () => {
    const item = { ...shared, itemId: known.notebook, jobType: 'RunNotebook' }
    const url = `${world.server.url}/v1/workspaces/${known.shared}/items/${known.notebook}/jobs/RunNotebook/instances`
    const headers = { authorization: `Bearer ${world.token('alice', 'fabric')}` }
    expect((await world.fetch(url, { method: 'POST', headers })).status).toBe(202)
    expect(await failure(world.as('alice')('fabric-core.runItemJob', item))).toEqual({
      code: 'backend_rejected',
      reason: 'work_failed',
    })
  })

  it.each(['https://evil.example/v1/operations/1', '/v1/../../other'])('is not asked after at %s', async (location) => {
    const site = await openSite(answerWith({}, 202, { location }))
    const call = createRestWorld(world.named('fabric-core'), { baseUrl: `${site.url}/v1` })
    const inputs = { ...shared, displayName: 'Plan', type: 'Notebook' }
    expect((await failure(call('createItem', inputs)))?.reason).toContain('next_link')
    expect(site.asked.length).toBe(1)
    site.close()
  })
})

describe('files', () => {
  const file = { ...emea, path: 'Files/new.txt' }
  const alice = (name: string, more: Record<string, Json> = {}) =>
    world.as('alice')(`fabric-onelake.${name}`, { ...file, ...more })

  it('are made once, filled, read in ranges and deleted', async () => {
    await alice('createFile')
    expect(await failure(alice('createFile'))).toMatchObject({ code: 'backend_rejected' })
    await alice('appendData', { position: 0, content: 'hello world' })
    await alice('flushData', { position: 11 })
    expect((await data(alice('readFile', { offset: 6, length: 3 }))).content).toBe('wor')
    const { etag } = await data(alice('getPathProperties'))
    expect(await failure(alice('deletePath', { ifMatch: '"other"' }))).toMatchObject({ code: 'backend_rejected' })
    await alice('deletePath', { ifMatch: etag })
    expect(await failure(alice('getPathProperties'))).toMatchObject({ code: 'backend_rejected' })
  })

  it.each(['../x', 'Files/../../y', 'x.txt', 'Files'])('are not to be had outside of Files and Tables: %s', (path) => {
    const { inputs } = world.named('fabric-onelake').operations.readFile ?? {}
    expect(inputs?.().safeParse({ ...emea, path }).success).toBe(false)
  })
})

describe('Spark', () => {
  const spark = [
    ['synapse-spark', { pool: 'analytics' }],
    ['fabric-lakehouse', lakehouse],
  ] as const
  const opened = async (backend: string, inputs: Record<string, Json>) => {
    const { id } = await data(world.as('alice')(`${backend}.createSession`, { ...inputs, name: 'mine' }))
    const session = { ...inputs, sessionId: id as Json }
    for (let asked = 0; asked < 2; asked += 1) await world.as('alice')(`${backend}.getSession`, session)
    return session
  }

  it.concurrent.each(spark)('of %s says who submitted, and gives each their rows', async (backend, inputs) => {
    const session = await opened(backend, inputs)
    const answer = await world.as('alice')(`${backend}.runSql`, { ...session, statement: 'SELECT * FROM sales' })
    expect(answer.identity).toMatchObject({ source: 'backend', matches: true })
    expect(answer.data).toEqual({
      columns: ['Region', 'Customer', 'Amount'],
      rows: [
        ['EMEA', 'Fabrikam', 120],
        ['EMEA', 'Contoso', 80],
      ],
    })
    expect(await failure(world.as('alice')(`${backend}.runSql`, { ...session, statement: 'SELECT 1' }))).toEqual({
      code: 'backend_rejected',
      reason: 'work_failed',
    })
  })

  it.each(spark)("of %s takes no statement into somebody else's session", async (backend, inputs) => {
    const session = await opened(backend, inputs)
    const statement = { ...session, statement: 'SELECT * FROM sales' }
    expect(await failure(world.as('bob')(`${backend}.runSql`, statement))).toEqual({
      code: 'identity_mismatch',
      reason: 'not_called:submitter',
    })
    expect(await failure(world.as('bob')(`${backend}.deleteSession`, session))).toMatchObject({
      code: 'identity_mismatch',
    })
    const state = await data(world.as('alice')(`${backend}.getSession`, session))
    expect(state.state).toBe('idle')
  })

  it.each(spark)('of %s does not pass off a failed batch as a success', async (backend, inputs) => {
    const file = 'abfss://jobs@lake.dfs.core.windows.net/run.py'
    const { id } = await data(world.as('alice')(`${backend}.submitBatch`, { ...inputs, name: 'fails', file }))
    const batch = { ...inputs, batchId: id as Json }
    expect((await data(world.as('alice')(`${backend}.getBatch`, batch))).result).toBe('Uncertain')
    expect(await failure(world.as('alice')(`${backend}.getBatch`, batch))).toMatchObject({ reason: 'work_failed' })
  })
})

describe('Power BI', () => {
  it('is not believed where it cuts a table with a good status', async () => {
    const query = 'EVALUATE TOPN(100001, Sales)'
    expect(await failure(world.as('alice')('powerbi.executeQueries', { ...model, query }))).toMatchObject({
      code: 'backend_rejected',
      reason: 'work_failed',
    })
  })

  it('gives a report as the person sees it', async () => {
    const report = { groupId: known.shared, reportId: known.report }
    const { id } = await data(world.as('bob')('powerbi.exportReport', report))
    const job = { ...report, exportId: id as string }
    await world.as('bob')('powerbi.getExportStatus', job)
    const state = await data(world.as('bob')('powerbi.getExportStatus', job))
    expect(state).toMatchObject({ status: 'Succeeded' })
    expect(state).not.toHaveProperty('resourceLocation')
    const { content, encoding } = await data(world.as('bob')('powerbi.getExportFile', job))
    expect(Buffer.from(content, encoding).toString()).toContain('Adventure Works')
    expect(await failure(world.as('alice')('powerbi.getExportFile', job))).toMatchObject({ code: 'backend_rejected' })
  })

  it('tells of everybody to the administrator alone, page by page', async () => {
    const day = { start: '2026-11-22T00:00:00Z', end: '2026-11-22T23:59:59Z' }
    const first = await data(world.as('carol')('powerbi.getActivityEvents', day))
    expect(first).not.toHaveProperty('continuationUri')
    const { continuationToken } = first
    const next = await data(world.as('carol')('powerbi.getActivityEvents', { continuationToken }))
    expect(next.lastResultSet).toBe(true)
    expect(await failure(world.as('alice')('powerbi.getActivityEvents', day))).toMatchObject({
      code: 'backend_rejected',
    })
  })

  it('starts a refresh that its history knows', async () => {
    const { requestId } = await data(world.as('alice')('powerbi.refreshDataset', model))
    const history = await data(world.as('alice')('powerbi.getRefreshHistory', model))
    expect(history.value[0].requestId).toBe(requestId)
  })
})

describe('roles and shortcuts', () => {
  it('are changed by who may', async () => {
    const item = { ...shared, itemId: known.lakehouse }
    const target = { ...emea, path: 'Files/sales' }
    const shortcut = { ...item, path: 'Files', name: 'emea', target }
    await world.as('alice')('fabric-onelake.createShortcut', shortcut)
    expect(await failure(world.as('alice')('fabric-onelake.createShortcut', shortcut))).toMatchObject({
      code: 'backend_rejected',
    })
    expect((await data(world.as('bob')('fabric-onelake.listShortcuts', item))).value).toHaveLength(1)
    const role = { principalId: known.model, principalType: 'Group', role: 'Viewer' }
    expect(await failure(world.as('alice')('fabric-core.addWorkspaceRole', { ...shared, ...role }))).toMatchObject({
      code: 'backend_rejected',
    })
    expect(await data(world.as('carol')('fabric-core.addWorkspaceRole', { ...shared, ...role }))).toMatchObject({
      role: 'Viewer',
    })
  })
})

describe('the stand-in', () => {
  judgedBy(documents[0] ?? '')("answers as Microsoft's documents say", () => {
    expect(world.watch.asked.length).toBeGreaterThan(30)
    // The document of Power BI knows of no failures at all.
    const unsaid = /^(Groups|Admin|Reports|Datasets)_\w+: answer: the status 4\d\d is not documented$/
    expect(world.watch.faults.filter((fault) => !unsaid.test(fault))).toEqual([])
  })
})
