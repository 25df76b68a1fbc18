import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorld, type World } from '../support/gateway-world.ts'

let world: World
let alice = ''
let carol = ''
/** The approval that somebody wrote into the table. */
let forged = ''

beforeAll(async () => {
  world = await openWorld()
  alice = await world.token('alice', { acrs: ['c1'] })
  carol = await world.token('carol', { control: true })
}, 90_000)
afterAll(() => world?.stop())

const sql = 'DELETE FROM sales.orders WHERE id = $1'

/** An order of alice's region that nobody has deleted yet. */
async function nextOrder(): Promise<number> {
  const [row] = await world.rows('alice', 'SELECT max(id) AS id FROM sales.orders')
  return Number(row?.id)
}

const deleteOrder = (order: number, options: { id?: string; token?: string; sql?: string } = {}) =>
  world.ask({
    path: '/api/azure-postgresql/executeDestructive',
    token: options.token ?? alice,
    headers: options.id === undefined ? {} : { 'approval-id': options.id },
    body: { sql: options.sql ?? sql, params: [order] },
  })
const look = (id: string, token: string, query = '') => world.ask({ path: `/api/approvals/${id}${query}`, token })
const post = (path: string, token: string, body: unknown = {}) =>
  world.ask({ path: `/api/approvals/${path}`, token, body })

async function vote(id: string, token = carol, changes: Record<string, unknown> = {}) {
  const { digest } = (await look(id, alice)).body
  return post(`${id}/decision`, token, {
    decision: 'approve',
    digest,
    justification: 'The customer agreed.',
    ...changes,
  })
}

async function requestFor(order: number): Promise<string> {
  const { status, body } = await deleteOrder(order)
  expect([status, body.code]).toEqual([403, 'approval_pending'])
  return body.approval.id
}

const exists = async (order: number) =>
  (await world.rows('alice', `SELECT id FROM sales.orders WHERE id = ${order}`)).length === 1

describe('deletion with an approval', () => {
  it('happens once, as the person, after another person has agreed', async () => {
    const order = await nextOrder()
    const id = await requestFor(order)
    const shown = (await look(id, carol)).body
    expect(shown).toMatchObject({
      state: 'pending',
      effect: 'delete',
      inputs: { sql, params: [order] },
      statement: sql,
    })
    const waiting = look(id, alice, '?wait=20')
    expect((await vote(id)).body.state).toBe('approved')
    expect((await waiting).body.state).toBe('approved')
    expect(await exists(order)).toBe(true)
    const racing = await Promise.all(Array.from({ length: 50 }, () => deleteOrder(order)))
    const done = racing.filter(({ status }) => status === 200)
    expect(done).toHaveLength(1)
    const others = racing.filter(({ status }) => status !== 200).map(({ status, body }) => [status, body.code])
    expect(others).toEqual(Array.from({ length: 49 }, () => [403, 'approval_used']))
    expect(done[0]?.body).toMatchObject({
      data: { rowCount: 1 },
      meta: { identity: { source: 'backend', matches: true } },
    })
    expect(await exists(order)).toBe(false)
    for (const again of [await deleteOrder(order), await deleteOrder(order, { id })]) {
      expect([again.status, again.body.code, again.body.approval.id]).toEqual([403, 'approval_used', id])
    }
    expect((await look(id, alice)).body.state).toBe('spent')
  })

  it('is given by nobody who may not', async () => {
    const order = await nextOrder()
    const id = await requestFor(order)
    const console = { control: true }
    const refused = async (token: string) => {
      const { status, body } = await vote(id, token)
      return [status, body.code]
    }
    expect(await refused(await world.token('carol'))).toEqual([403, 'human_required'])
    const byAgent = await world.token('carol', { acrs: ['c1'], scope: 'control' })
    expect(await refused(byAgent)).toEqual([403, 'scope_insufficient'])
    expect(await refused(await world.token('carol', { ...console, xms_act_fct: '3 9 11' }))).toEqual([
      403,
      'human_required',
    ])
    expect(await refused(await world.token('robot'))).toEqual([403, 'human_required'])
    expect(await refused(await world.token('mallory', console))).toEqual([404, 'operation_unknown'])
    expect(await refused(await world.token('dave', console))).toEqual([404, 'operation_unknown'])
    expect(await refused(await world.token('alice', console))).toEqual([403, 'policy_denied'])
    const own = { ...console, roles: ['Countersign.Approver'], groups: ['9a000000-0000-4000-8000-000000000004'] }
    expect(await refused(await world.token('alice', own))).toEqual([403, 'policy_denied'])
    expect(await refused(await world.token('carol', { ...console, acrs: null }))).toEqual([401, 'claims_challenge'])
    const old = Math.floor(Date.now() / 1000) - 1200
    expect(await refused(await world.token('carol', { ...console, iat: old, nbf: old }))).toEqual([
      401,
      'claims_challenge',
    ])
    expect((await vote(id, carol, { digest: '0'.repeat(64) })).body.code).toBe('approval_mismatch')
    expect((await look(id, alice)).body.state).toBe('pending')
    expect((await deleteOrder(order)).body.code).toBe('approval_pending')
  })

  it('is another call with another statement, person or value', async () => {
    const order = await nextOrder()
    const id = await requestFor(order)
    await vote(id)
    const bob = await world.token('bob', { acrs: ['c1'] })
    for (const changed of [
      deleteOrder(order - 1, { id }),
      deleteOrder(order, { id, sql: `${sql} OR true` }),
      deleteOrder(order, { id, token: bob }),
    ]) {
      const { status, body } = await changed
      expect([status, body.code]).toEqual([403, 'approval_mismatch'])
    }
    expect(await exists(order)).toBe(true)
    expect((await post(`${id}/revoke`, carol)).body.state).toBe('revoked')
    expect((await deleteOrder(order, { id })).body.code).toBe('approval_rejected')
  })

  it('is nothing to another tenant, whatever roles it gave itself', async () => {
    const id = await requestFor((await nextOrder()) - 3)
    const roles = ['Countersign.Approver', 'Countersign.Operator', 'Countersign.Auditor']
    const groups = ['9a000000-0000-4000-8000-000000000004']
    const mallory = await world.token('mallory', { control: true, roles, groups })
    expect((await world.ask({ path: '/api/approvals', token: mallory })).body).toEqual({ approvals: [] })
    const unknown = (await look(`apr_${'0'.repeat(32)}`, mallory)).body
    const { instance: _, ...same } = unknown
    for (const asked of [
      look(id, mallory),
      look(id, mallory, '?wait=30'),
      vote(id, mallory),
      post(`${id}/cancel`, mallory),
      post(`${id}/revoke`, mallory),
    ]) {
      const { status, body } = await asked
      expect([status, body]).toEqual([404, { ...same, instance: body.instance }])
    }
    expect((await look(id, alice)).body.state).toBe('pending')
  })

  it('does not happen on an approval that was written into the table', async () => {
    const order = (await nextOrder()) - 4
    const id = await requestFor(order)
    const { tid, oid } = (await look(id, alice)).body.requester
    const forger = fileURLToPath(new URL('../support/approval-forger.ts', import.meta.url))
    const { code, stderr } = await world.script(forger, tid, id, oid.replace(/.$/, '3'))
    expect([code, stderr]).toEqual([0, ''])
    for (const asked of [
      deleteOrder(order),
      deleteOrder(order, { id }),
      look(id, carol),
      post(`${id}/revoke`, carol),
    ]) {
      const { status, body } = await asked
      expect([status, body.code]).toEqual([403, 'approval_mismatch'])
    }
    expect(await exists(order)).toBe(true)
    const listed = (await world.ask({ path: '/api/approvals', token: carol })).body.approvals as { id: string }[]
    expect(listed.map((one) => one.id)).not.toContain(id)
    expect(world.output()).toMatch(new RegExp(`"approval_forged".*${id}`))
    forged = id
  })

  it('is open again after a challenge at the exchange, for one call', async () => {
    const order = await nextOrder()
    const wanted = await requestFor(order - 5)
    await vote(wanted)
    await world.plant({ kind: 'claims', persona: 'alice', acrs: 'c2' })
    const fresh = await world.token('alice', { acrs: ['c1'] })
    const challenged = await deleteOrder(order - 5, { token: fresh })
    await world.clear()
    expect([challenged.status, challenged.body.code]).toEqual([401, 'claims_challenge'])
    expect((await look(wanted, alice)).body.state).toBe('approved')
    const other = await world.token('alice', { acrs: ['c1', 'c2'] })
    expect((await deleteOrder(order - 5, { token: other, id: wanted })).status).toBe(200)
    expect((await deleteOrder(order - 5, { token: other, id: wanted })).body.code).toBe('approval_used')
  })

  it('takes the words of a vote over the sign-in that it asks for', async () => {
    const id = await requestFor((await nextOrder()) - 7)
    const weak = await world.token('carol', { control: true, acrs: null })
    const challenged = await vote(id, weak)
    expect([challenged.status, challenged.body.code]).toEqual([401, 'claims_challenge'])
    const { digest } = (await look(id, alice)).body
    const again = await world.ask({
      path: `/api/approvals/${id}/decision`,
      token: carol,
      headers: { 'countersign-resume': challenged.body.resume },
      body: { decision: 'reject', digest },
    })
    // They were typed for the other decision.
    expect([again.status, again.body.code]).toEqual([400, 'input_invalid'])
    const voted = await world.ask({
      path: `/api/approvals/${id}/decision`,
      token: carol,
      headers: { 'countersign-resume': challenged.body.resume },
      body: { decision: 'approve', digest },
    })
    expect(voted.body).toMatchObject({ state: 'approved', justification: 'The customer agreed.' })
    await post(`${id}/revoke`, carol)
  })

  it('is approved by whom an approver has lent their vote, until they take it back', async () => {
    const path = '/api/approvals/delegations'
    const roles = ['Countersign.Approver']
    const dave = await world.token('dave', { control: true, roles })
    const { oid } = JSON.parse(Buffer.from(dave.split('.')[1] ?? '', 'base64url').toString()) as { oid: string }
    const until = new Date(Date.now() + 3_600_000).toISOString()
    const lent = await world.ask({ method: 'PUT', path, token: carol, body: { to: oid, until } })
    expect([lent.status, lent.body.to]).toEqual([200, oid])
    expect((await world.ask({ path, token: dave })).body.delegations).toHaveLength(1)
    const id = await requestFor((await nextOrder()) - 8)
    const voted = await vote(id, dave)
    expect(voted.body.votes).toMatchObject([{ voter: oid, inSteadOf: lent.body.from }])
    expect((await world.ask({ method: 'DELETE', path: `${path}?to=${oid}`, token: carol })).status).toBe(200)
    const other = await requestFor((await nextOrder()) - 10)
    expect((await vote(other, dave)).body.code).toBe('operation_unknown')
    await post(`${id}/revoke`, carol)
  })

  it('lists a request for its requester and its approvers', async () => {
    const id = await requestFor((await nextOrder()) - 9)
    const listed = async (token: string) =>
      ((await world.ask({ path: '/api/approvals', token })).body.approvals as { id: string }[]).map((one) => one.id)
    expect(await listed(alice)).toContain(id)
    expect(await listed(carol)).toContain(id)
    for (const name of ['bob', 'mallory', 'dave'] as const) expect(await listed(await world.token(name))).toEqual([])
  })

  it('leaves a book that verifies, without the words of a vote', async () => {
    const { code, stdout } = await world.command('audit:verify', '--json')
    expect([code, JSON.parse(stdout).verdict]).toEqual([0, 'PASS'])
    const events = (await world.dump()).split('\n').filter((line) => line.includes('"kind":"approval"'))
    expect(events.length).toBeGreaterThan(5)
    expect(events.join('')).not.toContain('customer agreed')
    const told = events.filter((line) => /\\?"step\\?":\\?"forged/.test(line) && line.includes(forged))
    expect([told.length, forged]).toEqual([1, expect.stringMatching(/^apr_/)])
  }, 60_000)
})
