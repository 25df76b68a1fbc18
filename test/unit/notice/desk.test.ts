import { describe, expect, it } from 'vitest'
import type { Notice } from '../../../shared/notice/notice.ts'
import { alarm, createNoticeWorld, start, teams } from '../../support/notice-world.ts'

const request: Notice = { ...alarm, id: 'requested-apr_1', kind: 'approval-requested' }

async function enqueue(world: ReturnType<typeof createNoticeWorld>, notice: Notice = alarm) {
  const desk = world.open()
  const kept = await desk.enqueue(notice)
  await desk.close()
  return kept
}

describe('a notice', () => {
  it('is kept before it is sent, and sent to each channel once', async () => {
    const world = createNoticeWorld()
    expect(await enqueue(world)).toBe(true)
    expect(world.sent.map(({ channel }) => channel).sort()).toEqual(['teams', 'webhook'])
    expect(world.waiting()).toEqual([])
    for (let tick = 0; tick < 3; tick++) {
      world.pass(3_600_000)
      await world.tick()
    }
    expect(world.sent).toHaveLength(2)
  })

  it('is told once, however often and wherever it is enqueued', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    await enqueue(world)
    await enqueue(world)
    const desk = world.open()
    await Promise.all([desk.enqueue(alarm), desk.enqueue(alarm), world.open().enqueue(alarm)])
    await desk.close()
    expect(world.sent).toHaveLength(1)
  })

  it('is refused, and never thrown back, where it cannot be kept', async () => {
    const world = createNoticeWorld()
    world.table.fail(1000)
    expect(await enqueue(world)).toBe(false)
    expect([world.sent, world.logged]).toEqual([[], ['notice_unkept']])
  })

  it('is tried again with longer and longer pauses, under the same id, and then given up', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.answer = { ok: false, reason: '503' }
    await enqueue(world)
    const at: number[] = [0]
    for (let step = 0; step < 400 && world.waiting().length > 0; step++) {
      world.pass(15_000)
      const { given } = await world.tick()
      if (given.length > 0) at.push((world.state.time - start) / 1000)
    }
    const pauses = at.slice(1).map((time, index) => time - (at[index] ?? 0))
    expect(pauses).toEqual([15, 30, 60, 120, 240, 480, 960, 1920])
    expect(new Set(world.sent.map(({ id }) => id)).size).toBe(1)
    expect(world.logged.at(-1)).toBe('notice_failed')
    expect(world.events).toEqual([
      {
        kind: 'notice',
        detail: { step: 'failed', notice: alarm.id, of: alarm.kind, channel: 'teams-notice-teams', attempts: 9 },
      },
    ])
  })

  it('goes to the queue of poison when it is given up, and at once where the receiver is gone', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.answer = { ok: false, reason: '500' }
    await enqueue(world)
    world.state.answer = { ok: false, reason: '410', gone: true }
    world.pass(20_000)
    expect((await world.tick()).given).toEqual([true])
    expect(world.waiting()).toEqual([])
  })

  it('waits as long as its receiver asks for', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.answer = { ok: false, reason: '429', retryAfter: 120 }
    await enqueue(world)
    world.pass(110_000)
    expect((await world.tick()).tickets).toEqual([])
    world.pass(15_000)
    expect((await world.tick()).tickets).toHaveLength(1)
  })

  it('is dropped where it is not current any more, and where its channel is gone', async () => {
    const old = createNoticeWorld({ channels: [teams], current: false })
    await enqueue(old, request)
    expect([old.sent, old.waiting()]).toEqual([[], []])
    const world = createNoticeWorld({ channels: [teams] })
    world.state.answer = { ok: false, reason: '500' }
    await enqueue(world)
    world.pass(20_000)
    const other = createNoticeWorld({ channels: [], table: world.table })
    other.pass(20_000)
    await other.tick()
    expect([other.sent, other.waiting()]).toEqual([[], []])
  })

  it.each([
    { notice: alarm, steps: ['sent'] },
    { notice: request, steps: [] },
  ])('of kind $notice.kind stands in the book when it was sent: $steps', async ({ notice, steps }) => {
    const world = createNoticeWorld({ channels: [teams] })
    await enqueue(world, notice)
    expect(world.events.map(({ detail }) => detail.step)).toEqual(steps)
  })

  it('is forgotten after some days, and its row with it', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    await enqueue(world)
    expect(world.table.rows()).toHaveLength(1)
    world.pass(11 * 86_400_000)
    await world.open().clean()
    expect(world.table.rows()).toHaveLength(1)
    world.pass(2 * 86_400_000)
    await world.open().clean()
    expect(world.table.rows()).toEqual([])
  })
})

describe('a ticket', () => {
  it('is good for one attempt, whoever brings it', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.answer = { ok: false, reason: '500' }
    await enqueue(world)
    world.pass(20_000)
    const desk = world.open()
    const [ticket] = await desk.handOut()
    expect(ticket).toBeDefined()
    if (ticket === undefined) return
    await Promise.all([desk.deliver(ticket), world.open().deliver(ticket), world.open().deliver(ticket)])
    expect(world.sent).toHaveLength(2)
    expect(await desk.deliver({ ...ticket, ticket: '' })).toBe(false)
    expect(world.sent).toHaveLength(2)
  })

  it('is given to one of two clocks, and again where nobody has used it', async () => {
    const world = createNoticeWorld({ channels: [teams] })
    world.state.answer = { ok: false, reason: '500' }
    await enqueue(world)
    world.pass(20_000)
    const given = await Promise.all([world.open().handOut(), world.open().handOut()])
    expect(given.flat()).toHaveLength(1)
    expect(await world.open().handOut()).toEqual([])
    world.pass(125_000)
    expect(await world.open().handOut()).toHaveLength(1)
  })
})
