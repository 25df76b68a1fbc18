import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { declarationCode, nameOperations } from '../../../infra/local/scaffold/declaration-code.ts'
import { identifier, oneLine, operationName } from '../../../infra/local/scaffold/names.ts'
import { testCode } from '../../../infra/local/scaffold/test-code.ts'
import { openSpec } from '../../../infra/local/specs/document.ts'
import { operationsIn } from '../../../infra/local/specs/operation.ts'
import { keptSpec } from '../../support/specs/sources.ts'

const file = await keptSpec('things.json')
const operations = operationsIn(file)
const code = declarationCode({ name: 'rest-things', file, operations }).replace(/\s+/g, ' ')

const third = await openSpec(fileURLToPath(new URL('../../specs/parts.yaml', import.meta.url)))
const ofThird = declarationCode({ name: 'rest-parts', file: third, operations: operationsIn(third) }).replace(
  /\s+/g,
  ' ',
)

describe('a new declaration of OpenAPI 3', () => {
  it.each([
    ['what stands before the path at the server', "path: '/api/v1/whoami', parameters: []"],
    ['pages by a link that the answer has', "page: { from: { pointer: '/nextLink' }, into: 'link' }"],
    ['the type of a body', "headers: { 'if-match': '{ifMatch}', 'content-type': 'application/merge-patch+json' }"],
    ['work that a 202 begins', "longRunning: { poll: { header: 'location' } }"],
    ['content that is no JSON', "headers: { accept: '*/*' }, answer: { kind: 'bytes'"],
    ['a summary where the document has none', "summary: 'Reindex parts'"],
  ])('has %s', (_what, part) => expect(ofThird).toContain(part))
})

describe('a new declaration', () => {
  it.each([
    ['the host', "hostSuffixes: { public: ['api.things.example'], usgov: null, china: null }"],
    ['the effect of reading', "summary: 'Lists the things', effect: 'read'"],
    [
      'the effect of a change, with a thought to spend on it',
      "Say `admin` where it changes who may do what, or how the service works. effect: 'write'",
    ],
    ['the version', "fixedQuery: { 'api-version': '2026-01-01' }"],
    ['a parameter whose name is none here', "query: { $filter: 'filter' }"],
    ['pages', "page: { from: { pointer: '/nextLink' }, into: 'link' }"],
    ['the cursor', 'cursor: z.string()'],
    ['long work', "longRunning: { poll: { header: 'location' } }"],
    ['bounds of the document', 'bodyId: z.int().min(1).max(9)'],
    ['bounds of ours', 'oddName: z.array(z.string().max(1000)).max(100).optional()'],
    ['a body whose members are named otherwise', "template: { id: '{bodyId}', 'odd.name': '{oddName}' }"],
    ['the path with what stands before it', "path: '/v1/things/{id}', parameters: ['id']"],
  ])('has %s', (_what, part) => {
    expect(code.replaceAll('1_000', '1000').replaceAll('12_000', '12000')).toContain(part)
  })

  it('comes with a test that judges every operation by the document', () => {
    const ids = new Map([...nameOperations(operations)].map(([name, { id }]) => [name, id]))
    const test = testCode({ name: 'rest-things', place: { kind: 'kept', name: 'things.json' }, operations: ids })
    for (const part of [
      "['list', 'Things_List']",
      "['put', 'Things_Put']",
      "keptSpec('things.json')",
      'proofs.judge(',
    ]) {
      expect(test).toContain(part)
    }
  })

  it('has names that stand without quotes, and summaries of one sentence', () => {
    expect(['Groups_GetGroup', 'bigquery.jobs.query'].map((id) => operationName(id))).toEqual(['getGroup', 'query'])
    expect(['$filter', 'If-Match', '2fast'].map((name) => identifier(name))).toEqual([
      'filter',
      'ifMatch',
      'input2fast',
    ])
    expect(oneLine('gets <b>one</b> thing. More of it.', 'x')).toBe('Gets one thing')
  })
})
