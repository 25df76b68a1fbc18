import { describe, expect, it } from 'vitest'
import { bucketOf } from '../../../shared/masking/buckets.ts'
import { builtInLabels } from '../../../shared/masking/labels.ts'
import { mask } from '../../../shared/masking/mask.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import type { Obligation } from '../../../shared/policy/decision.ts'
import { stillClear, uniteObligations } from '../../../shared/policy/obligations.ts'
import type { OutputColumn } from '../../../shared/sql/statement.ts'
import { tableRequest } from './requests.ts'

const email = { name: 'email', source: 'hr.employees.email' }
const token = (purpose?: string, label = 'pii.contact'): Obligation => ({
  kind: 'mask',
  label,
  strategy: 'token',
  ...(purpose === undefined ? {} : { purpose }),
})
const shownFor = (...obligations: Obligation[]) =>
  (
    mask(tableRequest({ columns: [email], rows: [['ann@corp.example']], more: { obligations } })).data as {
      rows: Json[][]
    }
  ).rows[0]?.[0]

describe('tokens', () => {
  it('can be joined within a purpose and in no other way', () => {
    const [plain, research, billing] = [shownFor(token()), shownFor(token('research')), shownFor(token('billing'))]
    expect(new Set([plain, research, billing]).size).toBe(3)
    expect(shownFor(token('research'))).toBe(research)
    expect(research).toMatch(/^t1_[\w-]{22}$/)
  })

  it('are none where two purposes are demanded', () => {
    expect(shownFor(token('research'), token('billing', 'pii'))).toBeNull()
    expect(uniteObligations([token('a'), token('b')])).toEqual([
      { kind: 'mask', label: 'pii.contact', strategy: 'null' },
    ])
    expect(uniteObligations([token('a'), token()])).toEqual([token('a')])
  })
})

describe('a bucket', () => {
  it.each([
    [5234.5, { width: 1000 }, '[5000, 6000)'],
    ['5234.50', { width: 1000 }, '[5000, 6000)'],
    [-1, { width: 10 }, '[-10, 0)'],
    [0.35, { width: 0.1 }, '[0.3, 0.4)'],
    [5234, {}, null],
    ['1980-02-29', {}, '1980'],
    ['1980-02-29T00:00:00Z', { dates: 'month' }, '1980-02'],
    ['Ann', { width: 10 }, null],
    [true, { width: 10 }, null],
    [{ a: 1 }, { width: 10 }, null],
    [[1, 15], { width: 10 }, ['[0, 10)', '[10, 20)']],
  ] as const)('of %j by %j is %j', (value, rule, expected) => {
    expect(bucketOf(value as Json, { strategy: 'bucket', ...rule } as never)).toEqual(expected)
  })

  it('is shown of a stored column, and of no computed one', () => {
    const obligations: Obligation[] = [{ kind: 'mask', label: 'pii.compensation', strategy: 'bucket' }]
    const labelTree = { ...builtInLabels, 'pii.compensation': { strategy: 'bucket', width: 1000 } } as const
    const of = (source: string | null) => {
      const columns = [{ name: 's', source }]
      const outputs = [{ mentions: ['salary_eur'] }]
      return mask(tableRequest({ columns, rows: [[5200]], outputs, more: { obligations, labelTree } })).data
    }
    expect(of('hr.employees.salary_eur')).toMatchObject({ rows: [['[5000, 6000)']] })
    expect(of(null)).toMatchObject({ rows: [[null]] })
  })
})

describe('totals', () => {
  const labelTree = { ...builtInLabels, 'pii.compensation': { strategy: 'aggregate', k: 10 } } as const
  const region = { mentions: ['id'] }
  const sum: OutputColumn = { mentions: ['salary_eur'], total: { by: 'sum', column: 'salary_eur' } }
  const count: OutputColumn = { mentions: ['salary_eur'], total: { by: 'count', column: 'salary_eur' } }
  const counted: OutputColumn = { mentions: ['email'], total: { by: 'count', column: 'email' } }
  const rows = [
    ['EMEA', 100, 10],
    ['US', 90, 9],
    ['APAC', 80, 'many'],
    ['LATAM', 70, null],
  ]
  const of = (outputs: OutputColumn[], more: object = { labelTree }) => {
    const columns = outputs.map((_one, at) => ({ name: `c${at}`, source: at === 0 ? 'hr.employees.id' : null }))
    return mask(tableRequest({ columns, rows: rows.map((row) => row.slice(0, outputs.length)), outputs, more }))
  }

  it('are shown of groups that are large enough, the others are left out', () => {
    const { data, masked, labels } = of([region, sum, count])
    expect(data).toMatchObject({ rows: [['EMEA', 100, 10]] })
    expect(masked).toEqual([{ path: '/rows', label: 'pii.compensation', strategy: 'aggregate' }])
    expect(labels).toEqual(['pii.compensation'])
  })

  it.each([
    ['nothing is counted', [region, sum]],
    ['another column is counted', [region, sum, counted]],
    ['the value is computed in another way', [region, { mentions: ['salary_eur'] }, count]],
    ['other data is in it', [region, { ...sum, mentions: ['salary_eur', 'national_id'] }, count]],
  ])('are not shown where %s', (_name, outputs) => {
    const { data } = of(outputs)
    expect(JSON.stringify(data)).not.toMatch(/\b(?:100|90|80|70)\b/)
  })

  it('are all that stays of a column in clear where policy demands it', () => {
    const obligations: Obligation[] = [{ kind: 'aggregate', label: 'pii', k: 10 }]
    const more = { clearLabels: ['pii.compensation'], obligations }
    expect(of([region, sum, count], more).data).toMatchObject({ rows: [['EMEA', 100, 10]] })
    expect(of([region, { mentions: ['salary_eur'] }], more).data).toMatchObject({
      rows: [
        ['EMEA', null],
        ['US', null],
        ['APAC', null],
        ['LATAM', null],
      ],
    })
  })

  it('stay hidden from whom the default hides the column', () => {
    const obligations: Obligation[] = [{ kind: 'aggregate', label: 'pii', k: 10 }]
    expect(of([region, sum, count], { obligations }).data).toMatchObject({
      rows: rows.map(([name]) => [name, null, null]),
    })
  })

  it('need the largest group that anybody demands', () => {
    const demand = (k: number): Obligation => ({ kind: 'aggregate', label: 'pii', k })
    expect(uniteObligations([demand(5), demand(20)])).toEqual([demand(20)])
  })
})

describe('labels in clear', () => {
  it('are no longer so where an obligation masks them, so that they cannot be compared either', () => {
    const demands: Obligation[] = [token(undefined, 'pii.contact'), { kind: 'aggregate', label: 'hr', k: 5 }]
    expect(stillClear(['pii.birth', 'pii.contact', 'pii.contact.mail', 'hr.pay'], demands)).toEqual(['pii.birth'])
  })
})
