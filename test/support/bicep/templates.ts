import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { repository } from '../../../infra/build/check.ts'
import { type Module, readTemplate, type Template } from './template.ts'

/** Files of one deployment by their paths, `/` between folders. */
export type Templates = ReadonlyMap<string, Template>

/** Every Bicep file under infra, each parsed once. */
export function readInfra(root = repository): Templates {
  const names = readdirSync(join(root, 'infra'), { recursive: true, encoding: 'utf8' })
  const paths = names.filter((name) => name.endsWith('.bicep')).map((name) => `infra/${name.replaceAll('\\', '/')}`)
  return readTexts(Object.fromEntries(paths.sort().map((path) => [path, readFileSync(join(root, path), 'utf8')])))
}

/** Reads texts by their paths, as a test plants them. */
export function readTexts(texts: Readonly<Record<string, string>>): Templates {
  return new Map(Object.entries(texts).map(([path, text]) => [path, readTemplate(path, text)]))
}

/** The file that a module names; undefined where it is not there, or not in this repository. */
export function fileOf(templates: Templates, template: Template, module: Module): Template | undefined {
  return templates.get(normalize(join(dirname(template.path), module.path)).replaceAll('\\', '/'))
}

/** `path:line`, as terminals and editors understand it. */
export function placeOf(template: Template, { line }: { readonly line: number }): string {
  return `${template.path}:${line}`
}
