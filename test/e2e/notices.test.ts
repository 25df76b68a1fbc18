import { readFileSync } from 'node:fs'
import { request } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ReceivedNotice } from '../../infra/local/notices/server.ts'
import { openWorld, type World } from '../support/gateway-world.ts'

let world: World
let alice = ''
let carol = ''

beforeAll(async () => {
  world = await openWorld()
  alice = await world.token('alice', { acrs: ['c1'] })
  carol = await world.token('carol', { control: true })
}, 90_000)
afterAll(() => world?.stop())

/** What the receiver has, or does. */
async function askReceiver<T>(path = '/', body?: object): Promise<T> {
  const ca = readFileSync(world.file.ca)
  return new Promise((resolve, reject) => {
    const sent = request(`${world.file.notices?.url}${path}`, { ca, method: body ? 'POST' : 'GET' }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('end', () => resolve(JSON.parse(Buffer.concat(chunks).toString('utf8')) as T))
    })
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : JSON.stringify(body))
  })
}

interface Wanted {
  /** Channels by which it has to have come. */
  readonly channels?: number
  readonly withinMs?: number
}

/** Those that speak of this, once there is one by each channel; or those that there are after so long. */
async function noticesOf(text: string, { channels = 2, withinMs = 8000 }: Wanted = {}) {
  for (const until = Date.now() + withinMs; ; await sleep(100)) {
    const { notices } = await askReceiver<{ notices: ReceivedNotice[] }>()
    const found = notices.filter((notice) => JSON.stringify(notice).includes(text))
    if (new Set(found.map(({ kind }) => kind)).size >= channels || Date.now() > until) return found
  }
}

const kindsOf = (notices: readonly ReceivedNotice[]) => notices.map(({ kind }) => kind).sort()

async function requestDeletion(order: number): Promise<string> {
  const sql = "DELETE FROM sales.orders WHERE id = $1 AND region <> 'of nobody'"
  const body = { sql, params: [order] }
  const answer = await world.ask({ path: '/api/azure-postgresql/executeDestructive', token: alice, body })
  expect([answer.status, answer.body.code]).toEqual([403, 'approval_pending'])
  return answer.body.approval.id
}

const look = (id: string) => world.ask({ path: `/api/approvals/${id}`, token: carol })

describe('the notices of an approval', () => {
  it('reach both channels as the call asks, and again as it is decided, without names or data', async () => {
    const id = await requestDeletion(901)
    const asked = await noticesOf(`#/approvals/${id}`)
    expect(kindsOf(asked)).toEqual(['teams', 'webhook'])
    const [hook] = asked.filter(({ kind }) => kind === 'webhook')
    expect(hook).toMatchObject({
      id: `requested-${id}`,
      body: {
        type: 'countersign.approval_requested',
        data: { approval: id, rowsEstimate: expect.any(Number), policies: [expect.stringContaining('demand-')] },
      },
    })
    const text = JSON.stringify(asked)
    for (const word of ['of nobody', '901', 'alice@', 'Alice']) expect(text).not.toContain(word)
    const shown = (await look(id)).body
    expect(shown.preview).toMatchObject({ kind: 'planner', rows: expect.any(Number) })
    const vote = { decision: 'approve', digest: shown.digest, justification: 'The customer agreed.' }
    await world.ask({ path: `/api/approvals/${id}/decision`, token: carol, body: vote })
    const decided = await noticesOf(`decided-${id}-approved`, { channels: 1 })
    expect(decided).toMatchObject([{ body: { data: { state: 'approved', person: shown.requester.oid } } }])
    expect(JSON.stringify(decided)).not.toContain('customer agreed')
  })

  it('decide nothing, wherever their links or bodies are sent', async () => {
    const id = await requestDeletion(902)
    const notices = await noticesOf(`#/approvals/${id}`)
    const links = JSON.stringify(notices).match(/http[^"\\]+#\/approvals[^"\\]*/g) ?? []
    expect(links.length).toBeGreaterThan(0)
    const { pathname } = new URL(links[0] ?? '')
    const paths = [pathname, `/api/approvals/${id}`, `/api/approvals/${id}/decision`, `/api/approvals/${id}/revoke`]
    const bodies = [{}, ...notices.map(({ body }) => ({ body }))]
    const tokens = [{}, { token: alice }, { token: carol }]
    const tried = paths.flatMap((path) =>
      bodies.flatMap((body) => tokens.map((token) => ({ path, ...body, ...token }))),
    )
    for (const one of tried) await world.ask(one)
    expect((await look(id)).body.state).toBe('pending')
  }, 30_000)

  it('come later where a receiver fails, under the same id, and hold nothing up', async () => {
    await askReceiver('/dev/fault', { status: 503, times: 2 })
    const begun = Date.now()
    const id = await requestDeletion(903)
    expect(Date.now() - begun).toBeLessThan(8000)
    const notices = await noticesOf(`#/approvals/${id}`, { withinMs: 60_000 })
    expect(kindsOf(notices)).toEqual(['teams', 'webhook'])
  }, 75_000)
})

describe('emergency access in the running product', () => {
  const justification = 'The night shift is locked out of everything.'

  it('alarms both channels within seconds, and stands in a book that verifies', async () => {
    const heidi = await world.token('heidi', { control: true, acrs: ['c2'] })
    const { status, body } = await world.ask({ path: '/api/break-glass', token: heidi, body: { justification } })
    expect([status, body.isOpen]).toEqual([201, true])
    expect(kindsOf(await noticesOf(body.id))).toEqual(['teams', 'webhook'])
    const dave = await world.token('dave', { control: true })
    const path = `/api/break-glass/${body.id}/review`
    const reviewed = await world.ask({ path, token: dave, body: { comment: 'It was needed.' } })
    expect([reviewed.status, reviewed.body.review.comment]).toEqual([200, 'It was needed.'])
    expect((await world.ask({ path: '/api/break-glass', method: 'DELETE', token: heidi })).status).toBe(200)
    const { code, stdout } = await world.command('audit:verify', '--json')
    expect([code, JSON.parse(stdout).verdict]).toEqual([0, 'PASS'])
    const rows = (await world.dump()).split('\n').filter((line) => line.includes('"kind":"break-glass"'))
    expect(rows).toHaveLength(3)
    expect(rows.join('')).not.toContain('night shift')
  }, 60_000)
})
