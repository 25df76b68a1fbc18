import { answerOf } from './answers.ts'
import { evaluate, type Home, isUnknown, memberValue, type World, withLocals } from './evaluate.ts'
import type { Expression } from './expression.ts'
import { memberOf } from './expression.ts'
import { guidOf } from './functions.ts'
import { type Module, paramsOf, type Resource, type Template } from './template.ts'
import { fileOf, placeOf, type Templates } from './templates.ts'

/** A resource as it would be deployed, or a module as a deployment, by the file and line that ask for it. */
export interface Planned {
  readonly place: string
  readonly path: string
  readonly symbol: string
  readonly type: string
  /** The last part of the name; the whole one with those of its parents before it. */
  readonly name: unknown
  readonly fullName: unknown
  readonly body: Readonly<Record<string, unknown>>
  /** The group that it is deployed to. */
  readonly group: string
  /** The module by which it is deployed, with those around it: `evidence/…`. */
  readonly via: string
}

interface Deployment {
  readonly templates: Templates
  readonly template: Template
  readonly params: Readonly<Record<string, unknown>>
  readonly home: Home
  readonly via: string
}

export interface Outcome {
  readonly planned: readonly Planned[]
  readonly outputs: Readonly<Record<string, unknown>>
}

const publicHome: Home = {
  cloud: 'AzureCloud',
  subscriptionId: guidOf('subscription'),
  tenantId: guidOf('tenant'),
  group: 'rg',
}

interface Asking {
  readonly path: string
  readonly params: Readonly<Record<string, unknown>>
  readonly cloud?: Home['cloud']
}

/** What a file would deploy with these parameters; worked out offline, so that what only Azure knows is made up or unknown. */
export function planDeployment(templates: Templates, { path, params, cloud = 'AzureCloud' }: Asking): Outcome {
  const template = templates.get(path)
  if (template === undefined) throw new Error(`${path} is not there`)
  return deploy({ templates, template, params, home: { ...publicHome, cloud }, via: '' })
}

function deploy(deployment: Deployment): Outcome {
  const { template } = deployment
  const inner = new Map<string, unknown>()
  const planned: Planned[] = []
  const world = makeWorld(deployment, inner, planned)
  for (const resource of template.resources.filter(({ isExisting }) => !isExisting)) {
    planned.push(...instancesOf(resource, world).flatMap((one) => planResource(resource, one, deployment)))
  }
  for (const { name } of template.modules) world.value(name)
  const outputs = Object.fromEntries(template.outputs.map(({ name, value }) => [name, evaluate(value, world)]))
  return { planned, outputs }
}

/** Names of a file, each worked out once. */
function makeWorld(deployment: Deployment, known: Map<string, unknown>, planned: Planned[]): World {
  const world: World = {
    ...deployment,
    locals: {},
    value: (name) => {
      if (!known.has(name)) {
        // A name that asks for itself is not worked out.
        known.set(name, { unknown: `${name}, which asks for itself` })
        known.set(name, workOut(name, { deployment, world, planned }))
      }
      return known.get(name)
    },
  }
  return world
}

interface Asked {
  readonly deployment: Deployment
  readonly world: World
  readonly planned: Planned[]
}

function workOut(name: string, asked: Asked): unknown {
  const { template } = asked.deployment
  const variable = template.variables.find((one) => one.name === name)
  if (variable !== undefined) return evaluate(variable.value, asked.world)
  const resource = template.resources.find((one) => one.name === name)
  if (resource !== undefined)
    return oneOrMany(
      resource,
      instancesOf(resource, asked.world).map(({ answer }) => answer),
    )
  const module = template.modules.find((one) => one.name === name)
  return module === undefined ? parameterOf(name, asked) : moduleOf(module, asked)
}

function oneOrMany({ loop }: Resource | Module, values: readonly unknown[]): unknown {
  return loop === null ? values[0] : values
}

function parameterOf(name: string, { deployment, world }: Asked): unknown {
  if (Object.hasOwn(deployment.params, name)) return deployment.params[name]
  const initial = deployment.template.parameters.find((one) => one.name === name)?.initial ?? null
  return initial === null ? { unknown: `the parameter ${name}` } : evaluate(initial, world)
}

interface Instance {
  readonly isOn: boolean
  readonly world: World
  readonly answer: Readonly<Record<string, unknown>>
}

/** One for each turn of its loop. What is off has an answer as well, for whoever names it behind the same condition. */
function instancesOf(resource: Resource, world: World): readonly Instance[] {
  return worldsOf(resource, world).map((inner) => {
    const around = resource.around === null ? undefined : world.value(resource.around.name)
    const parent = around ?? evaluateMember(resource.body, 'parent', inner)
    const name = evaluateMember(resource.body, 'name', inner)
    const fullName = isUnknown(name) || isUnknown(parent) ? { unknown: 'a name' } : joinNames(parent, name)
    const id = idOf(resource.type, nameText(fullName), inner.home)
    const answer = { id, name: fullName, fullName, type: resource.type, apiVersion: resource.version }
    const properties = answerOf({ id, name: nameText(fullName), type: resource.type })
    return { isOn: isOn(resource, inner), world: inner, answer: { ...answer, properties, appId: guidOf(id) } }
  })
}

/** `/subscriptions/…/providers/Microsoft.Storage/storageAccounts/a/blobServices/default`. */
function idOf(type: string, name: string, { subscriptionId, group }: Home): string {
  const [provider = '', ...kinds] = type.split('/')
  const names = name.split('/')
  const path = kinds.map((kind, index) => `/${kind}/${names[index] ?? '?'}`).join('')
  return `/subscriptions/${subscriptionId}/resourceGroups/${group}/providers/${provider}${path}`
}

function nameText(name: unknown): string {
  return isUnknown(name) ? '?' : String(name)
}

function joinNames(parent: unknown, name: unknown): unknown {
  const before = parent === null || parent === undefined ? null : memberValue(parent, 'fullName')
  return before === null || isUnknown(before) ? name : `${String(before)}/${String(name)}`
}

function evaluateMember(body: Expression, name: string, world: World): unknown {
  const member = memberOf(body, name)
  return member === undefined ? null : evaluate(member, world)
}

function worldsOf({ loop }: Resource | Module, world: World): readonly World[] {
  if (loop === null) return [world]
  const over = evaluate(loop.over, world)
  return Array.isArray(over) ? over.map((item, index) => withLocals(world, loop.names, [item, index])) : []
}

function isOn({ condition, ...one }: Resource | Module, world: World): boolean {
  const around = 'around' in one ? one.around : null
  if (around !== null && !isOn(around, world)) return false
  return condition === null || evaluate(condition, world) !== false
}

function planResource(
  resource: Resource,
  { isOn: on, world, answer }: Instance,
  { via, template }: Deployment,
): Planned[] {
  if (!on || resource.body.kind !== 'object') return []
  const body = evaluate(resource.body, world) as Readonly<Record<string, unknown>>
  const { name, type, line } = resource
  return [
    {
      place: placeOf(template, { line }),
      path: template.path,
      symbol: name,
      type,
      name: body.name,
      fullName: answer.fullName,
      body,
      group: world.home.group,
      via,
    },
  ]
}

function moduleOf(module: Module, { deployment, world, planned }: Asked): unknown {
  const outcomes = worldsOf(module, world).map((inner) => {
    if (!isOn(module, inner)) return { outputs: { unknown: `${module.name}, which is off` } }
    const name = evaluateMember(module.body, 'name', inner)
    planned.push(plannedModule(module, name, deployment))
    const outcome = deployModule(module, inner, deployment)
    planned.push(...outcome.planned)
    return { name, outputs: outcome.outputs }
  })
  return oneOrMany(module, outcomes)
}

function plannedModule({ name: symbol, line }: Module, name: unknown, { template, via, home }: Deployment): Planned {
  const { group } = home
  const place = placeOf(template, { line })
  const type = 'Microsoft.Resources/deployments'
  return { place, path: template.path, symbol, type, name, fullName: name, body: {}, group, via }
}

function deployModule(module: Module, world: World, deployment: Deployment): Outcome {
  const template = fileOf(deployment.templates, deployment.template, module)
  if (template === undefined) return { planned: [], outputs: {} }
  const given = paramsOf(module).map(({ name, value }) => [name ?? '', evaluate(value, world)] as const)
  const scope = evaluateMember(module.body, 'scope', world)
  const group = nameText(memberValue(scope, 'name') ?? deployment.home.group)
  return deploy({
    ...deployment,
    template,
    params: Object.fromEntries(given.filter(([, value]) => value !== null)),
    home: { ...deployment.home, group },
    via: `${deployment.via}${module.name}/`,
  })
}
