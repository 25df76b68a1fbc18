import { describe, expect, it } from 'vitest'
import { mask } from '../../../shared/masking/mask.ts'
import type { Obligation } from '../../../shared/policy/decision.ts'
import { tableRequest, tokenKey, treeRequest } from './requests.ts'

const of = (table: string) => (name: string) => ({ name, source: `${table}.${name}` })
const employee = of('hr.employees')
const expression = { name: 'x', source: null }
const demand = (label: string, strategy: 'drop' | 'null' | 'token' | 'partial'): Obligation => ({
  kind: 'mask',
  label,
  strategy,
})

describe('table', () => {
  const columns = ['id', 'name', 'email', 'national_id', 'birth_date', 'salary_eur', 'nickname'].map(employee)
  const rows = [[1, 'Ann', 'ann.b@corp.example', 'ZZ-1', '1980-01-01', '5200.00', 'Annie']]

  it('masks each column by its label and says which', () => {
    const { data, masked, labels } = mask(tableRequest({ columns, rows }))
    expect(data).toEqual({
      columns: ['id', 'name', 'email', 'birth_date', 'salary_eur', 'nickname'],
      rows: [[1, 'Ann', 'a***@corp.example', null, null, expect.stringMatching(/^t1_[\w-]{22}$/)]],
    })
    expect(masked).toEqual([
      { path: '/columns/email', label: 'pii.contact', strategy: 'partial' },
      { path: '/columns/national_id', label: 'pii.national_id', strategy: 'drop' },
      { path: '/columns/birth_date', label: 'pii.birth', strategy: 'null' },
      { path: '/columns/salary_eur', label: 'pii.compensation', strategy: 'null' },
      { path: '/columns/nickname', label: 'pii.name', strategy: 'token' },
    ])
    expect(labels).toEqual(['pii.contact', 'pii.name'])
  })

  it.each([
    ['a table without its schema', 'employees'],
    ['a table with its catalog', 'main.hr.employees'],
  ])('masks a column of %s, which is classified under another name', (_name, table) => {
    const named = of(table)('birth_date')
    const { data } = mask(tableRequest({ columns: [named], rows: [['1980-01-01']], reads: [table] }))
    expect(data).toMatchObject({ rows: [[null]] })
  })

  it('shows a label that policy clears, and that label only', () => {
    const { data, masked } = mask(tableRequest({ columns, rows, more: { clearLabels: ['pii', 'pii.birth'] } }))
    expect(data).toMatchObject({ rows: [expect.arrayContaining(['1980-01-01', null])] })
    expect(masked.map(({ label }) => label)).not.toContain('pii.birth')
    expect(masked.map(({ label }) => label)).toContain('pii.contact')
  })

  it.each([
    ['the stricter demand', demand('pii.contact', 'drop'), 'drop'],
    ['a demand on a label above', demand('pii', 'null'), 'null'],
    ['the stricter default', demand('pii.contact', 'partial'), 'partial'],
  ])('applies %s over a permit', (_what, obligation, strategy) => {
    const more = { clearLabels: ['pii.contact'], obligations: [obligation] }
    const { masked } = mask(tableRequest({ columns: [employee('email')], rows: [['ann@corp.example']], more }))
    expect(masked).toEqual([{ path: '/columns/email', label: 'pii.contact', strategy }])
  })

  it('drops a column that a classified table has but nobody classified', () => {
    const result = mask(tableRequest({ columns: [employee('shoe_size'), employee('id')], rows: [[43, 1]] }))
    expect(result.data).toEqual({ columns: ['id'], rows: [[1]] })
    expect(result.unclassified).toEqual(['/columns/shoe_size'])
  })

  it('leaves a table alone that has no classification', () => {
    const columns = [of('sales.orders')('status')]
    expect(mask(tableRequest({ columns, rows: [['open']], reads: ['sales.orders'] })).masked).toEqual([])
  })

  it.each([
    ['nothing', [], ['hr.employees'], null],
    ['a clear column', ['id'], ['hr.employees'], null],
    ['a labelled column', ['id', 'email'], ['hr.employees'], 'null'],
    ['two labelled columns', ['email', 'birth_date'], ['hr.employees'], 'null'],
    ['a column of an unqualified table', ['email'], ['employees'], 'null'],
    ['a whole row', ['*'], ['hr.employees'], 'drop'],
    ['an unknown name', ['whatever'], ['hr.employees'], 'drop'],
    ['an unknown name of unclassified tables', ['whatever'], ['sales.orders'], null],
    ['a labelled column of another table', ['email'], ['sales.orders', 'sales.customers'], 'null'],
  ])('treats an expression over %s by what it mentions', (...[, mentions, reads, strategy]) => {
    const { masked } = mask(tableRequest({ columns: [expression], rows: [['v']], outputs: [{ mentions }], reads }))
    expect(masked.map((one) => one.strategy)).toEqual(strategy === null ? [] : [strategy])
  })

  it.each([
    ['are unknown', null],
    ['do not fit the result', [{ mentions: [] }, { mentions: [] }]],
  ])('drops an expression where the outputs %s', (_what, outputs) => {
    expect(mask(tableRequest({ columns: [expression], rows: [['v']], outputs })).data).toEqual({
      columns: [],
      rows: [[]],
    })
  })

  it('drops an expression of a statement that nobody understood', () => {
    const request = tableRequest({ columns: [expression], rows: [['v']], outputs: [{ mentions: ['a'] }], reads: [] })
    const lost = { ...request, understood: { ...request.understood, understood: false } }
    expect(mask(lost).data).toEqual({ columns: [], rows: [[]] })
  })

  it('follows what a change assigned to a column that it returns', () => {
    const columns = [of('sales.orders')('status')]
    const parts = { columns, rows: [['ZZ-1']], reads: ['hr.employees'], writes: ['sales.orders'] }
    expect(mask(tableRequest({ ...parts, outputs: [{ mentions: ['national_id', 'status'] }] })).data).toEqual({
      columns: [],
      rows: [[]],
    })
    expect(mask(tableRequest({ ...parts, outputs: [{ mentions: ['status'] }] })).masked).toEqual([])
  })

  it('shows a plan, unless the statement is run for it', () => {
    const parts = { columns: [expression], rows: [[{ Plan: 1 }]] }
    expect(mask(tableRequest({ ...parts, prefix: 'EXPLAIN (FORMAT JSON) ' })).masked).toEqual([])
    expect(mask(tableRequest({ ...parts, prefix: 'EXPLAIN ANALYZE ' })).masked).toHaveLength(1)
  })

  it('keeps names that may hold values out of the report', () => {
    const columns = [{ name: 'ann@corp.example', source: 'hr.employees.email' }]
    expect(mask(tableRequest({ columns, rows: [['ann@corp.example']] })).masked[0]?.path).toBe('/columns/0')
  })

  it.each([
    ['a short row', [[1]]],
    ['a row that is none', ['x' as never]],
  ])('refuses %s', (_what, rows) => {
    const request = tableRequest({ columns: [employee('id'), employee('email')], rows })
    expect(() => mask(request)).toThrow(expect.objectContaining({ code: 'internal', reason: 'mask_shape' }))
  })

  it('masks inside lists and objects', () => {
    const rows = [[['ann@corp.example', null, { k: 'bob.c@corp.example', ok: true }]]]
    expect(mask(tableRequest({ columns: [employee('email')], rows })).data).toEqual({
      columns: ['email'],
      rows: [[['a***@corp.example', null, { k: 'b***@corp.example', ok: null }]]],
    })
  })
})

describe('tree', () => {
  const order = { id: 7, customer: { email: 'ann@corp.example', phone: '+44 20 7946 0123', name: 'Ann' }, items: [1] }

  it('masks what pointers name and drops their forgotten siblings', () => {
    const labels = { '/orders/*/customer/email': 'pii.contact', '/orders/*/customer/phone': 'pii.contact' }
    const { data, masked, unclassified } = mask(treeRequest({ orders: [order, order] }, labels))
    const expected = { id: 7, customer: { email: 'a***@corp.example', phone: '***0123' }, items: [1] }
    expect(data).toEqual({ orders: [expected, expected] })
    expect(masked.map(({ path }) => path)).toContain('/orders/*/customer/email')
    expect(unclassified).toEqual(['/orders/*/customer/name'])
  })

  it.each([
    ['drop', 'pii.national_id', {}],
    ['null', 'pii.birth', { v: null }],
    ['none', 'none', { v: { deep: ['x'] } }],
    ['a label nobody knows', 'made.up', {}],
  ])('applies %s to a whole subtree', (_what, label, expected) => {
    expect(mask(treeRequest({ v: { deep: ['x'] } }, { '/v': label })).data).toEqual(expected)
  })

  it('lets a deeper pointer decide for what is below it', () => {
    const labels = { '/v': 'pii.birth', '/v/id': 'none' }
    expect(mask(treeRequest({ v: { id: 1, other: 2 } }, labels)).data).toEqual({ v: { id: 1, other: null } })
  })

  it('takes the stricter of two pointers to one member', () => {
    const labels = { '/*': 'none', '/born': 'pii.birth' }
    expect(mask(treeRequest({ born: '1980', id: 1 }, labels)).data).toEqual({ born: null, id: 1 })
  })

  it('drops a value where pointers expect something to go on into', () => {
    expect(mask(treeRequest({ customer: 'ann@corp.example' }, { '/customer/email': 'pii.contact' })).data).toEqual({})
  })

  it('copies odd member names as they are', () => {
    const data = JSON.parse('{"a/b~":{"__proto__":{"x":1}},"born":"y"}')
    const masked = mask(treeRequest(data, { '/a~1b~0': 'none', '/born': 'pii.birth' })).data
    expect(JSON.stringify(masked)).toBe('{"a/b~":{"__proto__":{"x":1}},"born":null}')
  })

  it('leaves out a member that was nothing but a signed link', () => {
    const url = 'https://a.blob.core.windows.net/c/b?sv=2024-11-04&sig=abc%3D'
    const { data, masked } = mask(treeRequest({ url, text: `see ${url} there`, plain: 'https://a.example/?x=1' }, {}))
    expect(data).toEqual({ text: 'see [removed] there', plain: 'https://a.example/?x=1' })
    expect(masked).toEqual([{ path: '/*', label: 'link.signed', strategy: 'drop' }])
  })
})

describe('keyed tokens', () => {
  const tokenOf = (value: string, key = tokenKey, column = 'nickname') => {
    const { data } = mask(
      tableRequest({
        columns: [employee(column)],
        rows: [[value]],
        more: { tokenKey: key, obligations: [demand('pii', 'token')] },
      }),
    )
    return (data as { rows: string[][] }).rows[0]?.[0]
  }

  it('are equal for equal values, and differ by value, tenant, secret and label', () => {
    const token = tokenOf('Ann')
    expect(tokenOf('Ann')).toBe(token)
    const others = [
      tokenOf('Bob'),
      tokenOf('Ann', { ...tokenKey, tenant: 'another' }),
      tokenOf('Ann', { ...tokenKey, secret: Buffer.alloc(32, 8) }),
      tokenOf('Ann', tokenKey, 'email'),
    ]
    expect(new Set([token, ...others]).size).toBe(5)
  })

  it('name the version of their key', () => {
    expect(tokenOf('Ann', { ...tokenKey, version: 't9' })).toMatch(/^t9_/)
  })
})
