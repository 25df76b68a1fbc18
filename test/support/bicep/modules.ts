import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { repository } from '../../../infra/build/check.ts'
import { literalText, memberOf, walk } from './expression.ts'
import { kindsOf, kindsOfShape, textsOf, type Where } from './kinds.ts'
import { rootsOf } from './symbols.ts'
import { type Module, type Parameter, paramsOf, type Template } from './template.ts'
import { fileOf, placeOf, type Templates } from './templates.ts'

const loading = new Set(['loadTextContent', 'loadJsonContent', 'loadYamlContent', 'loadFileAsBase64'])

function findFiles(template: Template): readonly string[] {
  return rootsOf(template)
    .flatMap(walk)
    .flatMap((value) => {
      const path = value.kind === 'call' && loading.has(value.name) ? literalText(value.args[0]) : null
      const there = path === null || existsSync(join(repository, dirname(template.path), path))
      return there ? [] : [`${placeOf(template, value)} ${path} is not there`]
    })
}

/** How modules are called: their files are there, given what they need and nothing else, of the kinds that they declare; and loaded files. */
export function findModuleFaults(template: Template, templates: Templates): readonly string[] {
  const calls = template.modules.flatMap((module) => {
    const file = fileOf(templates, template, module)
    if (file !== undefined) return judgeCall(module, file, { template, templates })
    return [`${placeOf(template, module)} module ${module.path} is not there`]
  })
  return [...calls, ...findFiles(template)]
}

interface Caller {
  readonly template: Template
  readonly templates: Templates
}

function judgeCall(module: Module, file: Template, { template, templates }: Caller): readonly string[] {
  const place = placeOf(template, module)
  const given = new Set(paramsOf(module).map(({ name }) => name))
  const missing = file.parameters.filter((parameter) => isRequired(parameter, file) && !given.has(parameter.name))
  const where: Where = { template, templates, locals: new Set(module.loop?.names ?? []) }
  return [
    ...missing.map(({ name }) => `${place} ${module.path} is not given ${name}`),
    ...paramsOf(module).flatMap(({ name, value, line }) => {
      const parameter = file.parameters.find((one) => one.name === name)
      if (parameter === undefined) return [`${placeOf(template, { line })} ${module.path} takes no ${name}`]
      return judgeArgument(parameter, { value, file, where })
    }),
    ...judgeScope(module, file, template),
  ]
}

function isRequired({ initial, shape }: Parameter, file: Template): boolean {
  return initial === null && !(kindsOfShape(shape, file) ?? []).includes('null')
}

interface Argument {
  readonly value: Parameters<typeof kindsOf>[0]
  readonly file: Template
  readonly where: Where
}

function judgeArgument(parameter: Parameter, { value, file, where }: Argument): readonly string[] {
  const place = placeOf(where.template, value)
  const wanted = kindsOfShape(parameter.shape, file)
  const wrong = (kindsOf(value, where) ?? []).filter((kind) => wanted !== null && !wanted.includes(kind))
  const own: Where = { ...where, template: file, locals: new Set() }
  const allowed = textsOf({ kind: 'name', name: parameter.name, line: 0 }, own)
  const texts = (textsOf(value, where) ?? []).filter((text) => allowed !== null && !allowed.includes(text))
  return [
    ...(wrong.length === 0
      ? []
      : [`${place} ${parameter.name} is of kind ${wrong.join(' or ')}, not ${wanted?.join(' or ')}`]),
    ...texts.map((text) => `${place} ${parameter.name} may not be ${text}`),
  ]
}

function judgeScope(module: Module, file: Template, template: Template): readonly string[] {
  const isSame = file.scope === template.scope
  const scope = memberOf(module.body, 'scope')
  return isSame || scope !== undefined
    ? []
    : [`${placeOf(template, module)} ${module.path} is for ${file.scope}, and no scope is given`]
}
