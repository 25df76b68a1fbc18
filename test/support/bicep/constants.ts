import { childrenOf, type Expression, memberOf } from './expression.ts'
import { follow, type PublishedTypes } from './published-types.ts'
import { isConstant } from './resource-types.ts'
import type { Resource, Template } from './template.ts'
import { placeOf } from './templates.ts'

/**
 * Names, scopes, conditions and what is looped over must be known before anything is deployed: Bicep refuses them where
 * they need what a resource or module answers. With the published types, so does every member that they mark as constant.
 */
export function findLateFaults(template: Template, types: PublishedTypes | null): readonly string[] {
  const placed = [...template.resources, ...template.modules]
  return placed.flatMap((one) => {
    const members = [...alwaysConstant, ...('type' in one && types !== null ? constantMembers(one, types) : [])]
    const values = [...new Set(members)].flatMap((name) => memberOf(one.body, name) ?? [])
    return [
      ...values,
      ...(one.condition === null ? [] : [one.condition]),
      ...(one.loop === null ? [] : [one.loop.over]),
    ]
      .flatMap((value) => lateParts(value, template, 0))
      .map((part) => `${placeOf(template, part)} ${one.name} needs before deployment what is only known after it`)
  })
}

const alwaysConstant = ['name', 'scope']

function constantMembers(resource: Resource, types: PublishedTypes): string[] {
  const found = types.find(resource.type, resource.version)
  if (found?.body.entry.$type !== 'ObjectType') return []
  return Object.entries(found.body.entry.properties).flatMap(([name, property]) => {
    const isPlain = follow(found.body, property.type).entry.$type !== 'ObjectType'
    return isConstant(property) && isPlain ? [name] : []
  })
}

const early = new Set(['id', 'name', 'type', 'apiVersion'])

/** Parts of a value that only a deployment knows; variables are looked into. */
function lateParts(value: Expression, template: Template, depth: number): readonly Expression[] {
  if (depth > 20) return []
  if (isLate(value, template)) return [value]
  const variable = value.kind === 'name' ? template.variables.find(({ name }) => name === value.name) : undefined
  if (variable !== undefined)
    return lateParts(variable.value, template, depth + 1).map((part) => ({ ...part, line: value.line }))
  return childrenOf(value).flatMap((child) => lateParts(child, template, depth + 1))
}

function isLate(value: Expression, { resources, modules }: Template): boolean {
  if (value.kind === 'call') return value.name.startsWith('list') || value.name === 'reference'
  if (value.kind !== 'member') return false
  const root = value.of.kind === 'index' ? value.of.of : value.of
  if (root.kind !== 'name') return false
  if (modules.some(({ name }) => name === root.name)) return value.name === 'outputs'
  return resources.some(({ name }) => name === root.name) && !early.has(value.name)
}
