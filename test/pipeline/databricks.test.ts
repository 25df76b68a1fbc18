import { describe, expect, it } from 'vitest'
import { createLine } from '../../shared/pipeline/create-line.ts'
import { handle } from '../../shared/pipeline/handle.ts'
import type { Statement } from '../../shared/sql/statement.ts'
import { createWorld, inboundFor, noon } from '../support/line-world.ts'
import {
  column,
  declared,
  json,
  makeWorkspace,
  type Script,
  sequence,
  state,
  statementsPath,
  success,
} from '../unit/upstream/databricks-script.ts'

const classification = {
  'main.sales.customers.id': 'none',
  'main.sales.customers.email': 'pii.contact',
  'main.sales.customers.phone': 'pii.contact',
}

/** The line over a scripted workspace; what a statement is judged to be is said by the test. */
function openLine(script: Script, judgement: (text: string) => Partial<Statement> = () => ({})) {
  let text = ''
  const faults = { understand: () => ({ text, reads: ['main.sales.customers'], ...judgement(text) }) }
  const world = createWorld({ backend: declared, classification, faults })
  let now = noon
  // Two looks at the clock are further apart than a caller waits.
  const clock = () => {
    now += 600
    return now
  }
  const { executor, paths, seen } = makeWorkspace(script, { clock })
  const ports = { ...world.ports, executors: new Map([['databricks', executor]]) }
  const line = createLine(ports, world.deployment, world.identification)
  const call = async (operation: string, inputs: Readonly<Record<string, unknown>>) => {
    text = String(inputs.statement ?? '')
    const path = `/api/databricks-sql/${operation}`
    const answer = await handle(inboundFor(operation, inputs, { backend: 'databricks-sql', path }), line)
    // biome-ignore lint/suspicious/noExplicitAny: bodies are read by the tests as they come
    return { status: answer.status, body: JSON.parse(answer.body) as any }
  }
  return { world, call, paths, seen }
}

const mentions = (...names: string[]): Partial<Statement> => ({ outputs: names.map((name) => ({ mentions: [name] })) })
const customers = () => success([column('id', 'INT'), column('email')], [['2', 'kaja.berg2@customer.example']])
const from = 'FROM main.sales.customers'

describe('the answer of a statement', () => {
  it('shows a part of a stored column, as its label says', async () => {
    const { call } = openLine(sequence(customers), () => mentions('id', 'email'))
    const { body } = await call('executeStatement', { statement: `SELECT id, email ${from}` })
    expect(body.data.rows[0]?.[0]).toBe(2)
    expect(body.data.rows[0]?.[1]).toMatch(/^k\*+/)
    expect(body.meta.masked).toMatchObject([{ path: '/columns/email', class: 'pii.contact', strategy: 'partial' }])
    expect(body.meta.identity).toMatchObject({ source: 'backend', matches: true })
  })

  it.each([
    ['computed', `SELECT id, lower(email) AS email ${from}`, mentions('id', 'email')],
    ['under another’s name', `SELECT email AS id, email ${from}`, mentions('email', 'email')],
    ['of which nobody knows what it is made', `SELECT * ${from}`, { outputs: null }],
  ])('shows nothing of a column that is %s', async (_what, statement, judgement) => {
    const { call } = openLine(sequence(customers), () => judgement)
    const { status, body } = await call('executeStatement', { statement })
    expect(status).toBe(200)
    expect(JSON.stringify(body)).not.toMatch(/kaja|k\*/)
  })

  it('is masked in each part that a handle fetches, by the statement that is judged anew', async () => {
    const rows = [['2', 'kaja.berg2@customer.example']]
    let finished = false
    const script: Script = ({ method, url }) => {
      if (url.pathname.endsWith('/chunks/1')) return json({ chunk_index: 1, row_offset: 1, data_array: rows })
      if (!url.pathname.startsWith(statementsPath)) return undefined
      return method === 'GET' && finished
        ? success([column('id', 'INT'), column('email')], rows, { result: { next_chunk_index: 1 } })
        : state('RUNNING')
    }
    const { call } = openLine(script, () => mentions('id', 'email'))
    const statement = `SELECT id, email ${from}`
    const { handle: opened } = (await call('executeStatement', { statement, wait: 1 })).body.data
    finished = true
    for (const [operation, more] of [
      ['getStatement', {}],
      ['getResultChunk', { chunk: 1 }],
    ] as const) {
      const { body } = await call(operation, { statement, handle: opened, ...more })
      expect(body.data.rows).toEqual([[2, expect.stringMatching(/^k\*+/)]])
    }
    const other = await call('getStatement', { statement: `SELECT id AS a, id ${from}`, handle: opened })
    expect([other.status, other.body.code]).toEqual([400, 'input_invalid'])
  })

  it('of the history keeps no text of a statement', async () => {
    const res = [{ query_id: 'q1', user_id: 77, status: 'FINISHED', query_text: "SELECT 'kaja@customer.example'" }]
    const { call } = openLine(({ url }) => (url.pathname.endsWith('/history/queries') ? json({ res }) : undefined))
    const { body } = await call('listQueryHistory', {})
    expect(body.data.queries).toMatchObject([{ id: 'q1', status: 'FINISHED' }])
    expect(JSON.stringify(body)).not.toContain('kaja')
    expect(body.meta.masked).toMatchObject([{ path: '/queries/*/text', class: 'pii.statement' }])
  })
})

describe('a refused token', () => {
  const challenge = {
    'www-authenticate': `Bearer error="insufficient_claims", claims="${Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').toString('base64')}"`,
  }
  const writes = () => ({ effect: 'write' as const, writes: ['main.sales.t'], reads: [] })

  it('at the submission is answered by a new exchange with its claims, and the call made once more', async () => {
    const refusals = [json({}, 401, challenge)]
    const script = sequence(() => refusals.pop() ?? customers())
    const { call, world, paths } = openLine(script, () => mentions('id', 'email'))
    expect((await call('executeStatement', { statement: `SELECT id, email ${from}` })).status).toBe(200)
    expect(world.exchanges.map(({ claims }) => claims !== undefined)).toEqual([false, true])
    expect(paths().filter((path) => path === `POST ${statementsPath}`)).toHaveLength(2)
  })

  it('while a change runs does not make the change twice', async () => {
    const script = sequence(
      () => state('RUNNING'),
      () => json({}, 401, challenge),
    )
    const { call, world, paths } = openLine(script, writes)
    const { status, body } = await call('executeWriteStatement', { statement: 'UPDATE main.sales.t SET a = 1' })
    expect([status, body.code]).toEqual([502, 'backend_failed'])
    expect(paths().filter((path) => path === `POST ${statementsPath}`)).toHaveLength(1)
    expect(world.rows.at(-1)?.facts).toMatchObject({ status: 'unknown', code: 'backend_failed' })
  })
})
