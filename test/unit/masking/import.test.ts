import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { run } from '../../../infra/local/commands/classify.ts'
import { readPurview } from '../../../shared/masking/import-purview.ts'
import { readRows } from '../../../shared/masking/import-rows.ts'
import { readSqlSensitivity } from '../../../shared/masking/import-sql-sensitivity.ts'
import { readUnityTags } from '../../../shared/masking/import-unity-tags.ts'

afterEach(() => vi.restoreAllMocks())

describe('rows of an export', () => {
  it.each([
    ['a list', '[{"A":"x"}]', [{ a: 'x' }]],
    ['a list under value', '{"value":[{"a":"x"}]}', [{ a: 'x' }]],
    ['CSV', 'a,b\r\n1,2\r\n', [{ a: '1', b: '2' }]],
    ['CSV with quotes', '\ufeff"a","b"\n"x, ""y""\nz",\n', [{ a: 'x, "y"\nz', b: '' }]],
  ])('are read from %s', (_name, text, expected) => {
    expect(readRows(text)).toEqual(expected)
  })

  it.each(['{"a":1}', 'no rows', ''])('are not found in %j', (text) => {
    expect(() => readRows(text)).toThrow(TypeError)
  })
})

describe('findings', () => {
  it('are read from tags of Unity Catalog', () => {
    const text =
      'catalog_name,schema_name,table_name,column_name,tag_name,tag_value\nmain,HR,e,SSN,class.us_ssn,\nmain,hr,e,mail,pii,email\n'
    expect(readUnityTags(text)).toEqual([
      { column: 'main.hr.e.ssn', says: 'class.us_ssn' },
      { column: 'main.hr.e.mail', says: 'pii=email' },
    ])
  })

  it('are read from classifications of SQL', () => {
    const rows = [
      {
        schema_name: 'HR',
        table_name: 'Employees',
        column_name: 'Born',
        information_type: 'Date Of Birth',
        label: 'Confidential',
      },
      { schema_name: 'hr', table_name: 'e', column_name: 'x', information_type: null, label: 'Highly Confidential' },
    ]
    expect(readSqlSensitivity(JSON.stringify(rows))).toEqual([
      { column: 'hr.employees.born', says: 'Date Of Birth' },
      { column: 'hr.e.x', says: 'Highly Confidential' },
    ])
  })

  it('are read from a search in Purview', () => {
    const value = [
      {
        qualifiedName: 'mssql://s.database.windows.net/db/HR/Employees#mail',
        classification: ['MICROSOFT.PERSONAL.EMAIL'],
      },
      {
        qualifiedName: 'databricks://w/metastores/m/catalogs/main/schemas/hr/tables/e/columns/n',
        classification: ['MICROSOFT.PERSONAL.NAME', 'OWN'],
      },
      { qualifiedName: 'https://s.blob.core.windows.net/c/f.csv', classification: ['MICROSOFT.PERSONAL.NAME'] },
      { qualifiedName: 'mssql://s/db/dbo/t#c' },
    ]
    expect(readPurview(JSON.stringify({ value }))).toEqual([
      { column: 'hr.employees.mail', says: 'MICROSOFT.PERSONAL.EMAIL' },
      { column: 'main.hr.e.n', says: 'MICROSOFT.PERSONAL.NAME' },
      { column: 'main.hr.e.n', says: 'OWN' },
      { column: '', says: 'MICROSOFT.PERSONAL.NAME' },
    ])
  })
})

describe('the command', () => {
  async function classify(text: string, args: readonly string[], map?: object) {
    const folder = await mkdtemp(join(tmpdir(), 'classify-'))
    const out = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const)
      vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
        out[name] += String(chunk)
        return true
      })
    try {
      await writeFile(join(folder, 'export'), text)
      await writeFile(join(folder, 'map'), JSON.stringify(map ?? {}))
      const code = await run([
        ...args,
        join(folder, 'export'),
        ...(map === undefined ? [] : ['--map', join(folder, 'map')]),
      ])
      return { code, ...out }
    } finally {
      await rm(folder, { recursive: true })
    }
  }
  const tags = (rows: readonly (readonly [string, string])[]) =>
    JSON.stringify(
      rows.map(([column_name, tag_name]) => ({ schema_name: 'hr', table_name: 'e', column_name, tag_name })),
    )
  const from = ['import', '--from', 'unity-tags']

  it('prints a file, the strictest of several labels for a column', async () => {
    const { code, stdout } = await classify(
      tags([
        ['a', 'class.email_address'],
        ['a', 'class.us_ssn'],
        ['a', 'pii'],
      ]),
      from,
    )
    expect([code, JSON.parse(stdout)]).toEqual([
      0,
      { form: 'countersign-classification/1', backends: { '*': { columns: { 'hr.e.a': 'pii.national_id' } } } },
    ])
  })

  it('lists what it does not know, and ends with 1', async () => {
    const { code, stdout, stderr } = await classify(
      tags([
        ['a', 'own.word'],
        ['b', 'pii'],
      ]),
      from,
    )
    expect([code, stderr]).toEqual([1, 'unknown: hr.e.a is own.word\n'])
    expect(stdout).not.toContain('hr.e.a')
  })

  it('knows what a map tells it', async () => {
    const { code, stdout } = await classify(tags([['a', 'Own.Word']]), [...from, '--backend', 'b'], {
      'own.word': 'pii.birth',
    })
    expect([code, JSON.parse(stdout).backends]).toEqual([0, { b: { columns: { 'hr.e.a': 'pii.birth' } } }])
  })

  it.each([
    ['another source', ['import', '--from', 'excel']],
    ['no command', ['whatever']],
  ])('ends with 64 for %s', async (_name, args) => {
    expect((await classify('[]', args)).code).toBe(64)
  })

  it.each([
    ['a file that is sound', { form: 'countersign-classification/1' }, 0],
    ['one that is not', { form: 'countersign-classification/1', labels: { secret: { strategy: 'clear' } } }, 1],
  ])('checks %s', async (_name, file, code) => {
    expect((await classify(JSON.stringify(file), ['lint'])).code).toBe(code)
  })
})
