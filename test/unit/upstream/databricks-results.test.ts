import { describe, expect, it } from 'vitest'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { nameSources } from '../../../shared/upstream/databricks-columns.ts'
import { judged, makeToken, principal, problemOf, tid } from './calls.ts'
import {
  base,
  callOf,
  change,
  column,
  id,
  json,
  makeWorkspace,
  query,
  type Reply,
  type Script,
  sequence,
  state,
  statementsPath,
  success,
} from './databricks-script.ts'

type Cells = (string | null)[][]

const numbers = (from: number, count: number): Cells => Array.from({ length: count }, (_, at) => [String(from + at)])

/** A result of 25 rows in chunks of 10, each with a link that leads elsewhere. */
function chunked(change_: (index: number) => object = () => ({}), total = 25): Script {
  const part = (index: number) => ({
    chunk_index: index,
    row_offset: index * 10,
    data_array: numbers(index * 10, Math.min(10, total - index * 10)),
    ...(index < 2 ? { next_chunk_index: index + 1, next_chunk_internal_link: 'https://elsewhere.example/steal' } : {}),
    ...change_(index),
  })
  const first = () =>
    success([column('n', 'INT')], [], { manifest: { total_row_count: total, total_chunk_count: 3 }, result: part(0) })
  return (asked, turn) => {
    const index = /\/result\/chunks\/(\d+)$/.exec(asked.url.pathname)?.[1]
    return index === undefined ? sequence(first, first)(asked, turn) : json(part(Number(index)))
  }
}

describe('a result in chunks', () => {
  it('is gathered in order, at our own addresses and nobody else’s', async () => {
    const { executor, seen, paths } = makeWorkspace(chunked())
    const { data, rows, truncated } = await executor.call(query('SELECT n FROM t'))
    expect((data as { rows: Json[][] }).rows.map(([n]) => n)).toEqual(Array.from({ length: 25 }, (_, at) => at))
    expect([rows, truncated]).toEqual([25, false])
    expect(paths().slice(2)).toEqual([1, 2].map((index) => `GET ${statementsPath}/${id}/result/chunks/${index}`))
    expect(new Set(seen.map(({ url }) => url.origin))).toEqual(new Set([base]))
  })

  it('is gathered as far as the limit goes, and says that there was more', async () => {
    const { executor, paths } = makeWorkspace(chunked())
    const { data, rows, truncated } = await executor.call(query('SELECT n FROM t', { rowLimit: 9 }))
    expect([(data as { rows: Json[][] }).rows.length, rows, truncated]).toEqual([9, 9, true])
    expect(paths()).toHaveLength(2)
  })

  it('that the workspace cut is said to be cut', async () => {
    const { executor } = makeWorkspace(
      sequence(() => success([column('a')], [['1']], { manifest: { truncated: true } })),
    )
    expect((await executor.call(query())).truncated).toBe(true)
  })

  const broken: [string, Script][] = [
    ['leads in a circle', chunked((index) => ({ next_chunk_index: index }))],
    ['leaves one out', chunked((index) => (index === 0 ? { next_chunk_index: 2 } : {}))],
    ['does not join on', chunked((index) => ({ row_offset: index * 11 }))],
    ['ends too early', chunked((index) => (index === 1 ? { next_chunk_index: null } : {}))],
    [
      'is elsewhere, behind a link',
      chunked(() => ({ external_links: [{ external_link: 'https://elsewhere.example/x' }] })),
    ],
    ['has rows of another width', chunked(() => ({ data_array: Array.from({ length: 10 }, () => ['1', '2']) }))],
    ['has values that are no strings', chunked(() => ({ data_array: [[1]] }))],
  ]

  it.each(broken)('that %s is no answer', async (_what, script) => {
    const { executor, seen } = makeWorkspace(script)
    expect((await problemOf(executor.call(query('SELECT n FROM t')))).code).toBe('backend_failed')
    expect(seen.every(({ url }) => url.origin === base)).toBe(true)
  })

  it('that is larger than may be held is refused', async () => {
    const wide = (index: number) => ({ data_array: Array.from({ length: 10 }, () => [`${'x'.repeat(9_000)}${index}`]) })
    const { executor } = makeWorkspace(chunked(wide), { maxBytes: 50_000 })
    const problem = await problemOf(executor.call(query('SELECT n FROM t')))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'too_large'])
  })
})

describe('a value', () => {
  const values: [string, string | null, Json][] = [
    ['STRING', null, null],
    ['STRING', '42', '42'],
    ['BOOLEAN', 'true', true],
    ['BOOLEAN', 'false', false],
    ['BOOLEAN', 'maybe', 'maybe'],
    ['INT', '-7', -7],
    ['SHORT', '7', 7],
    ['BYTE', '1', 1],
    ['LONG', '9007199254740993', '9007199254740993'],
    ['DECIMAL', '12345678901234567890.123', '12345678901234567890.123'],
    ['DOUBLE', '1.5E3', 1500],
    ['DOUBLE', 'NaN', 'NaN'],
    ['FLOAT', 'Infinity', 'Infinity'],
    ['INT', '', ''],
    ['DATE', '2026-01-05', '2026-01-05'],
    ['TIMESTAMP', '2026-01-05T10:00:00.000Z', '2026-01-05T10:00:00.000Z'],
    ['BINARY', 'AQI=', 'AQI='],
    ['ARRAY', '["1","2"]', ['1', '2']],
    ['STRUCT', '{"a":{"b":"c"},"__proto__":{"x":"y"}}', { a: { b: 'c' } }],
    ['MAP', '{"k":null}', { k: null }],
    ['VARIANT', '{"big":12345678901234567890}', '{"big":12345678901234567890}'],
    ['STRUCT', '{"torn":', '{"torn":'],
    ['STRUCT', `${'['.repeat(80)}${']'.repeat(80)}`, `${'['.repeat(80)}${']'.repeat(80)}`],
    ['GEOMETRY', 'POINT(1 2)', 'POINT(1 2)'],
    ['constructor', 'x', 'x'],
  ]

  it.each(values)('of %s %j is %j', async (type, cell, value) => {
    const { executor } = makeWorkspace(sequence(() => success([column('v', type)], [[cell]])))
    const { data } = await executor.call(query('SELECT v FROM t'))
    expect((data as { rows: Json[][] }).rows).toEqual([[value]])
  })
})

describe('the result of a change', () => {
  const counts = [column('num_affected_rows', 'LONG'), column('num_inserted_rows', 'LONG')]
  const writes = { judgement: { writes: ['main.sales.t'] } }

  it('is the number of rows', async () => {
    const { executor } = makeWorkspace(sequence(() => success(counts, [['3', '3']])))
    const answer = await executor.call(change(writes))
    expect(answer).toMatchObject({ data: { columns: [], rows: [], rowCount: 3 }, columns: [], rows: 3 })
  })

  it.each([
    ['the statement writes nothing', counts, {}],
    ['a column is no count', [...counts, column('salary', 'LONG')], writes],
    ['a column of that name is text', [column('num_affected_rows'), counts[1] ?? {}], writes],
  ])('is looked at by the masks as any other where %s', async (_what, columns, more) => {
    const cells = columns.map(() => '3')
    const { executor } = makeWorkspace(sequence(() => success(columns, [cells])))
    const { columns: named } = await executor.call(change(more))
    expect(named).toHaveLength(columns.length)
  })
})

describe('the source of a column', () => {
  const lineage = (text: string, mentions: string[][], reads = ['main.sales.customers']) =>
    nameSources(
      mentions.map((_, at) => `c${at}`),
      {
        effect: 'read',
        understood: true,
        writes: [],
        dangers: [],
        statements: 1,
        reads,
        statement: judged(text, { reads, outputs: mentions.map((one) => ({ mentions: one })) }),
      },
    ).map(({ source }) => source)

  const from = 'FROM main.sales.customers'

  it.each([
    [`SELECT id, email ${from}`, [['id'], ['email']]],
    ['select `id` , `EMAIL` from `main`.`sales`.`customers` where id = 1', [['id'], ['email']]],
    [`SELECT id, email ${from} ORDER BY id LIMIT 3`, [['id'], ['email']]],
  ])('is the stored column in %s', (text, mentions) => {
    expect(lineage(text, mentions)).toEqual(['main.sales.customers.id', 'main.sales.customers.email'])
  })

  it.each([
    [
      'rows of another query',
      `SELECT email ${from} WHERE 1 = 0 UNION ALL SELECT left(email, 4) ${from}`,
      [['email']],
      undefined,
    ],
    ['substr(email, 1, 1)', `SELECT substr(email, 1, 1) ${from}`, [['email']], undefined],
    ['a name of another’s', `SELECT lower(email) AS id ${from}`, [['email']], undefined],
    ['DISTINCT', `SELECT DISTINCT email ${from}`, [['email']], undefined],
    ['everything', `SELECT * ${from}`, [['*']], undefined],
    ['a derived table', 'SELECT x FROM (SELECT upper(email) AS x FROM main.sales.customers)', [['email']], undefined],
    ['a named query', `WITH q AS (SELECT upper(email) AS x ${from}) SELECT x FROM q`, [['email']], undefined],
    ['a join', `SELECT email ${from} JOIN other`, [['email']], ['main.sales.customers', 'other']],
    ['an alias of the table', `SELECT email ${from} c`, [['email']], undefined],
    ['what the lineage does not confirm', `SELECT email ${from}`, [['phone']], undefined],
    ['another table than was judged', `SELECT email ${from}`, [['email']], ['main.sales.others']],
    ['a comment', `SELECT email /* , */ ${from}`, [['email']], undefined],
    ['a union', `SELECT email ${from} UNION SELECT phone ${from}`, [['email']], undefined],
  ])('is not known for %s', (...row) => {
    const [, text, mentions, reads] = row
    expect(lineage(text, mentions, reads)).toEqual([null])
  })
})

describe('a handle', () => {
  const text = 'SELECT n FROM main.sales.t'
  const slow = (): Reply => state('RUNNING')

  /** Submits a query that runs on, and gives the handle that stands for it. */
  async function submitSlowly(script: Script = () => undefined, more: Parameters<typeof callOf>[2] = {}) {
    const first: Script = (asked, turn) => script(asked, turn) ?? sequence(slow, slow)(asked, turn)
    let now = Date.now()
    // Time runs: the second look at the clock is past the second that the caller waits.
    const clock = () => {
      now += 600
      return now
    }
    const made = makeWorkspace(first, { clock })
    const pending = await made.executor.call(callOf('executeStatement', { statement: text, wait: 1 }, more))
    const { handle } = pending.data as { handle: string }
    const later = (ms: number) => {
      now += ms
    }
    return { ...made, pending, handle, later }
  }

  it('is given for a read that takes longer than the caller waits, and nothing is cancelled', async () => {
    const { pending, paths } = await submitSlowly()
    expect(pending).toMatchObject({ data: { columns: [], rows: [], state: 'RUNNING' }, columns: [], rows: 0 })
    expect(paths().some((path) => path.endsWith('/cancel'))).toBe(false)
  })

  it('leads to the state, the rows and every further part, never beyond the limit of the submission', async () => {
    let finished = false
    const script: Script = (asked, turn) => (finished ? chunked()(asked, turn) : undefined)
    const { executor, handle } = await submitSlowly(script, { rowLimit: 22 })
    const ask = (operation: string, more: object = {}) =>
      executor.call(callOf(operation, { statement: text, handle, ...more }))
    expect((await ask('getStatement')).data).toMatchObject({ state: 'RUNNING', handle })
    finished = true
    expect(await ask('getStatement')).toMatchObject({
      rows: 10,
      data: { state: 'SUCCEEDED', next_chunk: 1 },
      truncated: false,
    })
    expect((await ask('getResultChunk', { chunk: 1 })).data).toMatchObject({
      rows: numbers(10, 10).map(([n]) => [Number(n)]),
      next_chunk: 2,
    })
    const last = await ask('getResultChunk', { chunk: 2 })
    expect(last).toMatchObject({ rows: 2, truncated: true })
    expect(last.data).not.toHaveProperty('next_chunk')
  })

  it('is cut to the limit of the present call where that is less', async () => {
    let finished = false
    const script: Script = (asked, turn) => (finished ? chunked()(asked, turn) : undefined)
    const { executor, handle } = await submitSlowly(script)
    finished = true
    const call = callOf('getResultChunk', { statement: text, handle, chunk: 1 }, { rowLimit: 12 })
    expect(await executor.call(call)).toMatchObject({ rows: 2, truncated: true })
  })

  it('shows no later part that claims to be the beginning', async () => {
    let finished = false
    const script: Script = (asked, turn) => (finished ? chunked(() => ({ row_offset: 0 }))(asked, turn) : undefined)
    const { executor, handle } = await submitSlowly(script)
    finished = true
    const problem = await problemOf(executor.call(callOf('getResultChunk', { statement: text, handle, chunk: 1 })))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'chunk_offset'])
  })

  it('cancels', async () => {
    const { executor, handle, paths } = await submitSlowly((asked) =>
      asked.url.pathname.endsWith('/cancel') ? json({}) : undefined,
    )
    const { data } = await executor.call(callOf('cancelStatement', { handle }))
    expect(data).toEqual({ state: 'RUNNING' })
    expect(paths()).toContain(`POST ${statementsPath}/${id}/cancel`)
  })

  const other = { ...principal, oid: 'a0000000-0000-4000-8000-000000000002' }
  const tokenOfOther = makeToken('t', { tid, oid: other.oid })
  const misuses: [string, (handle: string) => ReturnType<typeof callOf>][] = [
    [
      'another person’s',
      (handle) => callOf('getStatement', { statement: text, handle }, { principal: other, token: tokenOfOther }),
    ],
    ['another agent’s', (handle) => callOf('cancelStatement', { handle }, { principal: { ...principal, actor: 'x' } })],
    ['for another statement', (handle) => callOf('getStatement', { statement: 'SELECT 1', handle })],
    ['for another statement’s part', (handle) => callOf('getResultChunk', { statement: 'SELECT 1', handle, chunk: 0 })],
    ['with another id', (handle) => callOf('cancelStatement', { handle: handle.replace(id, '01f0-aaaa-cccc') })],
    ['with more rows', (handle) => callOf('getStatement', { statement: text, handle: handle.replace('.rs.', '.zz.') })],
    ['with more behind its end', (handle) => callOf('cancelStatement', { handle: `${handle}.x` })],
    ['without its end', (handle) => callOf('cancelStatement', { handle: handle.slice(0, -1) })],
    ['a bare id', () => callOf('cancelStatement', { handle: `01f0-aaaa-bbbb-${'x'.repeat(40)}` })],
  ]

  it.each(misuses)('that is %s opens nothing, and the workspace is not asked', async (_what, makeCall) => {
    const { executor, handle, seen } = await submitSlowly()
    expect(handle).toContain('.rs.')
    const asked = seen.length
    const problem = await problemOf(executor.call(makeCall(handle)))
    expect([problem.code, problem.members.faults?.[0]?.pointer]).toEqual(['input_invalid', '/handle'])
    expect(problem.reason).toBe('not_called:handle')
    expect(seen).toHaveLength(asked)
  })

  it('ends after an hour', async () => {
    const { executor, handle, later } = await submitSlowly()
    const call = () => executor.call(callOf('getStatement', { statement: text, handle }))
    later(59 * 60_000)
    expect((await call()).data).toMatchObject({ state: 'RUNNING' })
    later(2 * 60_000)
    expect((await problemOf(call())).reason).toBe('not_called:handle')
  })
})

describe('warehouses', () => {
  const path = '/api/2.0/sql/warehouses'
  const warehouse = (name: string) => ({
    id: name,
    name,
    state: 'RUNNING',
    creator_name: 'x@y.example',
    jdbc_url: 'jdbc:x',
  })

  it('are listed over all pages as far as the deployment has them, without who made them', async () => {
    const { executor, seen } = makeWorkspace(({ url }) => {
      if (url.pathname !== path) return undefined
      const second = url.searchParams.get('page_token') === 'p2'
      return json(
        second
          ? { warehouses: [warehouse('w-2')] }
          : { warehouses: [warehouse('w-1'), warehouse('w-9')], next_page_token: 'p2' },
      )
    })
    const { data, rows } = await executor.call(callOf('listWarehouses', {}))
    const plain = (name: string) => ({ id: name, name, state: 'RUNNING' })
    expect(data).toEqual({ warehouses: [plain('w-1'), plain('w-2')] })
    expect([rows, seen.length]).toEqual([2, 3])
  })

  it('of endless pages are listed as far as twenty', async () => {
    const { executor, seen } = makeWorkspace(({ url }) =>
      url.pathname === path ? json({ warehouses: [], next_page_token: 'again' }) : undefined,
    )
    await executor.call(callOf('listWarehouses', {}))
    expect(seen).toHaveLength(21)
  })

  it.each([
    ['startWarehouse', 'start'],
    ['stopWarehouse', 'stop'],
  ])('%s asks for it and says how it stands', async (operation, action) => {
    const { executor, paths } = makeWorkspace(({ method, url }) => {
      if (url.pathname === `${path}/w-2/${action}` && method === 'POST') return json({})
      return url.pathname === `${path}/w-2` ? json({ ...warehouse('w-2'), state: 'STARTING' }) : undefined
    })
    const { data } = await executor.call(callOf(operation, { warehouse: 'w-2' }))
    expect(data).toEqual({ id: 'w-2', name: 'w-2', state: 'STARTING' })
    expect(paths()).toContain(`POST ${path}/w-2/${action}`)
    expect((await problemOf(executor.call(callOf(operation, { warehouse: 'w-9' })))).code).toBe('input_invalid')
  })
})

describe('the history', () => {
  const path = '/api/2.0/sql/history/queries'
  const entry = (user_id: number, query_text: string) => ({
    query_id: `q-${user_id}`,
    user_id,
    user_name: 'x@y.example',
    query_text,
    status: 'FINISHED',
    error_message: 'Secret value 4711',
  })

  it('is asked for the person’s own, and what is another’s is left out all the same', async () => {
    const { executor, seen } = makeWorkspace(({ url }) =>
      url.pathname === path
        ? json({ res: [entry(77, 'SELECT 1'), entry(78, 'SELECT 2')], next_page_token: 'n' })
        : undefined,
    )
    const { data } = await executor.call(callOf('listQueryHistory', { limit: 10 }))
    expect(data).toEqual({ queries: [{ id: 'q-77', status: 'FINISHED', text: 'SELECT 1' }], next_page: 'n' })
    const { searchParams } = seen.at(-1)?.url ?? new URL(base)
    expect([...searchParams]).toEqual([
      ['filter_by.user_ids', '77'],
      ['max_results', '10'],
    ])
  })

  it('is not asked for where the workspace does not say who asks', async () => {
    const { executor, paths } = makeWorkspace(({ url }) =>
      url.pathname.endsWith('/Me') ? json({ id: 'all' }) : undefined,
    )
    expect((await problemOf(executor.call(callOf('listQueryHistory', {})))).code).toBe('backend_failed')
    expect(paths().some((one) => one.endsWith(path))).toBe(false)
  })
})
