import { describe, it } from 'vitest'
import { loadFunctions } from '../support/line-declarations.ts'
import { keepProofs } from '../support/proofs.ts'
import type { JudgeOptions } from '../support/specs/judge.ts'
import { directorySpec } from '../support/specs/sources.ts'

const backends = await loadFunctions()
const proofs = keepProofs(import.meta.url)
type Row = readonly [operation: string, operationId: string, more?: Partial<JudgeOptions>]

/** Operations of clouds that are not Microsoft's which a plain request makes; statements have a test of their own. */
const tables: readonly (readonly [backend: string, document: string, rows: readonly Row[]])[] = [
  [
    'bigquery',
    'googleapis.com/bigquery',
    [
      ['listDatasets', 'bigquery.datasets.list'],
      ['listTables', 'bigquery.tables.list'],
      ['getTable', 'bigquery.tables.get'],
      ['deleteTable', 'bigquery.tables.delete'],
    ],
  ],
  ['google-cloud-storage', 'googleapis.com/storage', [['listObjects', 'storage.objects.list']]],
  [
    'aws-s3',
    'amazonaws.com/s3',
    [
      ['headObject', 'HeadObject'],
      ['getObject', 'GetObject'],
      // The document has every body as XML; an object is what it is.
      ['putObject', 'PutObject', { except: ['body: the content type text/plain is not documented'] }],
      ['replaceObject', 'PutObject', { except: ['body: the content type text/plain is not documented'] }],
      ['deleteObject', 'DeleteObject'],
    ],
  ],
]

describe.each(tables)('%s', (name, document, rows) => {
  const cases = rows.map(([operation, operationId, more = {}]) => ({ operation, operationId, more }))
  it.each(cases)('asks for $operation as its publisher documents it', async ({ operation, operationId, more }) => {
    const backend = backends.find((each) => each.name === name)!
    await proofs.judge(backend, operation, { documents: [await directorySpec(document)], operationId, ...more })
  })
})
