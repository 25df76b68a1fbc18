import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { classify } from '../../shared/backend/classify.ts'
import { defineBackend } from '../../shared/backend/define.ts'
import { indexTables } from '../../shared/masking/classification.ts'
import { labelColumns } from '../../shared/masking/column-labels.ts'
import { describeData } from '../../shared/pipeline/judge.ts'
import type { Invocation } from '../../shared/pipeline/ports.ts'
import type { Policy } from '../../shared/policy/policy.ts'
import { createParser } from '../../shared/sql/parser-worker.ts'
import type { Dialect } from '../../shared/sql/statement.ts'
import { otherCases } from '../support/mask-cases-other.ts'
import { type MaskCase, sqlCases } from '../support/mask-cases-sql.ts'
import { policyOf, readBy } from '../unit/policy/fixtures.ts'

const parser = createParser({ budgetMs: 30_000, startMs: 60_000 })
afterAll(() => parser.stop())

const secret = 'pii.compensation'
const other = ['hr.e.id', 'hr.e.name', 'hr.e.region', 'people.id', 'people.person.name'] as const
const classification = {
  ...Object.fromEntries(other.map((key) => [key, 'none'])),
  'hr.e.salary': secret,
  'people.person.salary': secret,
}

/** Everybody may do everything, and nobody sees anything in clear. */
const policies = [
  '@id("calls") @title("Calls") permit (principal, action, resource) unless { resource is Countersign::Label };',
]
let policy: Policy
beforeAll(async () => {
  policy = await policyOf(policies)
})

function invocationOf(dialect: Dialect, text: string): Invocation {
  const operation = {
    summary: 'A statement',
    effect: 'admin',
    inputs: () => z.strictObject({}),
    statement: { input: 'text', dialect },
    call: { technology: 'rest', method: 'POST', path: '/x' },
    ...(dialect === 'cosmos' ? { object: 'container' } : {}),
  } as const
  const none = { public: [], usgov: [], china: [] }
  const backend = defineBackend({
    name: 'a-backend',
    title: 'A backend',
    scope: 'configured',
    hostSuffixes: none,
    operations: { operation },
  })
  return { backend, operationName: 'operation', operation, inputs: { text, container: 'people' } }
}

/** What comes of a text: labels by result column (one, where nobody can say how many), of all data, and the verdict. */
async function outcomeOf(dialect: Dialect, text: string) {
  const invocation = invocationOf(dialect, text)
  const understood = await classify(invocation, parser.understand)
  const { labels, carried, changes } = describeData(invocation, understood, classification)
  const width = understood.statement?.outputs?.length ?? 1
  const columns = Array.from({ length: width }, (_, at) => ({ name: `c${at}`, source: null }))
  const [first = []] = labelColumns({ invocation, understood, columns, tables: indexTables(classification) })
  const request = readBy('alice')
  const { reasons, verdict } = policy.decide({
    ...request,
    action: understood.effect,
    resource: {
      ...request.resource,
      declaredEffect: 'admin',
      reads: understood.reads,
      writes: understood.writes,
      labels,
      carried,
      changes,
    },
    context: { ...request.context, understood: understood.understood, dangers: understood.dangers },
  })
  return { understood, labels, first, verdict, reasons }
}

const rows = Object.entries({ ...sqlCases, ...otherCases }).flatMap(([dialect, cases]) =>
  (cases as readonly MaskCase[]).map(([name, kind, text]) => ({ dialect: dialect as Dialect, name, kind, text })),
)

describe('what shows a masked column', () => {
  it.each(rows.filter(({ kind }) => kind === 'shown'))('$dialect: $name', async ({ dialect, text }) => {
    const { understood, first, labels } = await outcomeOf(dialect, text)
    expect(understood.statement?.refused).toBeUndefined()
    expect(first).toContain(secret)
    expect(labels).toContain(secret)
  })
})

describe('what is refused since it uses a masked column', () => {
  it.each(rows.filter(({ kind }) => kind === 'used'))('$dialect: $name', async ({ dialect, text }) => {
    const { understood, verdict, reasons } = await outcomeOf(dialect, text)
    expect(understood.statement?.refused).toBeUndefined()
    expect([verdict, reasons]).toEqual(['deny', ['masked_data_used']])
  })
})

const texts: readonly (readonly [Dialect, string])[] = [
  ['postgres', 'SELECT id AS a, salary AS b FROM hr.e'],
  ['tsql', 'SELECT id AS a, salary AS b FROM hr.e'],
  ['databricks', 'SELECT id AS a, salary AS b FROM hr.e'],
  ['mysql', 'SELECT id AS a, salary AS b FROM hr.e'],
  ['snowflake', 'SELECT id AS a, salary AS b FROM hr.e'],
  ['bigquery', 'SELECT id AS a, salary AS b FROM hr.e'],
  ['cosmos', 'SELECT c.id AS a, c.person.salary AS b FROM c'],
  ['kql', 'people | project a = id, b = person.salary'],
]

describe.each(texts)('an answer in %s that is not the one that was understood', (dialect, text) => {
  const labelsBy = async (...names: readonly string[]) => {
    const invocation = invocationOf(dialect, text)
    const understood = await classify(invocation, parser.understand)
    const columns = names.map((name) => ({ name, source: null }))
    return labelColumns({ invocation, understood, columns, tables: indexTables(classification) })
  }

  it('is masked by column where it is', async () => {
    const [first, second] = await labelsBy('A', 'b')
    expect([first, second?.includes(secret)]).toEqual([['none'], true])
  })

  it.each([
    ['fewer columns', ['a']],
    ['more columns', ['a', 'b', 'c']],
    ['columns in another order', ['b', 'a']],
    ['columns of other names', ['a', 'x']],
  ])('is masked whole where it has %s', async (_name, names) => {
    const labels = await labelsBy(...names)
    expect(labels.map((own) => [own.includes(secret), own.includes('unclassified')])).toEqual(
      names.map(() => [true, true]),
    )
  })
})

describe('an answer of which nobody knows the columns', () => {
  it.each<[Dialect, string]>([
    ['tsql', 'SELECT * FROM hr.e'],
    ['databricks', 'SELECT * FROM hr.e'],
    ['mysql', 'SELECT * FROM hr.e'],
    ['snowflake', 'SELECT * FROM hr.e'],
    ['bigquery', 'SELECT * FROM hr.e'],
    ['postgres', 'SELECT * FROM hr.e'],
    ['cosmos', 'SELECT * FROM c'],
    ['kql', 'people'],
    ['mongo', '{"find": "people"}'],
    ['dax', 'EVALUATE people'],
  ])('is masked whole: %s', async (dialect, text) => {
    const invocation = invocationOf(dialect, text)
    const understood = await classify(invocation, parser.understand)
    const columns = ['id', 'b'].map((name) => ({ name, source: null }))
    const labels = labelColumns({ invocation, understood, columns, tables: indexTables(classification) })
    expect(labels.every((own) => own.includes(secret) && own.includes('unclassified'))).toBe(true)
  })
})
