import { quoted } from './names.ts'

/** Where a test finds the publisher's document again. */
export type SpecPlace =
  | { readonly kind: 'directory'; readonly name: string }
  | { readonly kind: 'published'; readonly name: string }
  | { readonly kind: 'kept'; readonly name: string }

/** What a test of a new backend judges: names of operations → ids in the document. */
export interface TestDraft {
  readonly name: string
  readonly place: SpecPlace
  readonly operations: ReadonlyMap<string, string>
}

/** `test/contract/spec-<name>.test.ts`, before it is formatted. */
export function testCode({ name, place, operations }: TestDraft): string {
  const rows = [...operations].map(([operation, id]) => `[${quoted(operation)}, ${quoted(id)}],`)
  const isPublished = place.kind === 'published'
  const open = {
    directory: `directorySpec(${quoted(place.name)})`,
    published: `publishedSpec(${quoted(place.name)})`,
    kept: `keptSpec(${quoted(place.name)})`,
  }[place.kind]
  const opener = open.slice(0, open.indexOf('('))
  const title = 'is asked for as its publisher documents it, and its answer passed on'
  const run = (declare: string) =>
    `${declare}(\`$\{operation} ${title}\`, async () => {
      const judged = await proofs.judge(await backend(), operation, { documents: [await ${open}], operationId })
      expect(judged.asked).toContain(operationId)
    })`
  return `import { describe, expect${isPublished ? '' : ', it'} } from 'vitest'
import { listBackends } from '../../shared/backend/catalogue.ts'
import { keepProofs } from '../support/proofs.ts'
import { ${[opener, ...(isPublished ? ['judgedBy'] : [])].sort().join(', ')} } from '../support/specs/sources.ts'

const proofs = keepProofs(import.meta.url)

async function backend() {
  await import('../../functions/${name}.ts')
  const found = listBackends().find((each) => each.name === ${quoted(name)})
  if (found === undefined) throw new Error('it is not declared')
  return found
}

/** Operation → id in the publisher's document. */
const operations = [
${rows.join('\n')}
] as const

describe(${quoted(name)}, () => {
  for (const [operation, operationId] of operations)
    ${run(isPublished ? `judgedBy(${quoted(place.name)})` : 'it')}
})
`
}
