import { literalText, memberOf } from './bicep/expression.ts'
import type { Templates } from './bicep/templates.ts'

/** Names of settings in local.settings.sample.json, sorted. */
export function sampleNames(text: string): string[] {
  const { Values } = JSON.parse(text) as { Values: Record<string, string> }
  return Object.keys(Values).filter(isOurs).sort()
}

/** Names of settings that begin a row of a table in Markdown, sorted. */
export function readmeNames(text: string): string[] {
  return [...text.matchAll(/^\| `(COUNTERSIGN_\w+)`/gm)].map(([, name = '']) => name).sort()
}

/** Names of settings that templates write as those of an app (`appsettings`); sorted, each once. */
export function templateNames(templates: Templates): string[] {
  const resources = [...templates.values()].flatMap((template) => template.resources)
  const written = resources.filter(
    ({ type, body }) => type === 'Microsoft.Web/sites/config' && literalText(memberOf(body, 'name')) === 'appsettings',
  )
  const names = written.flatMap(({ body }) => {
    const properties = memberOf(body, 'properties')
    return properties?.kind === 'object' ? properties.members.flatMap(({ name }) => name ?? []) : []
  })
  return [...new Set(names.filter(isOurs))].sort()
}

function isOurs(name: string): boolean {
  return name.startsWith('COUNTERSIGN_')
}
