import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../infra/build/build.ts'

const folder = join(root, 'infra/watch')
const read = (name: string) => readFileSync(join(folder, name), 'utf8')

/** What Bicep puts in the place of these. */
const places = {
  '{gateway}': 'func-gateway',
  '{evidence}': 'func-evidence',
  '{denials}': '50',
  '{grantsEnd}': '2028-01-01',
}

/** A query as it is deployed, with example names. */
export function fill(text: string): string {
  return Object.entries(places).reduce((filled, [name, value]) => filled.replaceAll(name, value), text)
}

/** The lines that each query begins with. */
export const lines = () => read('lines.kql')

/** Name of each alert → its query, as the file has it. */
export function readAlerts(): Readonly<Record<string, string>> {
  const names = readdirSync(join(folder, 'alerts')).sort()
  return Object.fromEntries(names.map((name) => [name.replace(/\.kql$/, ''), read(`alerts/${name}`)]))
}

/** Title of each part of the workbook that asks something → its query. */
export function readWorkbook(): Readonly<Record<string, string>> {
  const { items } = JSON.parse(read('workbook.json')) as { items: { content: { title?: string; query?: string } }[] }
  return Object.fromEntries(
    items.flatMap(({ content: { title, query } }) => (query === undefined ? [] : [[title ?? '', query]])),
  )
}

/** The rules of a Bicep file that lists them one member a line: name → its other members, unquoted. */
export function readRules(name: string): Readonly<Record<string, Readonly<Record<string, string>>>> {
  const blocks = read(name).matchAll(/^ {2}\{\n((?: {4}\w+: .*\n)+) {2}\}$/gm)
  const rules = [...blocks].map(([, body = '']) =>
    Object.fromEntries([...body.matchAll(/^ {4}(\w+): (.*)$/gm)].map(([, key, value]) => [key, unquote(value ?? '')])),
  )
  return Object.fromEntries(rules.map((rule) => [String(rule.name), rule]))
}

function unquote(value: string): string {
  return value.replace(/^'(.*)'$/, '$1')
}
