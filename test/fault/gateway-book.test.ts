import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isAlive } from '../../infra/local/stack/local-folder.ts'
import { openWorld, type Reply, type World } from '../support/gateway-world.ts'

/** A stack whose table server is stopped and killed under the gateway: no row, no call. */
let running: World | undefined

beforeAll(async () => {
  running = await openWorld()
}, 90_000)

afterAll(() => running?.stop())

const world = (): World => {
  if (running === undefined) throw new Error('the stack does not run')
  return running
}

function expectNoBook({ status, body, headers }: Reply): void {
  expect([status, body.code, body.retryable]).toEqual([503, 'audit_unavailable', true])
  expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  expect(body.data).toBeUndefined()
}

/** Stops the table server for as long as `use` runs: it takes connections and answers none. */
async function withoutTables<T>(use: () => Promise<T>): Promise<T> {
  const { azurite } = world().file.pids
  process.kill(azurite, 'SIGSTOP')
  try {
    return await use()
  } finally {
    process.kill(azurite, 'SIGCONT')
  }
}

async function untilServed(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) {
    if ((await world().call('carol', 'rest-entra-api/health')).status === 200) return
    await sleep(200)
  }
  throw new Error('the gateway did not recover')
}

const stamp = 'SELECT md5(string_agg(o::text, id::text ORDER BY id)) AS all FROM sales.orders o'

describe('while the table of the book does not answer', () => {
  it('no backend is called and no token is exchanged, neither for reads nor for changes', async () => {
    await world().call('alice', 'rest-entra-api/listOrders')
    const before = await world().rows('carol', stamp)
    await world().plantOrders({ fault: 'error', count: 1 })
    const planted = await world().plant({ kind: 'consent', persona: 'alice', count: 1 })
    const sql = "UPDATE sales.orders SET status = 'open'"
    const replies = await withoutTables(() =>
      Promise.all([
        world().call('alice', 'rest-entra-api/listOrders'),
        world().query('alice', 'SELECT 1'),
        world().call('alice', 'azure-postgresql/executeStatement', { sql }),
      ]),
    )
    replies.forEach(expectNoBook)
    // The faults that wait for the next exchange and the next call to the API are still there.
    expect(await world().plant({ kind: 'consent', persona: 'alice', count: 1 })).toBe(planted + 1)
    await world().clear()
    expect(await world().askOrders('alice', '/whoami')).toBe(500)
    expect(await world().rows('carol', stamp)).toEqual(before)
  })

  it('what policy denies is not answered either, since it cannot be recorded', async () => {
    expectNoBook(await withoutTables(() => world().query('alice', 'DROP TABLE sales.orders')))
  })

  it('what needs no row is answered: documents, bad tokens', async () => {
    const replies = await withoutTables(() =>
      Promise.all([
        world().ask({ path: '/openapi.json' }),
        world().call({ token: 'a.b.c' }, 'rest-entra-api/listOrders'),
      ]),
    )
    expect(replies.map(({ status }) => status)).toEqual([200, 401])
  })

  it('what a person may do is not told, since what they have read is in a table too', async () => {
    const token = await world().token('alice')
    const question = { backend: 'rest-entra-api', operation: 'listOrders', inputs: {} }
    const replies = await withoutTables(() =>
      Promise.all([
        world().ask({ path: '/api/operations', token }),
        world().ask({ path: '/api/explain', token, body: question }),
      ]),
    )
    expect(replies.map(({ status, body }) => [status, body.code])).toEqual([
      [503, 'policy_unavailable'],
      [503, 'policy_unavailable'],
    ])
  })

  it('an answer that was on its way is withheld, since its outcome cannot be recorded', async () => {
    await untilServed()
    const token = await world().token('alice')
    expect((await world().query({ token }, 'SELECT 1')).status).toBe(200)
    const slow =
      'SELECT count(*) FROM sales.orders a, sales.orders b, sales.order_lines c WHERE a.id < 260 AND c.line < 3'
    const started = world().query({ token }, slow)
    await waitForBackend()
    const reply = await withoutTables(async () => started)
    expectNoBook(reply)
    expect(reply.text).not.toContain('rows')
  })

  it('and afterwards everything goes on, and the book is sound', async () => {
    await untilServed()
    expect((await world().query('alice', 'SELECT 1')).status).toBe(200)
    // Rows of unknown fate are settled before the next ones are relied upon.
    const report = await verified()
    expect([report.verdict, report.findings]).toEqual(['PASS', []])
    expect(report.counts.intents).toBe(report.counts.outcomes + report.counts.open)
    expect(report.counts.verified).toBe(report.counts.rows)
  })
})

describe('where the database is gone', () => {
  it('calls fail as the backend’s, are recorded, and nothing else suffers', async () => {
    process.kill(world().file.pids.postgres, 'SIGINT')
    for (let turn = 0; turn < 100 && isAlive(world().file.pids.postgres); turn += 1) await sleep(50)
    const { status, body, headers } = await world().query('alice', 'SELECT 1')
    expect([status, body.code]).toEqual([502, 'backend_failed'])
    expect(headers.get('x-countersign-decision')).toMatch(/^[0-9a-f-]{36}$/)
    expect((await world().call('alice', 'rest-entra-api/whoami')).status).toBe(200)
  })
})

describe('where the table server is gone for good', () => {
  it('every governed call is refused, however often it is repeated, and the gateway stays up', async () => {
    process.kill(world().file.pids.azurite, 'SIGKILL')
    for (let turn = 0; turn < 100 && isAlive(world().file.pids.azurite); turn += 1) await sleep(50)
    for (let turn = 0; turn < 3; turn += 1) expectNoBook(await world().call('alice', 'rest-entra-api/whoami'))
    expect((await world().ask({ path: '/openapi.json' })).status).toBe(200)
    expect(world().output()).not.toMatch(/Unhandled|ERR_UNHANDLED/)
  })
})

interface Report {
  readonly verdict: string
  readonly counts: Readonly<Record<'rows' | 'verified' | 'intents' | 'outcomes' | 'open', number>>
  readonly findings: readonly unknown[]
}

async function verified(): Promise<Report> {
  return JSON.parse((await world().command('audit:verify', '--json')).stdout)
}

/** Until the database works for alice: her own sessions are shown to her by the database itself. */
async function waitForBackend(): Promise<void> {
  const busy = "SELECT count(*)::int AS n FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid()"
  for (let turn = 0; turn < 100; turn += 1) {
    const [row] = await world().rows('alice', `${busy} AND usename = session_user`)
    if (Number(row?.n) > 0) return
  }
  throw new Error('the statement did not start')
}
