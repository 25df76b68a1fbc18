import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { defineBackend, rest } from '../../../shared/backend/define.ts'
import type { TableAnswer } from '../../../shared/backend/rest-call.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { dropMembers } from '../../../shared/upstream/rest-drop.ts'
import { shapeTable } from '../../../shared/upstream/rest-table.ts'
import { answerWith, createRestWorld, openSite, type Site } from '../../support/rest-world.ts'
import { judged, makeOperation, problemOf } from './calls.ts'

const kusto: TableAnswer = { kind: 'table', columns: '/Tables/0/Columns/*/ColumnName', rows: '/Tables/0/Rows' }
const logs: TableAnswer = { kind: 'table', columns: '/tables/0/columns/*/name', rows: '/tables/0/rows' }
const bigquery: TableAnswer = {
  kind: 'table',
  columns: '/schema/fields/*/name',
  rows: '/rows',
  cells: '/f',
  cell: ['/v'],
  members: { '/jobReference/jobId': 'job' },
}
const athena: TableAnswer = {
  kind: 'table',
  columns: '/ResultSet/ResultSetMetadata/ColumnInfo/*/Name',
  rows: '/ResultSet/Rows',
  cells: '/Data',
  cell: ['/VarCharValue'],
  header: true,
}
const redshift: TableAnswer = {
  kind: 'table',
  columns: '/ColumnMetadata/*/name',
  rows: '/Records',
  cell: ['/stringValue', '/longValue', '/doubleValue', '/booleanValue'],
}
const powerbi: TableAnswer = { kind: 'table', rows: '/results/0/tables/0/rows' }
const snowflake: TableAnswer = { kind: 'table', columns: '/resultSetMetaData/rowType/*/name', rows: '/data' }
const columns = [{ name: 'a' }, { name: 'b' }]
const kustoColumns = [{ ColumnName: 'a' }, { ColumnName: 'b' }]
const cell = (text?: string) => (text === undefined ? {} : { VarCharValue: text })

describe('a result set', () => {
  it.each<[string, TableAnswer, Json, readonly Json[]]>([
    ['Kusto', kusto, { Tables: [{ Columns: kustoColumns, Rows: [[1, { x: 1 }]] }] }, [[1, { x: 1 }]]],
    ['Log Analytics', logs, { tables: [{ columns, rows: [['x', null]] }] }, [['x', null]]],
    ['BigQuery', bigquery, { schema: { fields: columns }, rows: [{ f: [{ v: '1' }, { v: null }] }] }, [['1', null]]],
    ['BigQuery without rows', bigquery, { schema: { fields: columns } }, []],
    [
      'Athena with a header row',
      athena,
      {
        ResultSet: {
          ResultSetMetadata: { ColumnInfo: [{ Name: 'a' }, { Name: 'b' }] },
          Rows: [{ Data: [cell('a'), cell('b')] }, { Data: [cell('1'), cell()] }],
        },
      },
      [['1', null]],
    ],
    [
      'Athena without one, as on later pages',
      athena,
      {
        ResultSet: {
          ResultSetMetadata: { ColumnInfo: [{ Name: 'a' }, { Name: 'b' }] },
          Rows: [{ Data: [cell('1'), cell('b')] }],
        },
      },
      [['1', 'b']],
    ],
    [
      'Redshift',
      redshift,
      {
        ColumnMetadata: columns,
        Records: [
          [{ longValue: 0 }, { isNull: true }],
          [{ stringValue: '' }, { booleanValue: false }],
        ],
      },
      [
        [0, null],
        ['', false],
      ],
    ],
    [
      'Power BI',
      powerbi,
      { results: [{ tables: [{ rows: [{ a: 1 }, { a: 2, b: 3 }] }] }] },
      [
        [1, null],
        [2, 3],
      ],
    ],
    ['Snowflake', snowflake, { resultSetMetaData: { rowType: columns }, data: [['1', null]] }, [['1', null]]],
  ])('of %s is read', (...[, shape, data, rows]) => {
    expect(shapeTable(data, shape)).toMatchObject({ names: ['a', 'b'], rows })
  })

  it.each<[string, TableAnswer, Json]>([
    ['nothing', kusto, {}],
    ['no columns', snowflake, { data: [[1]] }],
    ['a column without a name', snowflake, { resultSetMetaData: { rowType: [{}] }, data: [[1]] }],
    ['a row that is too short', snowflake, { resultSetMetaData: { rowType: columns }, data: [[1, 2], [1]] }],
    ['a row that is a text', snowflake, { resultSetMetaData: { rowType: columns }, data: ['ab'] }],
    ['rows that are no list', snowflake, { resultSetMetaData: { rowType: columns }, data: { a: 1 } }],
    ['errors among the rows', kusto, { Tables: [{ Columns: kustoColumns, Rows: [[1, 2], 'cut'] }] }],
    ['no list of rows where they name the columns', powerbi, { results: [{ error: { code: 'x' } }] }],
  ])('with %s is none', (...[, shape, data]) => {
    expect(shapeTable(data, shape)).toBeNull()
  })
})

let site: Site
beforeAll(async () => {
  site = await openSite()
})
afterAll(() => site.close())

const backend = defineBackend({
  name: 'a-backend',
  title: 'A backend',
  scope: 'configured',
  hostSuffixes: { public: [], usgov: [], china: [] },
  operations: {
    query: makeOperation(
      rest({ method: 'POST', path: '/q', parameters: [], answer: bigquery, drop: ['/rows/*/f/*/k'] }),
    ),
    list: makeOperation(rest({ method: 'GET', path: '/l', parameters: [], drop: ['/items/*/sasUrl', '/**/key'] })),
  },
})

describe('a query', () => {
  const data = { schema: { fields: columns }, rows: [1, 2, 3].map((n) => ({ f: [{ v: n }, { v: 'x' }] })) }

  it('answers columns and rows, cut to the limit, with the stored column of each where the statement tells', async () => {
    site.reply = answerWith({ ...data, jobReference: { jobId: 'j' }, pageToken: undefined })
    const outputs = [{ mentions: ['a'] }, { mentions: ['b'] }] as never
    const statement = judged('select a, b from t', { reads: ['t'], outputs })
    const answer = await createRestWorld(backend, { baseUrl: site.url })('query', {}, { rowLimit: 2, statement })
    expect(answer).toMatchObject({
      data: {
        job: 'j',
        columns: ['a', 'b'],
        rows: [
          [1, 'x'],
          [2, 'x'],
        ],
      },
      rows: 2,
      truncated: true,
    })
    expect(answer.columns).toEqual([
      { name: 'a', source: 't.a' },
      { name: 'b', source: 't.b' },
    ])
  })

  it('calls every column computed where no statement tells', async () => {
    site.reply = answerWith(data)
    const { columns: known } = await createRestWorld(backend, { baseUrl: site.url })('query')
    expect(known?.map(({ source }) => source)).toEqual([null, null])
  })

  it('of another shape is the failure of the backend', async () => {
    site.reply = answerWith({ ...data, schema: null })
    const { code, reason } = await problemOf(createRestWorld(backend, { baseUrl: site.url })('query'))
    expect([code, reason]).toEqual(['backend_failed', 'table'])
  })
})

describe('a member that is never passed on', () => {
  it('is gone from the answer', async () => {
    site.reply = answerWith({ items: [{ id: 1, sasUrl: 'x' }], deep: { more: [{ key: 'k', id: 2 }] }, key: 'k' })
    const { data } = await createRestWorld(backend, { baseUrl: site.url })('list')
    expect(data).toEqual({ items: [{ id: 1 }], deep: { more: [{ id: 2 }] } })
  })

  it.each<[string, Json, Json]>([
    ['/a/b', { a: { b: 1, c: 2 } }, { a: { c: 2 } }],
    ['/a/b', { a: [{ b: 1 }] }, { a: [{ b: 1 }] }],
    ['/*/b', [{ b: 1, c: 2 }], [{ c: 2 }]],
    ['/0/b', [{ b: 1 }, { b: 2 }], [{}, { b: 2 }]],
    ['/**/b', { b: 1, c: [{ d: { b: 2, e: 3 } }] }, { c: [{ d: { e: 3 } }] }],
    ['/a', 'text', 'text'],
  ])('is found by %s', (pointer, data, left) => {
    expect(dropMembers(data, [pointer])).toEqual(left)
  })
})
