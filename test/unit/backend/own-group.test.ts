import '../../../functions/azure-machine-learning.ts'
import '../../../functions/azure-monitor-logs.ts'
import '../../../functions/azure-monitor-metrics.ts'
import '../../../functions/azure-resource-graph.ts'
import '../../../functions/azure-resource-manager.ts'
import '../../../functions/graph-teams.ts'
import { describe, expect, it } from 'vitest'
import { findOperation, listBackends } from '../../../shared/backend/catalogue.ts'
import { namesOwnGroup, type OwnGroup } from '../../../shared/backend/own-group.ts'
import { hostGroup } from '../../../shared/config/own-resources.ts'
import { createLine } from '../../../shared/pipeline/create-line.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { createWorld, inboundFor, run } from '../../support/line-world.ts'

const subscription = '5d6f0000-0000-4000-8000-000000000001'
const other = '5d6f0000-0000-4000-8000-000000000002'
const own = { subscription, name: 'rg-countersign' }
const ours = `subscriptions/${subscription}/resourceGroups/rg-countersign`

type Wish = { readonly values?: Record<string, string>; readonly group?: OwnGroup }

function isOwn(place: string, inputs: Readonly<Record<string, Json>>, { values = {}, group = own }: Wish = {}) {
  const [name = '', operationName = ''] = place.split('.')
  const backend = listBackends().find((each) => each.name === name)!
  const operation = findOperation(backend, operationName)!
  return namesOwnGroup({ backend, operationName, operation, inputs }, values, group)
}
const resource = (resourceGroup: string, subscriptionId = subscription) => ({ subscriptionId, resourceGroup })
const deploy = (template: Json) => ({ ...resource('rg-other'), name: 'a', template, parameters: {} })
const nested = (members: Record<string, Json>) => deploy({ resources: [{ type: 'a', ...members }] })

describe("Countersign's own resource group", () => {
  it.each<[string, string, Readonly<Record<string, Json>>, Record<string, string>?]>([
    ['in a path', 'azure-resource-manager.deleteResource', resource('rg-countersign')],
    [
      'in other letters',
      'azure-resource-manager.deleteResource',
      resource('RG-CounterSign', subscription.toUpperCase()),
    ],
    ['with a dot behind', 'azure-resource-manager.deleteResource', resource('rg-countersign.')],
    ['encoded', 'azure-resource-manager.deleteResource', resource('rg%2Dcountersign')],
    ['encoded twice', 'azure-resource-manager.deleteResource', resource('rg%252dcountersign')],
    ['beside a wrong escape', 'azure-resource-manager.deleteResource', resource('%72g-countersign')],
    ['in wide letters', 'azure-resource-manager.deleteResource', resource('ｒg-countersign')],
    ['in a path of several segments', 'azure-monitor-metrics.getMetrics', { resource: `${ours}/providers/A.B/c/d` }],
    ['in a path of another host', 'azure-monitor-logs.queryResource', { resource: `${ours}/providers/A.B/c/d` }],
    [
      'in the deployment’s own values',
      'azure-machine-learning.listJobs',
      {},
      { subscription, resourceGroup: 'rg-countersign', workspace: 'w' },
    ],
    [
      'among ids in a body',
      'azure-monitor-metrics.getMetricsBatch',
      { subscriptionId: other, resourceids: [`/subscriptions/${other}/x`, `/${ours}/providers/A.B/c/d`] },
    ],
    [
      'among ids, as it may also be written',
      'azure-resource-graph.listResourceChangesLegacy',
      { resourceIds: [`//SUBSCRIPTIONS/${subscription}//resourcegroups/rg%2dcountersign/providers/A.B/c/d`] },
    ],
    ['in a template', 'azure-resource-manager.createOrUpdateDeployment', nested({ scope: `/${ours}` })],
    [
      'as the group of a nested one',
      'azure-resource-manager.whatIfDeployment',
      nested({ resourceGroup: 'RG-Countersign' }),
    ],
    [
      'in an expression',
      'azure-resource-manager.createOrUpdateDeployment',
      nested({ properties: { id: "[resourceId('rg-countersign', 'A.B/c', 'd')]" } }),
    ],
    ['as the name of a member', 'azure-resource-manager.createOrUpdateDeployment', nested({ [`/${ours}`]: {} })],
  ])('is told %s', (...[, place, inputs, values]) => {
    expect(isOwn(place, inputs, { values: values ?? {} })).toBe(true)
  })

  it.each<[string, string, Readonly<Record<string, Json>>]>([
    ['another group', 'azure-resource-manager.deleteResource', resource('rg-other')],
    ['a longer name', 'azure-resource-manager.deleteResource', resource('rg-countersign2')],
    ['the same name elsewhere', 'azure-resource-manager.deleteResource', resource('rg-countersign', other)],
    ['the name alone', 'azure-resource-graph.query', { query: "resources | where name == 'rg-countersign'" }],
    ['a message about it', 'graph-teams.sendChatMessage', { chatId: '19:a', text: `Look at /${ours}` }],
  ])('is not %s', (_what, place, inputs) => {
    expect(isOwn(place, inputs)).toBe(false)
  })

  it('is told in any subscription where the hosting does not say which it is in', () => {
    const inputs = resource('rg-countersign', other)
    const group = { ...own, subscription: null }
    expect(isOwn('azure-resource-manager.deleteResource', inputs, { group })).toBe(true)
  })

  it.each([
    [{}, null],
    [{ WEBSITE_OWNER_NAME: `${subscription}+space` }, null],
    [{ WEBSITE_RESOURCE_GROUP: 'RG-Countersign', WEBSITE_OWNER_NAME: `${subscription.toUpperCase()}+space` }, own],
    [
      { WEBSITE_RESOURCE_GROUP: 'rg-countersign', WEBSITE_OWNER_NAME: 'what' },
      { ...own, subscription: null },
    ],
  ])('is what the hosting names: %j', (environment, group) => {
    expect(hostGroup(environment)).toEqual(group)
  })

  it('is refused before anything is judged, exchanged or called, and recorded', async () => {
    const world = createWorld()
    const deployment = { ...world.deployment, isOwn: () => true }
    const line = createLine(world.ports, deployment, world.identification)
    const ending = await run({ ...world, line }, inboundFor('getItem'))
    expect([ending.status, ending.code]).toEqual([403, 'access_denied'])
    expect([world.exchanges, world.calls]).toEqual([[], []])
    expect(world.used.filter((port) => ['decide', 'exchange', 'call'].includes(port))).toEqual([])
    expect(world.rows).toMatchObject([{ kind: 'intent' }, { kind: 'outcome' }])
  })
})
