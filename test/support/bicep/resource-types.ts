import { type Expression, literalText, memberOf } from './expression.ts'
import { judgeMembers } from './judge.ts'
import { flags, follow, type Property, type PublishedTypes, type ResourceType } from './published-types.ts'
import type { Resource, Template } from './template.ts'
import { placeOf, type Templates } from './templates.ts'

/** Members that Bicep adds to every resource. */
const ours = new Set(['parent', 'scope', 'dependsOn'])
const scopeBits: Readonly<Record<string, number>> = { tenant: 1, managementGroup: 2, subscription: 4, resourceGroup: 8 }
const onResource = 16

interface Judged {
  readonly template: Template
  readonly templates: Templates
  readonly types: PublishedTypes
}

/** Judges every resource of a file by its published type; one line for each fault. */
export function findTypeFaults({ template, templates, types }: Judged): readonly string[] {
  return template.resources.flatMap((resource) => {
    const found = types.find(resource.type, resource.version)
    if (found !== null) return judgeResource(resource, found, { template, templates, types })
    const versions = types.versions(resource.type)
    const known = versions.length === 0 ? 'the type is unknown' : `published are ${versions.join(', ')}`
    return [`${placeOf(template, resource)} ${resource.type}@${resource.version}: ${known}`]
  })
}

function judgeResource(resource: Resource, found: ResourceType, judged: Judged): readonly string[] {
  const { entry } = found.body
  if (resource.body.kind !== 'object') return [`${placeOf(judged.template, resource)} ${resource.name} has no body`]
  const body = { ...resource.body, members: resource.body.members.filter(({ name }) => !ours.has(name ?? '')) }
  const properties = propertiesOf(found.body, resource.body)
  const where = { ...judged, locals: new Set(resource.loop?.names ?? []), at: resource.name, isPart: false }
  const shown = resource.isExisting ? onlyName(properties) : properties
  const more = 'additionalProperties' in entry ? entry.additionalProperties : undefined
  return [
    ...judgeMembers(body, shown, { type: found.body, judged: where, more: resource.isExisting ? undefined : more }),
    ...judgePlace(resource, found, judged),
    ...judgeName(resource, judged),
  ]
}

/** Members of a type; of one that comes in kinds, those of the kind that the resource names. */
function propertiesOf(place: ResourceType['body'], body: Expression): Readonly<Record<string, Property>> {
  const { entry } = place
  if (entry.$type === 'ObjectType') return entry.properties
  if (entry.$type !== 'DiscriminatedObjectType') return {}
  const element = entry.elements[literalText(memberOf(body, entry.discriminator)) ?? '']
  const chosen = element === undefined ? null : follow(place, element).entry
  return { ...entry.baseProperties, ...(chosen?.$type === 'ObjectType' ? chosen.properties : {}) }
}

/** Of one that exists, only which one it is may be said. */
function onlyName(properties: Readonly<Record<string, Property>>): Readonly<Record<string, Property>> {
  const told = Object.entries(properties).filter(
    ([name, { flags: bits }]) => name === 'name' || (bits & flags.identifying) !== 0,
  )
  return Object.fromEntries(told)
}

/** Whether a resource of this type may stand where it does. */
function judgePlace(resource: Resource, { writableScopes }: ResourceType, { template }: Judged): readonly string[] {
  if (resource.isExisting) return []
  const members = resource.body.kind === 'object' ? resource.body.members : []
  const scoped = members.find(({ name }) => name === 'scope')?.value
  const needed = isResourceName(scoped, template) ? onResource : (scopeBits[template.scope] ?? 0)
  const place = placeOf(template, resource)
  return (writableScopes & needed) === 0 ? [`${place} ${resource.name} cannot be deployed at this scope`] : []
}

function isResourceName(value: Expression | undefined, { resources }: Template): boolean {
  const root = value?.kind === 'index' ? value.of : value
  return root?.kind === 'name' && resources.some(({ name }) => name === root.name)
}

/** A child has its parent's name by `parent`, by standing inside it, or before its own, one `/` for each step. */
function judgeName(resource: Resource, { template }: Judged): readonly string[] {
  const members = resource.body.kind === 'object' ? resource.body.members : []
  const name = members.find((member) => member.name === 'name')?.value
  // The Graph extension writes a credential's name behind that of its application.
  if (name?.kind !== 'string' || resource.type.startsWith('Microsoft.Graph/')) return []
  const parent = members.find((member) => member.name === 'parent')?.value
  const own = name.parts
    .filter((part) => typeof part === 'string')
    .join('')
    .split('/').length
  const steps = resource.around !== null || parent !== undefined ? 1 : resource.type.split('/').length - 1
  const place = placeOf(template, resource)
  return [
    ...(own === steps ? [] : [`${place} the name of ${resource.name} has ${own} parts, and its type ${steps}`]),
    ...judgeParent(resource, parent, template),
  ]
}

function judgeParent(resource: Resource, parent: Expression | undefined, template: Template): readonly string[] {
  const root = parent?.kind === 'index' ? parent.of : parent
  const found = root?.kind === 'name' ? template.resources.find(({ name }) => name === root.name) : undefined
  if (found === undefined || resource.type.replace(/\/[^/]*$/, '').toLowerCase() === found.type.toLowerCase()) return []
  return [`${placeOf(template, resource)} ${found.name} cannot be the parent of a ${resource.type}`]
}

/** Whether a member's value must be known before anything is deployed. */
export function isConstant(property: Property): boolean {
  return (property.flags & flags.constant) !== 0
}
