import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { BookRecord } from '../../shared/audit/index-record.ts'
import { csvCell, renderCsv } from '../../shared/http/audit-csv.ts'
import { fc } from '../support/property.ts'

/** Cells of a CSV text as RFC 4180 says. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]]
  for (const [, quoted, end] of text.matchAll(/"((?:[^"]|"")*)"(,|\r\n|$)/g)) {
    rows.at(-1)?.push((quoted ?? '').replaceAll('""', '"'))
    if (end === '\r\n') rows.push([])
  }
  return rows.filter((row) => row.length > 0)
}

const hostile = fc.oneof(
  fc.constantFrom(
    '=1+1',
    '+1',
    '-1',
    '@SUM(A1)',
    '\t=1',
    '\r=1',
    ' =1',
    '＝1',
    'a;=1',
    'a,=1',
    'a\n=1',
    '"=1',
    '"",=1',
  ),
  fc
    .array(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\n', ' ', ';', ',', '"', '|', "'", 'a', '１', '＝'), {
      maxLength: 12,
    })
    .map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
)

const formula = /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/

const facts = {
  filter: { object: '=cmd' },
  tenants: 'all',
  window: { since: 0, until: 1 },
  population: { scanned: 2, returned: 1 },
  indexedUpTo: null,
  time: '2026-11-22T12:00:00.000Z',
  next: null,
}

const recordWith = (text: string): BookRecord => ({
  place: { lane: 'L01', segment: 1, seq: 1 },
  checked: 'mac',
  kind: text,
  decisionId: text,
  detail: { oid: text, tid: text, note: text },
})

describe('cell of a CSV', () => {
  it('is no formula to a spreadsheet, whatever it takes for a separator', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const cell = csvCell(text)
        expect(parseCsv(cell)).toHaveLength(1)
        const inner = parseCsv(cell)[0]?.[0] ?? ''
        expect(inner).not.toMatch(formula)
        for (const separator of [';', ',', '\t', '\n', '\r', '|']) {
          for (const part of inner.split(separator)) expect(part).not.toMatch(formula)
        }
      }),
      { numRuns: 2000 },
    )
  })

  it('keeps every character of the value, in order', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const inner = parseCsv(csvCell(text))[0]?.[0] ?? ''
        expect(inner.replaceAll("'", '')).toBe(text.replaceAll("'", ''))
      }),
    )
  })

  it.each([
    ['=1', `"'=1"`],
    ['a"b', '"a""b"'],
    ['plain', '"plain"'],
    [undefined, '""'],
    [7, '"7"'],
  ])('of %j is %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell)
  })
})

describe('file of records', () => {
  it('has as many cells in every row, whatever the records hold', () => {
    fc.assert(
      fc.property(fc.array(hostile, { maxLength: 4 }), (texts) => {
        const rows = parseCsv(renderCsv(texts.map(recordWith), facts))
        const table = rows.filter((row) => row.length > 1)
        expect(table).toHaveLength(1 + texts.length)
        expect(new Set(table.map((row) => row.length)).size).toBe(1)
      }),
    )
  })

  it('ends with the digest of all bytes before its last line', () => {
    const text = renderCsv([recordWith('ü')], facts)
    const at = text.lastIndexOf('"# sha256: ')
    const digest = createHash('sha256').update(text.slice(0, at), 'utf8').digest('hex')
    expect(text.slice(at)).toBe(`"# sha256: ${digest}"\r\n`)
  })

  it('says first what was asked, of how many, up to when, and whether it is all', () => {
    const head = parseCsv(renderCsv([], { ...facts, next: 'abc' }))
      .slice(0, 8)
      .map(([cell]) => cell)
    expect(head).toEqual([
      '# Countersign: records of the book',
      `# filter: {"object":"'=cmd"}`,
      '# tenants: all',
      '# period: 1970-01-01T00:00:00.000Z to 1970-01-01T00:00:00.001Z',
      '# population: 2 entries looked at, 1 records',
      '# indexed up to: never',
      '# made: 2026-11-22T12:00:00.000Z',
      '# truncated: yes, go on with cursor abc',
    ])
  })
})
