import { describe, expect, it } from 'vitest'
import { indexTables } from '../../../shared/masking/classification.ts'
import { labelsCarried } from '../../../shared/masking/column-labels.ts'
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
  compared?: string[]
  qualifiers?: string[]
}) {
  const { effect = 'write', reads = [], writes = ['sales.customers'], mentions, compared, qualifiers } = change
  const parts = { effect, reads, writes, dangers: [], statements: 1 }
  const statement: Statement = {
    ...parts,
    safeRead: false,
    outputs: null,
    ...(mentions ? { mentions } : {}),
    ...(compared ? { compared } : {}),
    ...(qualifiers ? { qualifiers } : {}),
  }
  return { ...parts, understood: true, statement } satisfies Understood
}

describe('the labels that a change carries on', () => {
  it.each([
    ['are none for what a read only gives back', { effect: 'read', mentions: ['email'], compared: ['id'] }, []],
    ['are those of what decides which rows a read gives', { effect: 'read', compared: ['email'] }, ['pii.contact']],
    ['are all for a read of which nobody said it', { effect: 'read' }, ['pii.contact', 'unclassified']],
    [
      'are none for a name beside a table that nobody classified',
      { effect: 'read', writes: [], reads: ['sales.customers', 'sales.orders'], compared: ['customer_id', 'id'] },
      [],
    ],
    [
      'are all for any name, beside such a table too',
      { effect: 'read', writes: [], reads: ['sales.customers', 'sales.orders'], compared: ['*'] },
      ['pii.contact', 'unclassified'],
    ],
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
    [
      'are those of a column that a relation is named after, since its nested field may be meant',
      { effect: 'read', compared: ['id'], qualifiers: ['email', 'c'] },
      ['pii.contact'],
    ],
    [
      'are not those of such a column where nothing is compared',
      { effect: 'read', compared: [], qualifiers: ['email'] },
      [],
    ],
    ['count for deletions too', { effect: 'delete', mentions: ['email'] }, ['pii.contact']],
  ] as const)('%s', (_name, change, expected) => {
    expect(labelsCarried(understood(change as Parameters<typeof understood>[0]), tables)).toEqual(expected)
  })
})
