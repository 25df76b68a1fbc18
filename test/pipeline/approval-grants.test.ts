import { describe, expect, it } from 'vitest'
import { carol, createApprovalWorld, wants } from '../support/approval-world.ts'
import { backendProblem } from '../support/line-world.ts'

const codesOf = (endings: readonly { code: string }[]) => endings.map(({ code }) => code)
const terms = { grantMinutes: 60, grantCalls: 3 }

async function granted(faults: Parameters<typeof createApprovalWorld>[0] = {}) {
  const world = createApprovalWorld({ decide: wants(terms), ...faults })
  const id = (await world.call()).body.approval.id as string
  await world.vote(id)
  return { ...world, id }
}

describe('grant', () => {
  it('lets calls of its kind pass with other values, and no more of them than were approved', async () => {
    const { call, world, id } = await granted()
    const endings = [await call({ id: '1' }), await call({ id: '2' }), await call({ id: '3' })]
    expect(codesOf(endings)).toEqual(['ok', 'ok', 'ok'])
    const intents = world.rows.flatMap((row) =>
      row.kind === 'intent' && row.facts.verdict === 'permit' ? [row.facts] : [],
    )
    expect(intents.map(({ approval }) => approval?.id)).toEqual([`${id}.u1`, `${id}.u2`, `${id}.u3`])
    expect([...world.approvals.spent.keys()]).toEqual([`spent!${id}!1`, `spent!${id}!2`, `spent!${id}!3`])
    expect((await call({ id: '4' }, { id })).code).toBe('approval_used')
    // Without naming it, more are asked for at once.
    const more = await call({ id: '4' })
    expect([more.code, more.body.approval.id]).toEqual(['approval_pending', `${id}-2`])
    expect(world.calls).toHaveLength(3)
  })

  it('is shown to who approves it as what it is', async () => {
    const { ask, call, id } = await granted()
    await call({ id: '9' })
    const { body } = await ask(carol, 'approval', { operation: id })
    expect(body).toMatchObject({
      state: 'approved',
      inputs: { id: '7' },
      grant: { minutes: 60, calls: 3, left: 2, varies: ['/inputs/id'] },
    })
    expect(Date.parse(body.useBy) - Date.parse(body.requestedAt)).toBe(60 * 60_000)
  })

  it('lets no more calls pass than it has, however many come at once', async () => {
    const { call, world } = await granted()
    const codes = codesOf(await Promise.all(Array.from({ length: 20 }, (_, at) => call({ id: String(at) }))))
    expect([codes.filter((code) => code === 'ok').length, world.calls.length]).toEqual([3, 3])
    expect(new Set(codes)).toEqual(new Set(['ok', 'approval_used']))
    const ids = world.rows.flatMap((row) =>
      row.kind === 'intent' && row.facts.verdict === 'permit' ? [row.facts.approval?.id] : [],
    )
    expect(new Set(ids).size).toBe(3)
  })

  it('ends with its time', async () => {
    const { call, pass, world, id } = await granted()
    pass(59)
    expect((await call({ id: '1' })).code).toBe('ok')
    pass(1)
    expect(codesOf([await call({ id: '2' }, { id }), await call({ id: '2' })])).toEqual([
      'approval_expired',
      'approval_pending',
    ])
    expect(world.calls).toHaveLength(1)
  })

  it('is for no call of another operation, of other inputs or with other types', async () => {
    const { call, world, id } = await granted()
    const other = { principal: undefined, operation: 'createOrder' }
    const order = {
      customer: { name: 'n', email: 'a@b.example' },
      region: 'EMEA',
      items: [{ sku: 's', quantity: 1, unitPrice: 1 }],
    }
    expect((await call(order, { id, operation: other.operation })).code).toBe('approval_mismatch')
    expect((await call({}, { id })).code).toBe('approval_mismatch')
    expect(world.calls).toEqual([])
  })

  it('is for its statement alone', async () => {
    const world = createApprovalWorld({
      decide: wants(terms),
      understand: () => ({ effect: 'write', text: undefined as never }),
    })
    const id = (await world.call({ sql: 'UPDATE a' }, { operation: 'runText' })).body.approval.id
    await world.vote(id)
    expect((await world.call({ sql: 'UPDATE b' }, { id, operation: 'runText' })).code).toBe('approval_mismatch')
    expect((await world.call({ sql: 'UPDATE a' }, { operation: 'runText' })).code).toBe('ok')
  })

  it('gives a call back that called nothing, under another number', async () => {
    const { call, world, id } = await granted({
      call: (use) => {
        if (use === 1) throw backendProblem('backend_failed', 'not_called:connect')
        return {}
      },
    })
    const endings = []
    for (let turn = 1; turn <= 5; turn++) endings.push(await call({ id: '1' }, { id }))
    expect(codesOf(endings)).toEqual(['backend_failed', 'ok', 'ok', 'ok', 'approval_used'])
    expect([...world.approvals.spent.keys()].map((key) => key.slice(-2))).toEqual(['!1', '!2', '!3', '!4'])
  })

  it('does not give a call back of which nobody knows', async () => {
    const { call, id } = await granted({
      call: (use) => {
        if (use === 1) throw backendProblem('backend_failed', 'unknown:reset')
        return {}
      },
    })
    const endings = []
    for (let turn = 1; turn <= 4; turn++) endings.push(await call({ id: '1' }, { id }))
    expect(codesOf(endings)).toEqual(['backend_failed', 'ok', 'ok', 'approval_used'])
  })

  it('is taken back at once, even from a call that has claimed its use', async () => {
    let revoke: (() => Promise<unknown>) | undefined
    const { call, ask, world, id } = await granted({ exchange: async () => void (await revoke?.()) })
    expect((await call({ id: '1' })).code).toBe('ok')
    revoke = () => ask(carol, 'revokeApproval', { operation: id })
    const code = (await call({ id: '2' })).code
    revoke = undefined
    expect([code, (await call({ id: '3' })).code, world.calls.length]).toEqual([
      'approval_rejected',
      'approval_rejected',
      1,
    ])
  })

  it('is none where another rule wants each call approved', async () => {
    const world = createApprovalWorld({ decide: wants(terms, { rule: 'b' }) })
    const id = (await world.call()).body.approval.id
    expect((await world.vote(id)).body.grant).toBeNull()
    expect(codesOf([await world.call(), await world.call()])).toEqual(['ok', 'approval_used'])
  })

  it('has no second call of one number though its row is set back to an older copy', async () => {
    const { call, world, id } = await granted()
    const older = world.approvals.kept.get(id)
    await call({ id: '1' })
    const newer = world.approvals.kept.get(id)
    if (older === undefined || newer === undefined) throw new Error('nothing is kept')
    await world.approvals.replace(newer, older.progress)
    expect((await call({ id: '2' })).code).toBe('approval_used')
    expect(world.calls).toHaveLength(1)
  })
})
