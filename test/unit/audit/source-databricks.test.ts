import { describe, expect, it } from 'vitest'
import { makeAudit } from '../../../infra/local/databricks/audit.ts'
import { newStatement, submitBody } from '../../../infra/local/databricks/statement.ts'
import type { WorkspaceUser } from '../../../infra/local/databricks/users.ts'
import { compareCalls } from '../../../shared/audit/reconcile-compare.ts'
import { createFateFinder } from '../../../shared/audit/reconcile-setup.ts'
import type { BookCall } from '../../../shared/audit/reconcile-source.ts'
import type { RowDocument } from '../../../shared/audit/record.ts'
import { createDatabricksSource, type QueryAudit } from '../../../shared/audit/source-databricks.ts'

const clientId = 'c0000000-0000-4000-8000-000000000001'
const noon = Date.parse('2026-11-22T12:00:00Z')
const minute = 60_000
const window = { from: noon - 60 * minute, to: noon + 60 * minute }
const decision = (last: number) => `d0000000-0000-4000-8000-00000000000${last}`
const [alice, bob] = ['a0000000-0000-4000-8000-000000000001', 'a0000000-0000-4000-8000-000000000002']
const agentOf = (id: string) => `Countersign/1.0 decision/${id}`

interface Ran {
  readonly id: string
  readonly by?: string
  readonly at?: number
  readonly agent?: string
  readonly tag?: string
}

/** The workspace's own tables, asked by the very statements that the verifier sends. */
function openWorkspace(all: readonly Ran[], submissions = true) {
  const audit = makeAudit({ entra: 'https://login.example', tenant: 't' }, [])
  for (const { id, by = 'Alice@contoso.example', at = noon, agent = 'curl/8.5', tag } of all) {
    const query_tags = tag === undefined ? [] : [{ key: 'countersign_decision', value: tag }]
    const submission = submitBody.parse({ statement: 'SELECT 1', warehouse_id: 'w', query_tags })
    const owner = { login: by } as WorkspaceUser
    audit.note(newStatement({ id, owner, submission, userAgent: agent, startedAt: at }))
  }
  const query: QueryAudit = async (statement, values) => {
    const parameters = Object.entries(values).map(([name, value]) => ({ name, value, type: 'TIMESTAMP' }))
    const { body } = audit.answer({ statement, parameters, warehouse_id: 'w' }) as { body: Answered }
    if (body.status.state !== 'SUCCEEDED' || body.result === undefined) throw new Error(`not understood: ${statement}`)
    return submissions || !statement.includes('commandId') ? body.result.data_array : []
  }
  return createDatabricksSource({ query, clientId, settling: 0 })
}

interface Answered {
  readonly status: { readonly state: string }
  readonly result?: { readonly data_array: (string | null)[][] }
}

const call = (last: number, more: Partial<BookCall> = {}): BookCall => ({
  ...{ decisionId: decision(last), lane: 'L01', seq: last, backend: 'databricks-sql', operation: 'executeStatement' },
  ...{ oid: alice, from: noon, to: noon + 1000, status: 'called', statementId: `s${last}` },
  ...more,
})
const lost = (last: number): BookCall => {
  const { statementId: _lost, ...rest } = call(last, { status: 'unknown' })
  return rest
}

async function compare(calls: readonly BookCall[], ran: readonly Ran[], submissions = true) {
  const source = openWorkspace(ran, submissions)
  const events = await source.read(window)
  const known = new Set([alice, bob])
  const result = compareCalls({
    backend: 'databricks-sql',
    source,
    window,
    until: window.to,
    calls,
    events,
    clientId,
    known,
  })
  return { kinds: result.findings.map(({ kind }) => kind), counts: result.counts }
}

/** Alice's and Bob's ordinary calls, from which their names are known. */
const usual = [1, 2].map((n) => call(n, n === 1 ? {} : { oid: bob }))
const usualRan: Ran[] = [
  { id: 's1', agent: agentOf(decision(1)), tag: decision(1) },
  { id: 's2', by: 'bob@contoso.example', agent: agentOf(decision(2)), tag: decision(2) },
]

describe('statements of a workspace', () => {
  it('are one entry where both of its logs have them, under the id of the first', async () => {
    const events = await openWorkspace(usualRan).read(window)
    expect(events).toMatchObject([
      { statementId: 's1', decisionId: decision(1), person: 'alice@contoso.example', clientId, isStatementSure: true },
      { statementId: 's2', decisionId: decision(2), person: 'bob@contoso.example', clientId },
    ])
    expect(new Set(events.map(({ id }) => id)).size).toBe(2)
  })

  it('are read from the history alone where verbose audit logs are off', async () => {
    const { kinds, counts } = await compare(usual, usualRan, false)
    expect([kinds, counts]).toMatchObject([[], { calls: 2, confirmed: 2, events: 2 }])
  })

  it.each([
    ['agent and tag', { agent: agentOf(decision(3)), tag: decision(3) }],
    ['its tag alone', { agent: 'proxy/1.0', tag: decision(3) }],
    ['its agent alone', { agent: agentOf(decision(3)) }],
  ])('are matched to a call whose statement id was lost by %s', async (_what, marks) => {
    const { kinds, counts } = await compare([...usual, lost(3)], [...usualRan, { id: 's3', ...marks }])
    expect([kinds, counts]).toMatchObject([[], { unrecorded: 0, bypass: 0, events: 3 }])
  })

  it('that no mark leads to are a bypass of the person', async () => {
    const { kinds } = await compare([...usual, lost(3)], [...usualRan, { id: 's3' }])
    expect(kinds).toEqual(['bypass_access'])
  })

  it.each<[string, Ran]>([
    ["another person's, with a copied tag", { id: 's9', by: 'bob@contoso.example', tag: decision(1) }],
    ["a stranger's, with a copied tag", { id: 's9', by: 'eve@contoso.example', tag: decision(1) }],
    [
      "a stranger's, with tag and agent copied",
      { id: 's9', by: 'eve@x', tag: decision(1), agent: agentOf(decision(1)) },
    ],
    ["the person's own, with a copied tag", { id: 's9', tag: decision(1) }],
    ['of another hour, with a copied tag', { id: 's9', at: noon + 30 * minute, tag: decision(1) }],
    ['with a tag of no call', { id: 's9', tag: decision(9) }],
  ])('are a finding and no match where they are %s', async (_whose, ran) => {
    const { kinds, counts } = await compare(usual, [...usualRan, ran])
    expect(kinds).toEqual(['unrecorded_access'])
    expect(counts).toMatchObject({ confirmed: 2 })
  })

  it('confirm no call that only somebody else left its tag for', async () => {
    const copied: Ran = { id: 's9', by: 'bob@contoso.example', tag: decision(3) }
    const missing = await compare([...usual, call(3)], [...usualRan, copied])
    expect(missing.kinds.sort()).toEqual(['unconfirmed_call', 'unrecorded_access'])
  })

  it('are looked for once, where a later call only asked after them', async () => {
    const later = call(4, { statementId: 's1', isResumed: true, from: noon + 5000, to: noon + 6000 })
    const { kinds, counts } = await compare([later, ...usual], usualRan)
    expect([kinds, counts]).toMatchObject([[], { calls: 2, confirmed: 2, unseen: 1 }])
  })

  it('of another Databricks backend are found, and not looked for', async () => {
    const other = call(3, { backend: 'databricks-audit', operation: 'findMyEvents' })
    const silent = call(4, { backend: 'databricks-jobs', operation: 'executeJob' })
    const ran = { id: 's3', agent: agentOf(decision(3)), tag: decision(3) }
    const { kinds, counts } = await compare([...usual, other, silent], [...usualRan, ran])
    expect([kinds, counts]).toMatchObject([[], { calls: 2, confirmed: 2, unseen: 0 }])
  })

  it('belong to the window that the first of their two moments is in', async () => {
    const rows: Record<string, (string | null)[][]> = {
      audit: [['e1', new Date(noon - 1).toISOString(), 'a@x', 'curl', 'commandSubmit', 's1']],
      history: [['s1', new Date(noon + 1).toISOString(), 'a@x', null]],
    }
    const query: QueryAudit = async (sql) => rows[sql.includes('history') ? 'history' : 'audit'] ?? []
    const source = createDatabricksSource({ query, clientId })
    const [before, after] = [window.from, window.to]
    expect(await source.read({ from: noon, to: after })).toEqual([])
    expect(await source.read({ from: before, to: noon })).toMatchObject([{ id: 'e1', statementId: 's1' }])
  })

  it.each([
    ['the newest entry of any kind', [minute, 0, 0], minute],
    ['the newest statement of the history where that lags', [10 * minute, 10 * minute, 0], 0],
    ['the history alone where nothing else is there', [null, null, 5], 5],
  ])('are complete up to %s', async (_what, [any, submitted, ran], expected) => {
    const at = (offset: number | null | undefined) => (offset == null ? null : new Date(noon + offset).toISOString())
    const query: QueryAudit = async (sql) => [sql.includes('history') ? [at(ran)] : [at(any), at(submitted)]]
    expect(await createDatabricksSource({ query, clientId }).newest()).toBe(noon + expected)
  })

  it('cannot be told of while one of the two logs cannot be read', async () => {
    const query: QueryAudit = async (sql) => {
      if (sql.includes('history')) throw new Error('INSUFFICIENT_PERMISSIONS')
      return []
    }
    await expect(createDatabricksSource({ query, clientId }).read(window)).rejects.toThrow()
  })

  it.each<[string, Ran[], object | null]>([
    ['by its tag', [{ id: 's3', tag: decision(3) }], { status: 'called', backendIds: { statement_id: 's3' } }],
    ['by nothing', [{ id: 's3' }], null],
    [
      'by nothing, where two persons bear it',
      [
        { id: 's3', tag: decision(3) },
        { id: 's9', by: 'eve@x', tag: decision(3) },
      ],
      null,
    ],
  ])('tell the fate of an open intent %s', async (_how, ran, fate) => {
    const find = createFateFinder(new Map([['databricks-sql', openWorkspace(ran)]]))
    const intent = {
      decisionId: decision(3),
      time: new Date(noon).toISOString(),
      intent: { backend: 'databricks-sql' },
    }
    const found = await find(intent as RowDocument)
    if (fate === null) expect(found).toBeNull()
    else expect(found).toMatchObject(fate)
  })
})
