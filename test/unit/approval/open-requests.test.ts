import { describe, expect, it } from 'vitest'
import { createOpenRequests } from '../../../shared/approval/open-requests.ts'
import { createStateMemory } from '../../support/state-memory.ts'

const hour = 3_600_000
const now = Date.UTC(2026, 10, 22, 12)
const open = (id: string, { oid = 'alice', actor = 'agent', decideBy = now + hour } = {}) => ({
  request: { id, subject: { tid: 't', oid, actor } as never },
  decideBy,
})

function site(limit = 2) {
  const table = createStateMemory()
  return { table, requests: createOpenRequests(table, limit) }
}

describe('open requests', () => {
  it('are as many as the limit says, for each person through each agent', async () => {
    const { requests } = site()
    await requests.enter(open('1'), now)
    await requests.enter(open('2', { decideBy: now + hour / 2 }), now)
    await expect(requests.enter(open('3'), now)).rejects.toMatchObject({
      code: 'quota_exceeded',
      members: { retryAfter: 1800, next: { action: 'wait', after: 1800 } },
    })
    await requests.enter(open('3', { oid: 'bob' }), now)
    await requests.enter(open('3', { actor: 'another' }), now)
  })

  it('count no more once they are decided or over', async () => {
    const { requests } = site(1)
    await requests.enter(open('1'), now)
    await requests.leave(open('1'))
    await requests.enter(open('2'), now)
    await expect(requests.enter(open('3'), now)).rejects.toMatchObject({ code: 'quota_exceeded' })
    await requests.enter(open('4', { decideBy: now + 2 * hour }), now + hour + 1)
  })

  it('count a repeat once, and one that was refused never passes as its own repeat', async () => {
    const { requests } = site(1)
    await requests.enter(open('1'), now)
    await requests.enter(open('1'), now)
    for (let turn = 0; turn < 2; turn++) {
      await expect(requests.enter(open('2'), now)).rejects.toMatchObject({ code: 'quota_exceeded' })
    }
  })

  it('are never more than the limit though many come at once', async () => {
    const { requests, table } = site(3)
    const all = Array.from({ length: 20 }, (_, at) => requests.enter(open(String(at)), now))
    const entered = (await Promise.allSettled(all)).filter(({ status }) => status === 'fulfilled').length
    expect(entered).toBeLessThanOrEqual(3)
    expect(table.rows().filter(({ values }) => values.closed !== true)).toHaveLength(entered)
  })

  it('take two uses of the table, however many requests there were before', async () => {
    const { requests, table } = site(5)
    for (let day = 0; day < 50; day++) {
      const at = now + day * 24 * hour
      await requests.enter(open(String(day), { decideBy: at + hour }), at)
    }
    const before = table.calls()
    await requests.enter(open('last', { decideBy: now + 51 * 24 * hour + hour }), now + 51 * 24 * hour)
    expect(table.calls() - before).toBe(2)
  })

  it('are refused where the table cannot be had', async () => {
    const { requests, table } = site()
    table.fail(1)
    await expect(requests.enter(open('1'), now)).rejects.toMatchObject({ code: 'policy_unavailable' })
  })
})
