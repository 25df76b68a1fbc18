import { items, members, type SpecFile, text } from '../specs/document.ts'
import type { SpecOperation } from '../specs/operation.ts'
import { oneLine, operationName, quoted } from './names.ts'
import { operationCode } from './operation-code.ts'

/** What is declared, and from what. */
export interface Draft {
  /** Name of the backend. */
  readonly name: string
  readonly file: SpecFile
  readonly operations: readonly SpecOperation[]
}

/** Operations with the names that the declaration gives them; where the short name is taken, the group is in it. */
export function nameOperations(operations: readonly SpecOperation[]): ReadonlyMap<string, SpecOperation> {
  const short = operations.map(({ id }) => operationName(id))
  const isTwice = (name: string) => short.filter((each) => each === name).length > 1 || name.length < 3
  return new Map(
    operations.map((operation, at) => {
      const name = short[at] ?? ''
      return [isTwice(name) ? operationName(operation.id, true).slice(0, 40) : name, operation]
    }),
  )
}

/** `functions/<name>.ts`, before it is formatted. */
export function declarationCode(draft: Draft): string {
  const { name, file } = draft
  const title = oneLine(text(members(file.root.info).title) ?? name, `The API ${name}`).slice(0, 80)
  const operations = [...nameOperations(draft.operations)].map(([each, operation]) => operationCode(each, operation))
  return `import * as z from 'zod'
import { defineBackend, rest } from '../shared/backend/define.ts'
import { tenantDefined } from '../shared/backend/define-resources.ts'
import { serve } from '../shared/serve.ts'

${operations.flatMap(({ before }) => before).join('\n\n')}

serve(
  defineBackend({
    name: ${quoted(name)},
    title: ${quoted(title)},
    // One of Microsoft's own APIs is in define-resources.ts; this leaves scope and permission to the deployment.
    ...tenantDefined('The registration of the API'),
    honesty: 'conditional',
    notes: ['What holds for the person is what the API itself checks in the exchanged token; nobody has looked at it yet.'],
    hostSuffixes: { public: [${suffixesOf(file).map(quoted).join(', ')}], usgov: null, china: null },
    operations: {
${operations.map(({ code }) => code).join('\n')}
    },
  }),
)
`
}

/** What follows the last variable of a server's host; nothing where that is no public name. */
function suffixesOf({ root }: SpecFile): readonly string[] {
  const addresses = items(root.servers).map((server) => text(members(server).url) ?? '')
  const own = text(root.host) ?? text(members(root['x-ms-parameterized-host']).hostTemplate) ?? ''
  const hosts = [...addresses.map((url) => /^https?:\/\/([^/]*)/.exec(url)?.[1] ?? ''), own.replace(/^https?:\/\//, '')]
  const suffixes = hosts.map((host) => host.replace(/:\d+$/, '').replace(/^.*\}/, '').toLowerCase())
  const names = suffixes.filter((suffix) => /^\.?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(suffix) && !suffix.endsWith('.local'))
  return [...new Set(names)]
}
