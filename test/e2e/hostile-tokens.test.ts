import { createPrivateKey } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Hosted } from '../support/gateway-package.ts'
import { createForge, type ForgeKey } from '../support/hostile/forge.ts'
import { liveRows } from '../support/hostile/live-rows.ts'
import { type LiveWorld, openLiveWorld } from '../support/hostile/live-world.ts'
import { referenceRequests } from '../support/hostile/reference-rows.ts'
import type { HostileRow } from '../support/hostile/row.ts'
import { acceptedRows, allRows, applicationRows, challengeOf, refusedRows, secretsOf } from '../support/hostile/rows.ts'
import { voteRows } from '../support/hostile/vote-rows.ts'
import { headerOf, parseAnswer, sendBytes, sendRow, type WireAnswer } from '../support/hostile/wire.ts'
import table from '../support/hostile-tokens.json' with { type: 'json' }
import { ids } from '../support/tokens.ts'

let world: LiveWorld
/** Reasons that the log has to name, by the ids of the answers. */
const reasons = new Map<string, string>()

beforeAll(async () => {
  world = await openLiveWorld()
}, 90_000)
afterAll(() => world?.stop())

const whoami = { method: 'POST', path: '/api/rest-entra-api/whoami', body: {} }
const metadata = () => `${world.around.env.COUNTERSIGN_PUBLIC_URL}/.well-known/oauth-protected-resource`

const words: Readonly<Record<string, string | null>> = {
  token_missing: 'Bearer resource_metadata=',
  token_invalid: 'Bearer error="invalid_token", ',
  authorization_malformed: 'Bearer error="invalid_request", ',
  scope_insufficient: 'Bearer error="insufficient_scope", scope="access_as_user", ',
}

/** What every refusal has: its code, RFC 6750's words where a token could help, and nothing of the token or of us. */
function expectRefused(row: HostileRow, answer: WireAnswer, resource = ''): void {
  if (row.overHttp !== undefined) {
    expect([answer.status, answer.text]).toEqual([row.overHttp, ''])
    return
  }
  expect([answer.status, answer.code]).toEqual([row.status, row.code])
  const challenge = headerOf(answer, 'www-authenticate')
  const wanted = words[row.code ?? ''] ?? null
  if (wanted === null) expect(challenge).toBeNull()
  else {
    expect(challenge?.startsWith(wanted)).toBe(true)
    expect(challenge).toContain(`resource_metadata="${metadata()}${resource}"`)
  }
  expect(headerOf(answer, 'x-countersign-decision')).toBeNull()
  const said = answer.head + answer.text
  expect(secretsOf(row, row.send(world.forge)).filter((secret) => said.includes(secret))).toEqual([])
  reasons.set(answer.body.instance, row.reason)
}

interface Traces {
  readonly rows: number
  readonly exchanges: number
  readonly calls: number
}

const traces = async (): Promise<Traces> => ({
  rows: await world.countRows(),
  exchanges: world.exchanges().length,
  calls: world.orders.seen.length,
})

describe('table of hostile tokens', () => {
  it('has a way to send each of its rows', () => {
    const sendable = new Set([...Object.keys(referenceRequests), ...Object.keys(liveRows), 'R10'])
    expect(table.cases.filter(({ id }) => !sendable.has(id))).toEqual([])
    expect([table.cases.length, sendable.size]).toEqual([84, 84])
  })
})

describe('refused request', () => {
  let before: Traces
  beforeAll(async () => {
    expect((await world.call({}, 'rest-entra-api/whoami')).status).toBe(200)
    before = await traces()
  })

  it.concurrent.each(refusedRows)('$id is refused over the wire: $title', async (row) => {
    const answer = await sendRow(world.gateway.url, row.send(world.forge), whoami)
    expectRefused(row, answer)
    const wanted = challengeOf(row.id, world.around.env.COUNTERSIGN_PUBLIC_URL)
    if (wanted !== undefined) expect(headerOf(answer, 'www-authenticate')).toBe(wanted)
  })

  const everywhere = ['T02', 'T04', 'T07', 'J01', 'J03', 'J11', 'J16', 'J18', 'C01', 'C11', 'C14', 'C19', 'C21']
    .concat(['C31', 'A01', 'A02', 'A11', 'A12', 'OK3', 'OK5', 'OP9', 'OP10', 'OX3'])
    .map((id) => allRows.find((row) => row.id === id) as HostileRow)
  const id = `apr_${'0'.repeat(32)}`
  const list = { jsonrpc: '2.0', id: 1, method: 'tools/list' }

  it.concurrent.each([
    { method: 'POST', path: '/api/azure-postgresql/executeQuery', body: { sql: 'SELECT 1' } },
    { method: 'POST', path: '/api/no/such' },
    { method: 'GET', path: '/api' },
    { method: 'GET', path: '/api/operations' },
    { method: 'POST', path: '/api/explain' },
    { method: 'GET', path: '/api/approvals' },
    { method: 'GET', path: `/api/approvals/${id}` },
    { method: 'POST', path: `/api/approvals/${id}/decision` },
    { method: 'POST', path: `/api/approvals/${id}/cancel` },
    { method: 'POST', path: `/api/approvals/${id}/revoke` },
    { method: 'POST', path: '/mcp', body: list },
    { method: 'GET', path: '/mcp' },
    { method: 'POST', path: '/mcp/rest-entra-api', body: list },
  ])('is refused by $method $path as well', async (target) => {
    const people = target.path.startsWith('/api/approvals')
    for (const row of everywhere.filter(({ reason }) => !(people && reason === 'control_only'))) {
      const answer = await sendRow(world.gateway.url, row.send(world.forge), target)
      expectRefused(row, answer, target.path.startsWith('/mcp') ? '/mcp' : '')
    }
  })

  it('says the same of every token that is not valid', async () => {
    const invalid = refusedRows.filter(({ code }) => code === 'token_invalid').slice(0, 40)
    const answers = await Promise.all(invalid.map((row) => sendRow(world.gateway.url, row.send(world.forge), whoami)))
    const said = answers.map(({ head, body }) => {
      const lines = head.split('\r\n').filter((line) => !/^(traceparent|date|x-ms-invocation-id):/i.test(line))
      return JSON.stringify([lines, { ...body, instance: '' }])
    })
    expect(new Set(said).size).toBe(1)
  })

  it('has left no row in the book, no exchange and no call, and its reason in the log alone', async () => {
    expect(await traces()).toEqual(before)
    expect(reasons.size).toBeGreaterThan(500)
    const missing = () => [...reasons].filter(([instance, reason]) => loggedReason(world.gateway, instance) !== reason)
    for (let turn = 0; turn < 40 && missing().length > 0; turn += 1) await sleep(50)
    expect(missing()).toEqual([])
  })
})

/** Answers name themselves as a URN; the log has the bare id. */
function loggedReason({ log }: Hosted, instance: string): string | undefined {
  const line = log()
    .split('\n')
    .find((one) => one.includes(instance.replace('urn:uuid:', '')))
  return line === undefined ? undefined : /"reason":"([^"]*)"/.exec(line)?.[1]
}

describe('request that is odd', () => {
  it.each(acceptedRows)('$id passes over the wire as Alice: $title', async (row) => {
    const answer = await sendRow(world.gateway.url, row.send(world.forge), whoami)
    expect([answer.status, answer.body.data]).toMatchObject([200, { tid: ids.home, oid: ids.alice }])
  })

  it.each(applicationRows)('$id gets no data, and is on record: $title', async (row) => {
    const before = await traces()
    const answer = await sendRow(world.gateway.url, row.send(world.forge), whoami)
    expect([answer.status, answer.code]).toEqual([403, 'app_only_not_allowed'])
    expect(await traces()).toEqual({ ...before, rows: before.rows + 2 })
  })

  it.each(voteRows)('at the routes of votes: %s', async (...[, claims, status, code]) => {
    const inputs = { decision: 'approve', digest: '0'.repeat(64), justification: 'x' }
    for (const step of ['decision', 'revoke']) {
      const { code: said, status: got } = await world.ask(`/api/approvals/apr_${'0'.repeat(32)}/${step}`, claims, {
        inputs,
      })
      expect([got, said]).toEqual([status, code])
    }
  })
})

describe('bytes on one connection', () => {
  const request = (authorization: string, more = '') =>
    `POST ${whoami.path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n${authorization}${more}`
  const sized = 'content-length: 2\r\n\r\n{}'
  const good = () => `Authorization: Bearer ${world.forge.mint()}\r\n`
  const statusesOf = (received: string) => [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status)

  it('lend no token from one request to the next', async () => {
    const bytes = request(good(), sized) + request('', `connection: close\r\n${sized}`)
    expect(statusesOf(await sendBytes(world.gateway.url, bytes))).toEqual(['200', '401'])
  })

  it.each([
    ['both lengths', 'content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['two lengths', 'content-length: 4\r\ncontent-length: 400\r\n\r\n'],
    ['an encoding that is none', 'transfer-encoding: xchunked\r\ncontent-length: 4\r\n\r\n'],
    ['a space before the colon', 'Transfer-Encoding : chunked\r\ncontent-length: 4\r\n\r\n'],
    ['a bare line feed', 'x: y\nTransfer-Encoding: chunked\r\ncontent-length: 4\r\n\r\n'],
  ])('with %s bring in no second request', async (_, framing) => {
    const smuggled = request(good(), sized)
    const calls = world.orders.seen.length
    const statuses = statusesOf(await sendBytes(world.gateway.url, `${request('', framing)}0\r\n\r\n${smuggled}`))
    expect(statuses).toEqual(['400'])
    expect(world.orders.seen.length).toBe(calls)
  })

  it('hide no token in a trailer or in a chunk', async () => {
    const chunked = 'transfer-encoding: chunked\r\ntrailer: authorization\r\nconnection: close\r\n\r\n'
    const answer = await sendBytes(world.gateway.url, `${request('', chunked)}2\r\n{}\r\n0\r\n${good()}\r\n`)
    expect(parseAnswer(answer)).toMatchObject({ status: 401, code: 'token_missing' })
  })

  it('fold no token over two lines into another', async () => {
    const folded = `Authorization: Bearer\r\n ${world.forge.mint()}\r\n ${world.forge.mint()}\r\nconnection: close\r\n`
    expect(parseAnswer(await sendBytes(world.gateway.url, request(folded, sized))).status).toBe(400)
  })
})

describe('row of the table that needs more than a token', () => {
  // It waits for a service that hangs, so it waits beside the others.
  const patient = 'O13'
  let waiting: Promise<unknown>
  beforeAll(() => {
    waiting = Promise.resolve(liveRows[patient]?.(world)).then(
      () => null,
      (error: unknown) => error,
    )
  })

  it.each(Object.keys(liveRows).filter((id) => id !== patient))('%s is answered as the table says', async (id) => {
    await liveRows[id]?.(world)
  })

  it(`${patient} is answered as the table says`, async () => {
    expect(await waiting).toBeNull()
  })
})

describe('gateway of a clock and limits of its own', () => {
  let other: Awaited<ReturnType<LiveWorld['startAnother']>>
  const down = () => ({ status: 503 })
  let ahead = 0
  const turnClock = async (times = 1) => {
    for (let turn = 0; turn < times; turn += 1) {
      other.turnClock()
      ahead += 2 * 3600
      // Signals of one kind that come together count once.
      await sleep(30)
    }
  }
  const ask = async (key?: ForgeKey) => {
    const forge = createForge({ now: () => Math.floor(Date.now() / 1000) + ahead, keys: world.forge.keys })
    const { status, code, headers } = await world.ask('/api/operations', forge.mint(key ? { key } : {}), {
      base: other.url,
    })
    return [status, code, headers.get('retry-after')]
  }

  beforeAll(async () => {
    world.keySet = down
    other = await world.startAnother({ COUNTERSIGN_FAILED_TOKENS_PER_MINUTE: '5' })
  })
  afterAll(() => other?.stop())

  it('answers 503 and never 401 while it has never had a key', async () => {
    expect(await ask()).toEqual([503, 'keys_unavailable', '10'])
  })

  it('passes good tokens once the keys are there, and while they are away again, for a day', async () => {
    world.keySet = null
    await turnClock()
    expect((await ask())[0]).toBe(200)
    world.keySet = down
    await turnClock(2)
    expect((await ask())[0]).toBe(200)
    await turnClock(11)
    expect(await ask()).toEqual([503, 'keys_unavailable', '10'])
  })

  it('R10: refuses a key that is published no more, and passes its successor', async () => {
    const { keys } = world.around.services.entra.jwksFor(ids.home)
    const ring = world.around.services.entra.state().keys
    const successor = keys[1] as { kid: string }
    world.keySet = null
    await turnClock()
    expect((await ask())[0]).toBe(200)
    world.keySet = () => ({ status: 200, body: JSON.stringify({ keys: [successor] }) })
    await turnClock()
    expect((await ask())[1]).toBe('token_invalid')
    const next = { kid: successor.kid, privateKey: createPrivateKey({ key: ring.next, format: 'jwk' }) }
    expect((await ask(next))[0]).toBe(200)
    world.keySet = null
  })

  it('looks at no token of an address that sent too many bad ones, for a minute', async () => {
    await turnClock()
    for (let turn = 0; turn < 5; turn += 1) expect((await ask(world.forge.keys.stranger))[1]).toBe('token_invalid')
    expect((await ask())[1]).toBe('quota_exceeded')
    await turnClock()
    expect((await ask())[0]).toBe(200)
  })
})
