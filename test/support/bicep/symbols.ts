import { childrenOf, type Expression, walk } from './expression.ts'
import { isFunction } from './kinds.ts'
import type { Template } from './template.ts'
import { fileOf, placeOf, type Templates } from './templates.ts'

/**
 * What a file refers to and what it leaves unused: names that nobody declares, functions that Bicep does not have,
 * members of modules that are not there. Each fault is one line.
 */
export function findSymbolFaults(template: Template, templates: Templates): readonly string[] {
  const names = new Set(declaredNames(template))
  return [
    ...findTwice(template),
    ...rootsOf(template).flatMap((value) => judgeNames(value, { template, templates, names })),
    ...template.parameters.flatMap((parameter) => judgeDefault(template, parameter)),
    ...findUnused(template),
  ]
}

/** Every expression of a file that is not part of another. */
export function rootsOf(template: Template): readonly Expression[] {
  const placed = [...template.resources, ...template.modules]
  return [
    ...template.parameters.flatMap(({ initial }) => (initial === null ? [] : [initial])),
    ...[...template.variables, ...template.outputs].map(({ value }) => value),
    ...template.functions.map(
      ({ names, value }): Expression => ({ kind: 'lambda', names, body: value, line: value.line }),
    ),
    ...placed.map(({ condition, loop, body, line }): Expression => {
      const guarded: Expression = condition === null ? body : { kind: 'guarded', condition, body, line }
      return loop === null ? guarded : { kind: 'loop', ...loop, body: guarded, line }
    }),
  ]
}

function declaredNames(template: Template): string[] {
  const { parameters, variables, resources, modules, functions, types, imports } = template
  const declared = [parameters, variables, resources, modules, functions, types].flat().map(({ name }) => name)
  return [...declared, ...imports]
}

function findTwice(template: Template): string[] {
  const names = declaredNames({ ...template, resources: template.resources.filter(({ around }) => around === null) })
  const outputs = template.outputs.map(({ name }) => name)
  return [names, outputs].flatMap((list) =>
    list.filter((name, index) => list.indexOf(name) < index).map((name) => `${template.path} declares ${name} twice`),
  )
}

interface Scope {
  readonly template: Template
  readonly templates: Templates
  readonly names: ReadonlySet<string>
}

const namespaces = new Set(['az', 'sys'])

function judgeNames(value: Expression, scope: Scope): string[] {
  const inner = value.kind === 'loop' || value.kind === 'lambda' ? value.names : []
  const names = inner.length === 0 ? scope.names : new Set([...scope.names, ...inner])
  return [...judgeOne(value, scope), ...childrenOf(value).flatMap((child) => judgeNames(child, { ...scope, names }))]
}

function judgeOne(value: Expression, scope: Scope): string[] {
  const place = placeOf(scope.template, value)
  switch (value.kind) {
    case 'unknown':
      return [`${place} is not understood: ${value.text.slice(0, 40)}`]
    case 'name':
      return scope.names.has(value.name) || namespaces.has(value.name) ? [] : [`${place} nobody declares ${value.name}`]
    case 'call':
      return judgeCall(value, scope)
    case 'member':
      return judgeOutput(value, scope)
    default:
      return []
  }
}

/** Functions that ask where a deployment is, by the scopes that know. */
const atHome: Readonly<Record<string, readonly string[]>> = {
  resourceGroup: ['resourceGroup'],
  subscription: ['resourceGroup', 'subscription'],
}

function judgeCall(value: Extract<Expression, { kind: 'call' }>, { template }: Scope): string[] {
  const place = placeOf(template, value)
  const isOurs = template.functions.some(({ name }) => name === value.name) || template.imports.includes(value.name)
  // A method of a resource or of an imported file.
  const isMethod = value.of !== null && !(value.of.kind === 'name' && namespaces.has(value.of.name))
  if (isMethod || isOurs) return []
  if (!isFunction(value.name)) return [`${place} Bicep has no function ${value.name}`]
  const homes = value.args.length === 0 ? atHome[value.name] : undefined
  return homes === undefined || homes.includes(template.scope)
    ? []
    : [`${place} ${value.name}() is not known at ${template.scope}`]
}

/** `module.outputs.name` must be an output of the module's file. */
function judgeOutput(value: Extract<Expression, { kind: 'member' }>, { template, templates }: Scope): string[] {
  const module = moduleOf(value.of, template)
  if (module !== undefined && !['outputs', 'name', 'identity'].includes(value.name)) {
    return [`${placeOf(template, value)} module ${module.name} has no ${value.name}`]
  }
  const asked = value.of.kind === 'member' && value.of.name === 'outputs' ? moduleOf(value.of.of, template) : undefined
  const file = asked === undefined ? undefined : fileOf(templates, template, asked)
  if (file === undefined || file.outputs.some(({ name }) => name === value.name)) return []
  return [`${placeOf(template, value)} ${file.path} has no output ${value.name}`]
}

/** The module that an expression names, also by its place in a loop. */
function moduleOf(value: Expression, { modules }: Template): Template['modules'][number] | undefined {
  const named = value.kind === 'index' ? value.of : value
  return named.kind === 'name' ? modules.find(({ name }) => name === named.name) : undefined
}

function judgeDefault(template: Template, { name, initial }: Template['parameters'][number]): string[] {
  const known = new Set(template.parameters.map((parameter) => parameter.name))
  const used = initial === null ? [] : namesIn(initial)
  return used
    .filter((word) => !known.has(word) && declaredNames(template).includes(word))
    .map((word) => `${template.path} the default of ${name} uses ${word}, and only parameters may be used there`)
}

function namesIn(value: Expression): string[] {
  return walk(value).flatMap((one) => (one.kind === 'name' ? [one.name] : []))
}

function findUnused(template: Template): string[] {
  const used = new Set(rootsOf(template).flatMap(namesIn))
  const existing = template.resources.filter(({ isExisting, around }) => isExisting && around === null)
  const nested = new Set(template.resources.flatMap(({ around }) => (around === null ? [] : [around.name])))
  return [...template.parameters, ...template.variables, ...existing]
    .filter(({ name }) => !used.has(name) && !nested.has(name))
    .map((one) => `${placeOf(template, one)} nobody uses ${one.name}`)
}
