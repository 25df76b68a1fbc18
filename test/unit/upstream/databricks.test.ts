import { describe, expect, it } from 'vitest'
import { factsOfFailure } from '../../../shared/upstream/failure.ts'
import { decisionId, makeToken, principal, problemOf, traceparent } from './calls.ts'
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

const me = 'GET /api/2.0/preview/scim/v2/Me'
const submitted = `POST ${statementsPath}`
const polled = `GET ${statementsPath}/${id}`
const cancelled = `POST ${statementsPath}/${id}/cancel`
const running = () => state('RUNNING')
const done = () => success([column('a')], [['1']])

describe('submission', () => {
  it('sends the judged text, to the deployment’s warehouse, and nothing of ours besides', async () => {
    const { executor, seen } = makeWorkspace(sequence(done))
    const parameters = [
      { name: 'least', value: 10, type: 'INT' },
      { name: 'none', value: null, type: 'DATE' },
    ]
    const inputs = { statement: 'SELECT a -- as it came', parameters }
    await executor.call(callOf('executeStatement', inputs, { judgement: { text: 'SELECT a' }, rowLimit: 20 }))
    expect(seen[1]?.body).toEqual({
      statement: 'SELECT a',
      warehouse_id: 'w-1',
      catalog: 'main',
      schema: 'sales',
      parameters: [
        { name: 'least', value: '10', type: 'INT' },
        { name: 'none', type: 'DATE' },
      ],
      wait_timeout: '5s',
      on_wait_timeout: 'CONTINUE',
      disposition: 'INLINE',
      format: 'JSON_ARRAY',
      row_limit: 21,
      byte_limit: 4_194_304,
      query_tags: [
        { key: 'countersign_decision', value: decisionId },
        { key: 'countersign_trace', value: traceparent.split('-')[1] },
      ],
    })
  })

  it('names the decision in the user agent and bears the exchanged token, on every request', async () => {
    const { executor, seen } = makeWorkspace(sequence(running, done))
    await executor.call(query())
    expect(seen).toHaveLength(3)
    for (const { headers, url } of seen) {
      expect(headers.get('authorization')).toBe('Bearer exchanged-token')
      expect(headers.get('user-agent')).toBe(`Countersign/1.0 decision/${decisionId}`)
      expect(url.origin).toBe(base)
    }
  })

  it('of a change asks for the id at once, so that it can be cancelled', async () => {
    const { executor, seen } = makeWorkspace(sequence(done))
    await executor.call(change())
    expect(seen[1]?.body.wait_timeout).toBe('0s')
  })

  it.each([
    [4, '0s'],
    [5, '5s'],
  ])('of a query that is waited for %d s has the workspace wait %s', async (wait, told) => {
    const { executor, seen } = makeWorkspace(sequence(done))
    await executor.call(callOf('executeStatement', { statement: 'SELECT 1', wait }))
    expect(seen[1]?.body.wait_timeout).toBe(told)
  })

  it('takes another warehouse only from the deployment’s list, and asks nobody else', async () => {
    const { executor, seen } = makeWorkspace(sequence(done))
    const on = (warehouse: string) => callOf('executeStatement', { statement: 'SELECT 1', warehouse })
    await executor.call(on('w-2'))
    expect(seen.at(-1)?.body.warehouse_id).toBe('w-2')
    const asked = seen.length
    const problem = await problemOf(executor.call(on('w-3')))
    expect([problem.code, problem.members.faults?.[0]?.pointer]).toEqual(['input_invalid', '/warehouse'])
    expect(problem.reason).toMatch(/^not_called:/)
    expect(seen).toHaveLength(asked)
  })

  it.each([
    ['nothing was judged', { judgement: { refused: 'parse_failed' } }],
    ['the statement does more than the operation may', { effect: 'delete' as const }],
  ])('is not made where %s', async (_what, more) => {
    const { executor, seen } = makeWorkspace(sequence(done))
    const problem = await problemOf(executor.call(query('DELETE FROM t', more)))
    expect(problem.code).toBe('internal')
    expect(problem.reason).toMatch(/^not_called:/)
    expect(seen).toEqual([])
  })
})

describe('whom the workspace sees', () => {
  const asMe =
    (data: unknown): Script =>
    (asked, turn) =>
      asked.url.pathname.endsWith('/Me') ? json(data) : sequence(done)(asked, turn)

  it('is proven by the object id that Entra provisioned', async () => {
    const { executor, paths } = makeWorkspace(sequence(done))
    const { identity } = await executor.call(change())
    expect(identity).toMatchObject({ source: 'backend', method: 'request', matches: true })
    expect(paths()).toEqual([me, submitted])
  })

  it('is asked anew for each change, and not again for a read within minutes', async () => {
    const { executor, paths } = makeWorkspace(sequence(done))
    const token = makeToken('exchanged-token')
    for (const call of [change({ token }), query('SELECT 1', { token }), change({ token })]) await executor.call(call)
    expect(paths()).toEqual([me, submitted, submitted, me, submitted])
  })

  it.each([query(), change()])('being somebody else, nothing is submitted and the answer withheld', async (call) => {
    const { executor, paths } = makeWorkspace(asMe({ id: '1', externalId: 'a0000000-0000-4000-8000-000000000002' }))
    const problem = await problemOf(executor.call(call))
    expect([problem.code, paths()]).toEqual(['identity_mismatch', [me]])
    expect(factsOfFailure(problem)?.identity).toMatchObject({ source: 'backend', matches: false })
  })

  it('being unknown (a user that nobody provisioned), a read rests on the token and a change is refused', async () => {
    const { executor, paths } = makeWorkspace(asMe({ id: '1', userName: 'alice@countersign.example' }))
    expect((await executor.call(query())).identity).toMatchObject({ source: 'token', matches: null })
    const problem = await problemOf(executor.call(change()))
    expect([problem.code, problem.reason]).toEqual(['backend_failed', 'not_called:identity_unproven'])
    expect(paths().filter((path) => path === submitted)).toHaveLength(1)
  })

  it('is never asked with a token of another person', async () => {
    const { executor, seen } = makeWorkspace(sequence(done))
    const token = makeToken('t', { tid: principal.tid, oid: 'a0000000-0000-4000-8000-000000000002' })
    expect((await problemOf(executor.call(query('SELECT 1', { token })))).code).toBe('identity_mismatch')
    expect(seen).toEqual([])
  })
})

describe('a statement under way', () => {
  it('is followed to its end, and names itself in the book', async () => {
    const { executor, paths } = makeWorkspace(sequence(() => state('PENDING'), running, done))
    const { data, backendIds, rows } = await executor.call(query())
    expect(data).toEqual({ columns: ['a'], rows: [['1']] })
    expect(rows).toBe(1)
    expect(backendIds).toMatchObject({ statement_id: id, state: 'SUCCEEDED' })
    expect(paths()).toEqual([me, submitted, polled, polled])
  })

  it('is asked after again where only the question failed', async () => {
    const broken = () => json({}, 502)
    const { executor, paths } = makeWorkspace(sequence(running, broken, () => 'reset', done))
    expect((await executor.call(query())).rows).toBe(1)
    expect(paths().filter((path) => path === polled)).toHaveLength(3)
  }, 10_000)

  it('waits as long as Retry-After says', async () => {
    const busy = () => json({ error_code: 'REQUEST_LIMIT_EXCEEDED' }, 429, { 'retry-after': '1' })
    const { executor } = makeWorkspace(sequence(running, busy, done))
    const from = Date.now()
    await executor.call(query())
    expect(Date.now() - from).toBeGreaterThan(1000)
  })

  const broken: [string, () => Reply][] = [
    ['garbage', () => new Response('{"statement_id":', { headers: { 'content-type': 'application/json' } })],
    ['a page for people', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
    ['too much', () => new Response('x'.repeat(9_000_000), { headers: { 'content-type': 'application/json' } })],
    ['another statement', () => json({ statement_id: 'another-statement', status: { state: 'SUCCEEDED' } })],
    ['an unknown state', () => state('EXPLODED')],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://elsewhere.example' } })],
    ['not found', () => json({ error_code: 'NOT_FOUND' }, 404)],
    ['a refused token', () => json({}, 401)],
  ]

  it.each(broken)('that answers with %s is cancelled; a change then has an unknown fate', async (_what, reply) => {
    const { executor, paths } = makeWorkspace((asked, turn) => sequence(running, reply)(asked, turn))
    const problem = await problemOf(executor.call(change()))
    expect([problem.code, problem.reason.split(':')[0]]).toEqual(['backend_failed', 'unknown'])
    expect(paths()).toContain(cancelled)
    expect(factsOfFailure(problem)).toMatchObject({ backendIds: { statement_id: id }, identity: { matches: true } })
  })

  it('of a read lets a challenge through, so that it can be answered and the read repeated', async () => {
    const claims = Buffer.from('{"access_token":{"acrs":{"essential":true,"value":"c1"}}}').toString('base64')
    const header = { 'www-authenticate': `Bearer error="insufficient_claims", claims="${claims}"` }
    const { executor } = makeWorkspace(sequence(running, () => json({}, 401, header)))
    const problem = await problemOf(executor.call(query()))
    expect([problem.code, problem.members.claims]).toEqual(['backend_rejected_token', claims])
  })
})

describe('a statement whose time is up', () => {
  const overdue = (after: () => Reply): Script => {
    let look = running as () => Reply
    return (asked, turn) => {
      if (asked.url.pathname.endsWith('/cancel')) look = after
      return sequence(running, () => look())(asked, turn)
    }
  }

  it.each([
    ['read', 'CANCELED', 'overdue_canceled'],
    ['read', 'RUNNING', 'overdue_running'],
    ['write', 'CANCELED', 'unknown:overdue_canceled'],
    ['write', 'RUNNING', 'unknown:overdue_running'],
    ['write', 'SUCCEEDED', 'overdue_succeeded'],
    ['write', 'FAILED', 'overdue_failed'],
  ])('is cancelled, and what is known said: a %s that is %s then', async (kind, seenState, reason) => {
    const { executor, paths } = makeWorkspace(
      overdue(() => state(seenState)),
      { deadlineMs: 150 },
    )
    const problem = await problemOf(executor.call(kind === 'read' ? query() : change()))
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', reason])
    expect(paths()).toContain(cancelled)
    expect(factsOfFailure(problem)?.backendIds).toMatchObject({ statement_id: id, state: seenState })
  })

  it('is given up where the workspace does not even answer the cancelling', async () => {
    const { executor } = makeWorkspace(
      overdue(() => 'hang'),
      { deadlineMs: 120, graceMs: 150 },
    )
    const problem = await problemOf(executor.call(change()))
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', 'unknown:overdue_unknown'])
  })

  it('is cancelled where the caller goes away', async () => {
    const leaving = new AbortController()
    const { executor, paths } = makeWorkspace(overdue(() => state('CANCELED')))
    const call = executor.call(query('SELECT 1', { signal: leaving.signal }))
    setTimeout(() => leaving.abort(), 100)
    expect((await problemOf(call)).code).toBe('backend_timeout')
    expect(paths()).toContain(cancelled)
  })

  it.each([
    ['read', 'deadline'],
    ['write', 'unknown:deadline'],
  ])('before its id was known: a %s', async (kind, reason) => {
    const { executor } = makeWorkspace(
      sequence(() => 'hang'),
      { deadlineMs: 100 },
    )
    const problem = await problemOf(executor.call(kind === 'read' ? query() : change()))
    expect([problem.code, problem.reason]).toEqual(['backend_timeout', reason])
  })
})

describe('a refusal', () => {
  const http: [number, object, string, string, number][] = [
    [400, { error_code: 'INVALID_PARAMETER_VALUE' }, 'backend_rejected', 'status_400', 400],
    [401, {}, 'backend_rejected_token', 'not_called:token', 502],
    [403, { error_code: 'PERMISSION_DENIED' }, 'backend_rejected', 'status_403', 403],
    [404, { error_code: 'NOT_FOUND' }, 'backend_rejected', 'status_404', 404],
    [429, { error_code: 'REQUEST_LIMIT_EXCEEDED' }, 'backend_rejected', 'not_called:throttled', 429],
    [500, {}, 'backend_failed', 'unknown:status_500', 502],
    [503, {}, 'backend_failed', 'unknown:status_503', 502],
    [307, {}, 'backend_failed', 'unknown:redirect', 502],
  ]

  it.each(http)('of the submission by %d is translated', async (...row) => {
    const [status, body, code, reason, answered] = row
    const said = { ...body, message: 'the words of the workspace' }
    const { executor } = makeWorkspace(sequence(() => json(said, status, { 'retry-after': '7' })))
    const problem = await problemOf(executor.call(change()))
    expect([problem.code, problem.reason, problem.status]).toEqual([code, reason, answered])
    expect(problem.members.retryAfter).toBe([429, 503].includes(status) ? 7 : undefined)
    expect(JSON.stringify([problem.detail, problem.members, problem.message])).not.toContain('words')
  })

  const failures: [string, string | undefined, string, number][] = [
    ['BAD_REQUEST', undefined, 'backend_rejected', 400],
    ['BAD_REQUEST', '42501', 'backend_rejected', 403],
    ['BAD_REQUEST', '42P01', 'backend_rejected', 404],
    ['BAD_REQUEST', '23505', 'backend_rejected', 409],
    ['BAD_REQUEST', '22012', 'backend_rejected', 400],
    ['PERMISSION_DENIED', undefined, 'backend_rejected', 403],
    ['UNAUTHENTICATED', undefined, 'backend_rejected', 403],
    ['NOT_FOUND', undefined, 'backend_rejected', 404],
    ['RESOURCE_EXHAUSTED', undefined, 'backend_rejected', 422],
    ['DEADLINE_EXCEEDED', undefined, 'backend_timeout', 504],
    ['TEMPORARILY_UNAVAILABLE', undefined, 'backend_failed', 502],
    ['INTERNAL_ERROR', undefined, 'backend_failed', 502],
    ['SOMETHING_NEW', undefined, 'backend_failed', 502],
    ['constructor', "x'; DROP", 'backend_failed', 502],
  ]

  it.each(failures)('by the statement’s error %s (SQLSTATE %s) is translated', async (...row) => {
    const [error_code, sql_state, code, status] = row
    const error = { error_code, message: 'Secret value 4711 in row' }
    const { executor } = makeWorkspace(
      sequence(() => state('FAILED', {}, { error, ...(sql_state ? { sql_state } : {}) })),
    )
    const problem = await problemOf(executor.call(change()))
    expect([problem.code, problem.status]).toEqual([code, status])
    expect(problem.reason).not.toMatch(/^(unknown|not_called):/)
    expect(JSON.stringify([problem.detail, problem.members, problem.reason])).not.toMatch(/4711|DROP|SOMETHING/)
  })

  it.each([
    ['read', 'CANCELED', 'state_canceled'],
    ['write', 'CANCELED', 'unknown:state_canceled'],
    ['write', 'CLOSED', 'state_closed'],
  ])('of a %s that somebody else ended as %s says what is known', async (kind, ended, reason) => {
    const { executor } = makeWorkspace(sequence(() => state(ended)))
    expect((await problemOf(executor.call(kind === 'read' ? query() : change()))).reason).toBe(reason)
  })

  it.each([
    ['lost', () => 'reset' as const],
    ['garbage', () => new Response('{"', { headers: { 'content-type': 'application/json' } })],
    ['without an id', () => json({ status: { state: 'RUNNING' } })],
    ['with an id that would leave the path', () => json({ statement_id: '../../x', status: { state: 'RUNNING' } })],
  ])('is not what an answer %s means: a change may be running', async (_what, reply) => {
    const { executor, paths } = makeWorkspace(sequence(reply))
    const problem = await problemOf(executor.call(change()))
    expect([problem.code, problem.reason.split(':')[0]]).toEqual(['backend_failed', 'unknown'])
    expect(paths()).toEqual([me, submitted])
  })

  it('by the vault, which has the key of the handles, comes before anything is asked', async () => {
    const handleKey = () => Promise.reject(new Error('away'))
    const { executor, seen } = makeWorkspace(sequence(done), { handleKey })
    await expect(executor.call(query())).rejects.toThrow('away')
    expect(seen).toEqual([])
  })
})
