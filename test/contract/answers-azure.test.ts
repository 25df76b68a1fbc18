import type { ServerResponse } from 'node:http'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../../shared/backend/define.ts'
import { mask } from '../../shared/masking/mask.ts'
import type { Json, UpstreamAnswer } from '../../shared/pipeline/ports.ts'
import { loadFunctions } from '../support/line-declarations.ts'
import { type Asked, answerWith, createRestWorld, openSite, type Site } from '../support/rest-world.ts'
import { sampleValues } from '../support/specs/inputs.ts'
import { inputsOf } from '../support/specs/samples.ts'
import { tokenKey } from '../unit/masking/requests.ts'

const backends = await loadFunctions()

interface Place {
  readonly backend: Backend
  readonly name: string
  readonly site: Site
  readonly call: (more?: Readonly<Record<string, Json>>) => Promise<UpstreamAnswer>
}

/** One operation with its sample inputs at a server that answers as the test says; the identity is proven elsewhere. */
async function at<T>(
  place: string,
  reply: (url: string) => Site['reply'],
  use: (place: Place) => Promise<T>,
): Promise<T> {
  const [title = '', name = ''] = place.split('.')
  const { identityProbe: _probe, ...backend } = backends.find((each) => each.name === title)!
  const site = await openSite()
  site.reply = reply(site.url)
  const world = createRestWorld(backend, { baseUrl: site.url, values: sampleValues(backend) })
  try {
    const inputs = inputsOf(backend, name, 'full')
    return await use({ backend, name, site, call: (more = {}) => world(name, { ...inputs, ...more }) })
  } finally {
    site.close()
  }
}

/** What an agent gets of an answer. */
const shown = (place: string, answer: Json) =>
  at(
    place,
    () => answerWith(answer),
    async ({ backend, name, call }) => {
      const operation = backend.operations[name]!
      const understood = {
        effect: operation.effect,
        understood: true,
        reads: [],
        writes: [],
        dangers: [],
        statements: 0,
      }
      const invocation = { backend, operationName: name, operation, inputs: {} }
      const rules = { classification: {}, clearLabels: [], obligations: [], tokenKey }
      return mask({ answer: await call(), invocation, understood, ...rules })
    },
  )

const secret = 'c2VjcmV0LXNlY3JldC1zZWNyZXQ'
const signed = `https://files.example.com/a?sig=${secret}&se=2026-11-22`
const connection = `Endpoint=https://a.example.com;Id=1;AccountKey=${secret}${secret}==`
const file = { name: 'kept', '@microsoft.graph.downloadUrl': `https://files.example.com/${secret}` }
const person = { emailAddress: { address: `${secret}@example.com`, name: secret } }

describe('what must not get out', () => {
  it.each<[string, Json]>([
    ['graph-sharepoint.listChildren', { value: [file] }],
    ['graph-sharepoint.search', { value: [{ hitsContainers: [{ hits: [{ resource: file }] }] }] }],
    ['graph-sharepoint.uploadFile', file],
    ['graph-sharepoint.listSignIns', { '@odata.context': 'kept', value: [{ ipAddress: secret }] }],
    ['graph-mail.getMessage', { subject: 'kept', from: person, toRecipients: [person] }],
    ['graph-mail.listMessages', { value: [{ subject: 'kept', sender: person, ccRecipients: [person] }] }],
    ['graph-teams.listChatMessages', { value: [{ id: 'kept', from: { user: { displayName: secret } } }] }],
    ['azure-key-vault.setSecret', { value: secret, id: 'kept' }],
    ['azure-key-vault.deleteSecret', { value: secret, id: 'kept' }],
    [
      'azure-resource-manager.getResource',
      { id: 'kept', properties: { ConnectionString: secret, primaryKey: secret } },
    ],
    ['azure-monitor-metrics.listActivityLog', { value: [{ level: 'kept', caller: `${secret}@example.com` }] }],
    ['azure-monitor-metrics.listActivityLog', { value: [{ level: 'kept', claims: { name: secret } }] }],
    ['azure-app-configuration.getSetting', { key: 'kept', value: connection }],
    ['azure-fhir.readResource', { id: secret, name: [{ family: secret }], note: 'kept' }],
    ['azure-batch.getTask', { id: 'kept', resourceFiles: [{ httpUrl: signed }] }],
    ['azure-data-factory.getPipelineRun', { runId: 'kept', parameters: { target: signed } }],
    ['azure-machine-learning.getJob', { id: 'kept', properties: { outputs: { uri: signed } } }],
    ['azure-ai-search.getDocument', { title: 'kept', link: signed }],
    ['azure-digital-twins.getTwin', { $dtId: 'kept', link: signed }],
    ['azure-storage-table.getEntity', { name: 'kept', link: connection }],
    ['azure-devops.getRun', { name: 'kept', url: signed }],
    ['dataverse.getRow', { name: 'kept', link: signed }],
    ['dynamics-business-central.getEntity', { name: 'kept', link: signed }],
    ['dynamics-finance-operations.getEntity', { name: 'kept', link: signed }],
  ])('does not leave %s', async (place, answer) => {
    const { data } = await shown(place, answer)
    expect(JSON.stringify(data)).not.toContain(secret)
    if (place !== 'azure-fhir.readResource') expect(JSON.stringify(data)).toContain('kept')
  })

  it.each(['azure-datalake-gen2.readFile', 'azure-service-bus.receiveAndComplete'])(
    'takes nothing else with it from the content of %s',
    async (place) => {
      const { data } = await shown(place, { a: 'kept' })
      expect(data).toMatchObject({ content: '{"a":"kept"}', encoding: 'text', range: {} })
    },
  )
})

type Page = readonly [
  place: string,
  first: (url: string) => Json | Readonly<Record<string, string>>,
  next: RegExp | object,
]
const link =
  (path: string, member = 'nextLink') =>
  (url: string) => ({ value: [], [member]: `${url}${path}` })

/** In the service's own shape; what is next is sought in the second request: its URL, or members of its body. */
const pages: readonly Page[] = [
  ['azure-key-vault.listSecrets', link('/secrets?api-version=2025-07-01&$skiptoken=t2'), /skiptoken=t2/],
  [
    'azure-app-configuration.listSettings',
    () => ({ items: [], '@nextLink': '/kv?api-version=2024-09-01&after=t2' }),
    /after=t2/,
  ],
  ['azure-batch.listJobs', link('/jobs?api-version=2022-10-01.16.0&$skiptoken=t2', 'odata.nextLink'), /skiptoken=t2/],
  [
    'azure-cost-management.queryUsage',
    (url) => ({
      properties: {
        columns: [{ name: 'Cost' }],
        rows: [[1]],
        nextLink: `${url}/subscriptions/6b1f5c0e-3b7a-4c52-9d0e-2f4a8c1b7d90/resourceGroups/rg-orders/providers/Microsoft.CostManagement/query?api-version=2022-10-01&$skiptoken=t2`,
      },
    }),
    { type: 'ActualCost' },
  ],
  ['azure-data-factory.queryPipelineRuns', () => ({ value: [], continuationToken: 't2' }), { continuationToken: 't2' }],
  ['azure-digital-twins.query', () => ({ value: [], continuationToken: 't2' }), { continuationToken: 't2' }],
  [
    'azure-resource-graph.query',
    () => ({ totalRecords: 2, data: [{ id: 'a' }], $skipToken: 't2' }),
    { options: { $top: 100, resultFormat: 'objectArray', $skipToken: 't2' } },
  ],
  [
    'azure-resource-manager.listResourceGroups',
    link('/subscriptions/6b1f5c0e-3b7a-4c52-9d0e-2f4a8c1b7d90/resourcegroups?$skiptoken=t2'),
    /skiptoken=t2/,
  ],
  ['dataverse.queryRows', link('/a?$skiptoken=t2', '@odata.nextLink'), /skiptoken=t2/],
  ['dynamics-business-central.listCompanies', link('/companies?$skiptoken=t2', '@odata.nextLink'), /skiptoken=t2/],
  ['dynamics-finance-operations.queryEntities', link('/data/A1?$skiptoken=t2', '@odata.nextLink'), /skiptoken=t2/],
  ['graph-mail.listMessages', link('/me/messages?$skip=t2', '@odata.nextLink'), /skip=t2/],
  ['graph-sharepoint.searchSites', link('/sites?$skiptoken=t2', '@odata.nextLink'), /skiptoken=t2/],
  ['graph-teams.listChats', link('/me/chats?$skiptoken=t2', '@odata.nextLink'), /skiptoken=t2/],
]
const headers: readonly (readonly [place: string, header: string, parameter: string])[] = [
  ['azure-datalake-gen2.listPaths', 'x-ms-continuation', 'continuation'],
  ['azure-devops.listProjects', 'x-ms-continuationtoken', 'continuationToken'],
  ['azure-storage-table.listTables', 'x-ms-continuation-nexttablename', 'NextTableName'],
]

describe('the next page', () => {
  it.each(pages)('of %s is found in the service’s own shape, and never shown', async (...[place, first, next]) => {
    await at(
      place,
      (url) => answerWith(first(url)),
      async ({ site, call }) => {
        const one = await call()
        expect(JSON.stringify(one.data)).not.toContain('t2')
        await call({ cursor: one.ours?.cursor ?? '' })
        const second: Asked | undefined = site.asked[1]
        if (next instanceof RegExp) expect(decodeURIComponent(second?.url ?? '')).toMatch(next)
        else expect(JSON.parse(second?.body ?? '')).toMatchObject(next)
      },
    )
  })

  it.each(headers)('of %s is found in the header %s', async (...[place, header, parameter]) => {
    await at(
      place,
      () => answerWith({ value: [], paths: [] }, 200, { [header]: 't 2' }),
      async ({ site, call }) => {
        const one = await call()
        await call({ cursor: one.ours?.cursor ?? '' })
        expect(new URL(site.asked[1]?.url ?? '', site.url).searchParams.get(parameter)).toBe('t 2')
      },
    )
  })
})

const json = (response: ServerResponse, status: number, [data, more = {}]: readonly [Json, Record<string, string>?]) =>
  response
    .writeHead(status, { 'content-type': 'application/json', 'retry-after': '1', ...more })
    .end(JSON.stringify(data))
const arm = '/subscriptions/a/providers/Microsoft.Resources/operationresults/1'

describe.concurrent('work that goes on', () => {
  it.each<[string, string, string, Json]>([
    ['azure-resource-manager.createOrUpdateDeployment', 'azure-asyncoperation', arm, { status: 'Succeeded' }],
    ['azure-resource-manager.whatIfDeployment', 'location', arm, { status: 'Succeeded', properties: {} }],
    ['azure-resource-manager.deleteResource', 'location', arm, {}],
    ['azure-app-configuration.createSnapshot', 'operation-location', '/operations?snapshot=a', { status: 'Succeeded' }],
    ['azure-data-factory.startTrigger', 'location', arm, {}],
    ['azure-machine-learning.cancelJob', 'location', arm, {}],
    ['azure-machine-learning.deleteOnlineEndpoint', 'location', arm, {}],
  ])('of %s is asked after at its %s', async (...[place, header, path, end]) => {
    const reply =
      (url: string): Site['reply'] =>
      (asked, response) =>
        asked.url === path
          ? json(response, 200, [end])
          : json(response, header === 'location' ? 202 : 201, [{}, { [header]: `${url}${path}` }])
    await at(place, reply, async ({ site, call }) => {
      expect((await call()).data).toEqual(end)
      expect(site.asked.map(({ method, url }) => `${method} ${url}`).at(-1)).toBe(`GET ${path}`)
    })
  })
})
