import { describe, expect, it } from 'vitest'
import { nameSources } from '../../../shared/upstream/tds-columns.ts'
import { type ReadResult, readExactly, type ValueMetadata } from '../../../shared/upstream/tds-exact.ts'
import { bindValues, decodeCell } from '../../../shared/upstream/tds-values.ts'
import { judged, problemOf } from './calls.ts'

/** What the driver would give: a number that has lost digits, and where the value ends. */
const lossy = (bytes: Buffer) => readExactly((): ReadResult => ({ value: 1.5, offset: bytes.length }))
const read = (bytes: readonly number[], metadata: ValueMetadata) => {
  const buffer = Buffer.from([0xff, ...bytes])
  return lossy(buffer)(buffer, 1, metadata, {})
}

describe('exact values over TDS', () => {
  const highMoney = [0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff]

  it.each([
    ['money', 'Money', highMoney, '922337203685477.5807'],
    ['money that may be null', 'MoneyN', [8, ...highMoney], '922337203685477.5807'],
    ['small money below zero', 'SmallMoney', [0xff, 0xff, 0xff, 0xff], '-0.0001'],
    ['money within a variant', 'Variant', [10, 0, 0, 0, 0x3c, 0, ...highMoney], '922337203685477.5807'],
    ['a whole decimal', 'DecimalN', [5, 1, 7, 0, 0, 0], '0.007'],
    ['a decimal within a variant', 'Variant', [9, 0, 0, 0, 0x6c, 2, 38, 2, 0, 0x2c, 1, 0, 0], '-3.00'],
  ] as const)('are read as text for %s', (...[, name, bytes, text]) => {
    expect(read(bytes, { type: { name }, scale: 3 })).toEqual({ value: text, offset: bytes.length + 1 })
  })

  it('are the driver’s where nothing is lost, and null stays null', () => {
    expect(read([0, 0, 0, 0], { type: { name: 'Int' } }).value).toBe(1.5)
    const none = readExactly((): ReadResult => ({ value: null, offset: 1 }))
    expect(none(Buffer.from([0]), 0, { type: { name: 'MoneyN' } }, {}).value).toBeNull()
  })

  it('bind whole numbers by their size, and refuse what has no type', async () => {
    expect(bindValues([1, 2 ** 31, 0.5, 'x', null, false]).map(({ name, type }) => `${name} ${type}`)).toEqual([
      'p1 Int',
      'p2 BigInt',
      'p3 Float',
      'p4 NVarChar',
      'p5 NVarChar',
      'p6 Bit',
    ])
    const list = async () => bindValues([['a']]) as never
    expect((await problemOf(list())).code).toBe('input_invalid')
  })

  it('tell of no number that JSON does not have', () => {
    const type = { name: 'FloatN', scale: 7 }
    expect([Number.NaN, Number.POSITIVE_INFINITY, undefined].map((value) => decodeCell(value, type))).toEqual([
      null,
      null,
      null,
    ])
  })
})

describe('stored columns over TDS', () => {
  const outputs = [{ mentions: ['email'] }, { mentions: ['name'] }]
  const understood = (text: string, reads = ['sales.customers']) => {
    const statement = judged(text, { reads, outputs })
    const { effect, safeRead: _safeRead, dangers, writes, statements } = statement
    return { effect, understood: true, statement, reads, writes, dangers, statements }
  }
  const sources = (text: string, reads?: string[]) =>
    nameSources(['a', 'b'], understood(text, reads)).map(({ source }) => source)

  it.each([
    'SELECT email, name FROM sales.customers',
    'select top (5) [email], Name from [sales].[customers] where id = @p1',
    'SELECT TOP 5 email, name FROM sales.customers ORDER BY id',
  ])('are named for %s', (text) => {
    expect(sources(text)).toEqual(['sales.customers.email', 'sales.customers.name'])
  })

  it.each([
    'SELECT DISTINCT email, name FROM sales.customers',
    'SELECT email, name FROM sales.customers UNION SELECT name, email FROM sales.customers',
    'SELECT email, name FROM sales.customers c',
    'SELECT upper(email), name FROM sales.customers',
  ])('are not named for %s', (text) => {
    expect(sources(text)).toEqual([null, null])
  })

  it('are not named where the judgement read another table', () => {
    expect(sources('SELECT email, name FROM sales.customers', ['sales.people'])).toEqual([null, null])
  })
})
