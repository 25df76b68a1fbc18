import { describe, expect, it } from 'vitest'
import { indexTables, labelsCarried } from '../../../shared/masking/column-labels.ts'
import type { Understood } from '../../../shared/pipeline/ports.ts'
import type { Statement } from '../../../shared/sql/statement.ts'

const tables = indexTables({
  'sales.customers.id': 'none',
  'sales.customers.name': 'none',
  'sales.customers.email': 'pii.contact',
  'hr.employees.salary_eur': 'pii.compensation',
})

function understood(change: {
  effect?: Statement['effect']
  reads?: string[]
  writes?: string[]
  mentions?: string[]
}) {
  const { effect = 'write', reads = [], writes = ['sales.customers'], mentions } = change
  const parts = { effect, reads, writes, dangers: [], statements: 1 }
  const statement: Statement = { ...parts, safeRead: false, outputs: null, ...(mentions ? { mentions } : {}) }
  return { ...parts, understood: true, statement } satisfies Understood
}

describe('the labels that a change carries on', () => {
  it.each([
    ['are none for a read, which masks follow', { effect: 'read', mentions: ['email'] }, []],
    ['are those of a column that is copied', { mentions: ['email'] }, ['pii.contact']],
    ['are none for a column without a label', { mentions: ['id', 'name'] }, []],
    ['are none where nothing is taken', { mentions: [] }, []],
    ['are all of a table that is taken whole', { mentions: ['*'] }, ['pii.contact', 'unclassified']],
    ['are all where nobody knows the name', { mentions: ['e'] }, ['pii.contact', 'unclassified']],
    ['are all where nobody said what is mentioned', {}, ['pii.contact', 'unclassified']],
    ['are none where no classified table is touched', { writes: ['sales.orders'], mentions: ['*'] }, []],
    [
      'are those of a table that is only read',
      { writes: ['sales.notes'], reads: ['hr.employees'], mentions: ['salary_eur'] },
      ['pii.compensation'],
    ],
    ['count for deletions too', { effect: 'delete', mentions: ['email'] }, ['pii.contact']],
  ] as const)('%s', (_name, change, expected) => {
    expect(labelsCarried(understood(change as Parameters<typeof understood>[0]), tables)).toEqual(expected)
  })
})
