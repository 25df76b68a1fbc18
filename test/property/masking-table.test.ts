import { describe, expect, it } from 'vitest'
import { stricter, type Treatment } from '../../shared/masking/labels.ts'
import { mask } from '../../shared/masking/mask.ts'
import type { Obligation } from '../../shared/policy/decision.ts'
import { fc } from '../support/property.ts'
import { classification, tableRequest } from '../unit/masking/requests.ts'

const names = ['id', 'email', 'national_id', 'birth_date', 'salary_eur', 'nickname', 'not_listed'] as const
const labels = ['pii', 'pii.contact', 'pii.national_id', 'pii.birth', 'pii.compensation', 'pii.name', 'none', 'secret']

const column = fc.record({
  name: fc.constantFrom(...names),
  sourced: fc.boolean(),
  mentions: fc.uniqueArray(fc.constantFrom(...names, '*'), { minLength: 1, maxLength: 3 }),
})
const obligation: fc.Arbitrary<Obligation> = fc.record({
  kind: fc.constant('mask' as const),
  label: fc.constantFrom(...labels),
  strategy: fc.constantFrom('drop', 'null', 'token', 'partial'),
})
const table = fc.record({
  columns: fc.array(column, { minLength: 1, maxLength: 6 }),
  rows: fc.integer({ min: 0, max: 4 }),
  listed: fc.boolean(),
  clearLabels: fc.uniqueArray(fc.constantFrom(...labels)),
  obligations: fc.array(obligation, { maxLength: 3 }),
})

type Table = typeof table extends fc.Arbitrary<infer T> ? T : never

/** Each cell holds a value that stands nowhere else. */
const cell = (row: number, column: number) => `value <${row}:${column}> of somebody`

function requestOf(shape: Table) {
  const { columns, listed, clearLabels, obligations } = shape
  return tableRequest({
    columns: columns.map(({ sourced }, at) => ({
      name: `c${at}`,
      source: sourced ? `hr.employees.${columns[at]!.name}` : null,
    })),
    rows: Array.from({ length: shape.rows }, (_, row) => columns.map((_column, at) => cell(row, at))),
    outputs: listed ? columns.map(({ name, sourced, mentions }) => ({ mentions: sourced ? [name] : mentions })) : null,
    more: { clearLabels, obligations },
  })
}

/** Whether a column may be shown, worked out from the rules anew. */
function mayShow(shape: Table, at: number): boolean {
  const { name, sourced, mentions } = shape.columns[at]!
  const known: Record<string, string> = classification
  const sources = sourced ? [name] : shape.listed ? mentions : ['*']
  return sources.every((one) => {
    const label = known[`hr.employees.${one}`]
    if (label === undefined) return false
    const demanded = shape.obligations.some(
      (demand) => demand.kind === 'mask' && (label === demand.label || label.startsWith(`${demand.label}.`)),
    )
    return !demanded && (label === 'none' || shape.clearLabels.includes(label))
  })
}

describe('masked table', () => {
  it('never holds a value of a column that may not be shown, and always those that may', () => {
    fc.assert(
      fc.property(table, (shape) => {
        const text = JSON.stringify(mask(requestOf(shape)).data)
        for (let row = 0; row < shape.rows; row += 1) {
          for (const at of shape.columns.keys()) expect(text.includes(cell(row, at))).toBe(mayShow(shape, at))
        }
      }),
      { numRuns: 500 },
    )
  })

  it('never shows more for one more obligation', () => {
    fc.assert(
      fc.property(table, obligation, (shape, more) => {
        const treatments = (given: Table) => {
          const { masked } = mask(requestOf(given))
          return (at: number) =>
            (masked.find(({ path }) => path === `/columns/c${at}`)?.strategy ?? 'clear') as Treatment
        }
        const fewer = treatments(shape)
        const stronger = treatments({ ...shape, obligations: [...shape.obligations, more] })
        for (const at of shape.columns.keys()) expect(stricter(fewer(at), stronger(at))).toBe(stronger(at))
      }),
      { numRuns: 500 },
    )
  })

  it('names every masked column', () => {
    fc.assert(
      fc.property(table, (shape) => {
        const { masked } = mask(requestOf(shape))
        for (const at of shape.columns.keys()) {
          expect(masked.some(({ path }) => path === `/columns/c${at}`)).toBe(!mayShow(shape, at))
        }
      }),
    )
  })
})
