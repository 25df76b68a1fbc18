import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { labelsOf } from '../../../shared/backend/classify.ts'
import { indexTables } from '../../../shared/masking/classification.ts'
import { mergeClassification, parseClassification } from '../../../shared/masking/classification-file.ts'
import { labelsCarried } from '../../../shared/masking/column-labels.ts'
import { mask } from '../../../shared/masking/mask.ts'
import { tableRequest, treeRequest } from './requests.ts'

const file = (parts: { labels?: object; backends?: object }) =>
  parseClassification(JSON.stringify({ form: 'countersign-classification/1', ...parts }))
const merged = (columns: object, own: Record<string, string>) =>
  mergeClassification(file({ backends: { '*': { columns } } }), 'a-backend', own)

function strategies(
  classification: Readonly<Record<string, string>>,
  sources: readonly string[],
  reads: string[] = [],
) {
  const columns = sources.map((source, at) => ({ name: `c${at}`, source: source === '-' ? null : source }))
  const { masked } = mask({ ...tableRequest({ columns, rows: [], reads }), classification })
  return columns.map(({ name }) => masked.find(({ path }) => path === `/columns/${name}`)?.strategy ?? 'clear')
}

describe('patterns', () => {
  it.each([
    ['any table', { '*.email': 'pii.contact' }, 'app.users.email', 'partial'],
    ['any table, however it is written', { '*.EMAIL': 'pii.contact' }, 'App.Users.Email', 'partial'],
    ['a schema', { 'hr.*.ssn': 'pii.national_id' }, 'hr.people.ssn', 'drop'],
    ['a schema in any catalog', { 'hr.*.ssn': 'pii.national_id' }, 'main.hr.people.ssn', 'drop'],
    ['another schema', { 'hr.*.ssn': 'pii.national_id' }, 'app.people.ssn', 'clear'],
    ['a part of a column', { '*.*_phone': 'pii.contact' }, 'app.users.home_phone', 'partial'],
    ['another column', { '*.*_phone': 'pii.contact' }, 'app.users.phones', 'clear'],
    ['the more specific column', { '*.*mail': 'secret', '*.email': 'pii.contact' }, 'a.b.email', 'partial'],
    ['the more specific owner', { '*.email': 'secret', 'a.*.email': 'pii.contact' }, 'a.b.email', 'partial'],
    ['the stricter of equals', { 'a.*.email': 'pii.birth', '*.b.email': 'pii.contact' }, 'a.b.email', 'null'],
  ])('label columns of %s', (...[, classification, source, expected]) => {
    expect(strategies(classification as Record<string, string>, [source])).toEqual([expected])
  })

  it('leave the other columns of a table alone, which exact names do not', () => {
    expect(strategies({ '*.email': 'pii.contact' }, ['app.users.note'])).toEqual(['clear'])
    expect(strategies({ 'app.users.email': 'pii.contact' }, ['app.users.note'])).toEqual(['drop'])
  })

  it('label what a computed column mentions, and all of it where that is unknown', () => {
    const of = (mentions: string[]) => {
      const columns = [{ name: 'x', source: null }]
      const request = tableRequest({ columns, rows: [], reads: ['app.users'], outputs: [{ mentions }] })
      return mask({ ...request, classification: { '*.ssn': 'pii.national_id' } }).masked.map(({ label }) => label)
    }
    expect([of(['note']), of(['ssn']), of(['*'])]).toEqual([[], ['pii.national_id'], ['pii.national_id']])
  })

  it('reach what policy hears of a call', () => {
    const { invocation, understood } = tableRequest({ columns: [], rows: [], reads: ['app.users'] })
    const classification = { '*.ssn': 'pii.national_id' }
    const of = (mentions: string[]) => {
      const statement = {
        ...understood.statement!,
        mentions,
        compared: mentions,
        outputs: mentions.map((one) => ({ mentions: [one] })),
      }
      const call = { ...understood, statement }
      return [labelsOf(invocation, call, classification), labelsCarried(call, indexTables(classification))]
    }
    expect(of(['id'])).toEqual([[], []])
    expect(of(['ssn'])).toEqual([['pii.national_id'], ['pii.national_id']])
    expect(of(['*'])).toEqual([['pii.national_id'], ['pii.national_id']])
  })
})

describe('names of members of documents', () => {
  const labelled = (classification: Record<string, string>, table: string, column: string) =>
    [
      ...new Set(
        indexTables(classification)
          .named(table)
          .flatMap(({ labelsOf: find }) => find(column)),
      ),
    ].sort()

  it.each([
    ['the member itself', { 'people.person.ssn': 'pii.national_id' }, 'people', 'ssn', ['pii.national_id']],
    ['what it is in', { 'people.person.ssn': 'pii.national_id' }, 'people', 'person', ['pii.national_id']],
    [
      'a container with its database',
      { 'people.person.ssn': 'pii.national_id' },
      'shop.people',
      'ssn',
      ['pii.national_id'],
    ],
    ['a table without its schema', { 'hr.people.a.b.ssn': 'pii.national_id' }, 'people', 'a', ['pii.national_id']],
    [
      'what it is in, however harmless that is called',
      { 'people.person': 'none', 'people.person.ssn': 'pii.national_id' },
      'people',
      'person',
      ['none', 'pii.national_id'],
    ],
    [
      'what it is in, where a pattern names it',
      { 'people.person': 'none', 'people.person.ss*': 'pii.national_id' },
      'people',
      'person',
      ['none', 'pii.national_id'],
    ],
    [
      'what it is in, whatever a pattern says of that',
      { '*.person': 'pii.name', 'people.person.id': 'none' },
      'people',
      'person',
      ['none', 'pii.name'],
    ],
    ['no member of another table', { 'people.person.ssn': 'pii.national_id' }, 'orders', 'ssn', []],
    ['no table of the schema', { 'hr.people.ssn': 'pii.national_id' }, 'hr.orders', 'ssn', []],
  ])('label %s', (...[, classification, table, column, expected]) => {
    expect(labelled(classification as Record<string, string>, table, column)).toEqual(expected)
  })

  it('are among the labels that policy hears of', () => {
    const { invocation, understood } = tableRequest({ columns: [], rows: [], reads: ['shop.people'] })
    expect(labelsOf(invocation, understood, { 'shop.people.person.ssn': 'pii.national_id' })).toEqual([
      'pii.national_id',
    ])
  })
})

describe('the file beside a deployment', () => {
  it.each([
    ['lower a pattern by a name', { '*.ssn': 'pii.national_id' }, { 'hr.e.ssn': 'none' }, 'drop'],
    ['lower a pattern by a pattern', { '*.ssn': 'pii.national_id' }, { 'hr.e.*': 'none' }, 'drop'],
    ['lower a name', { 'hr.e.ssn': 'pii.national_id' }, { 'hr.e.ssn': 'none' }, 'drop'],
  ])('does not let it %s', (...[, columns, own, expected]) => {
    expect(strategies(merged(columns, own as Record<string, string>), ['hr.e.ssn'])).toEqual([expected])
  })

  it.each([
    ['raise a name', { 'hr.e.ssn': 'pii.contact' }, { 'hr.e.ssn': 'secret' }, 'drop'],
    ['raise by a pattern', { 'hr.e.ssn': 'pii.contact' }, { '*.ssn': 'pii.birth' }, 'null'],
    ['add', {}, { 'hr.e.ssn': 'pii.birth' }, 'null'],
  ])('lets it %s', (...[, columns, own, expected]) => {
    expect(strategies(merged(columns, own as Record<string, string>), ['hr.e.ssn'])).toEqual([expected])
  })

  it('refuses a deployment that pretends to be the file', () => {
    expect(() => merged({}, { '!hr.e.ssn': 'none' })).toThrow(/a-backend/)
  })

  it.each([
    ['another form', { form: 'x' }],
    ['an unknown member', { extra: 1 }],
    ['a strategy that there is not', { labels: { pii: { strategy: 'hash' } } }],
    ['a label in clear that only a permit may show', { labels: { 'pii.birth': { strategy: 'clear' } } }],
    ['a label that nobody may see', { labels: { secret: { strategy: 'partial' } } }],
    ['a group of one', { labels: { pii: { strategy: 'aggregate', k: 1 } } }],
    ['a column without a table', { backends: { '*': { columns: { ssn: 'pii' } } } }],
    ['too many stars', { backends: { '*': { columns: { '*.a*b*c*d*e*f': 'pii' } } } }],
    ['a path that is none', { backends: { '*': { paths: { 'a/b': 'pii' } } } }],
  ])('is refused with %s', (_name, change) => {
    expect(() => parseClassification(JSON.stringify({ form: 'countersign-classification/1', ...change }))).toThrow()
  })

  it('is sound as shipped', () => {
    const text = readFileSync(new URL('../../../infra/policy/classification.json', import.meta.url), 'utf8')
    expect(Object.keys(parseClassification(text).backends)).toEqual(['*'])
  })

  it('says what a label gets', () => {
    const { labels } = file({ labels: { 'pii.contact': { strategy: 'token', purpose: 'support' } } })
    const columns = [{ name: 'email', source: 'hr.employees.email' }]
    expect(mask({ ...tableRequest({ columns, rows: [['a@b.example']] }), labelTree: labels }).masked).toMatchObject([
      { strategy: 'token' },
    ])
  })
})

describe('paths to anywhere', () => {
  const data = { ssn: '1', id: 2, people: [{ name: 'Ann', SSN: '3', home: { ssn: '4', city: 'Ghent' } }], note: 'x' }
  const of = (paths: Record<string, string>, labels: Record<string, string> = {}) =>
    mask(treeRequest(data, labels, { classification: paths })).data

  it('find members at any depth, however they are written, and leave the others', () => {
    expect(of({ '/**/ssn': 'pii.national_id' })).toEqual({
      id: 2,
      people: [{ name: 'Ann', home: { city: 'Ghent' } }],
      note: 'x',
    })
  })

  it('hold below a place only where they start there', () => {
    expect(of({ '/people/**/ssn': 'pii.national_id' })).toMatchObject({
      ssn: '1',
      people: [{ home: { city: 'Ghent' } }],
    })
    expect(JSON.stringify(of({ '/people/**/ssn': 'pii.national_id' }))).not.toMatch(/[34]/)
  })

  it('add to what is declared and lower none of it', () => {
    const declared = { '/people': 'pii.birth', '/note': 'none', '/id': 'none', '/ssn': 'none' }
    expect(of({ '/**/ssn': 'pii.national_id', '/**/name': 'none' }, declared)).toEqual({
      id: 2,
      people: null,
      note: 'x',
    })
  })

  it('do not keep what a classified object forgot', () => {
    expect(of({ '/**/ssn': 'pii.national_id' }, { '/id': 'none', '/note': 'none' })).toEqual({ id: 2, note: 'x' })
  })
})
