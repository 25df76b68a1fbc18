import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Approval } from '../../../shared/approval/approval.ts'
import { openRequest } from '../../../shared/approval/states.ts'
import { createWaits } from '../../../shared/http/approval-wait.ts'

const pending = { progress: openRequest(0, 3_600_000), etag: '1' } as unknown as Approval
const rejected = { ...pending, progress: { ...pending.progress, state: 'rejected' } } as Approval

/** One approval that is decided by `decide`, and how often it was looked at. */
function open() {
  let approval = pending
  let looks = 0
  const waits = createWaits(Date.now)
  const wait = (name = 'alice', seconds = 30) =>
    waits.wait({
      ...{ name, id: 'apr_1', until: Date.now() + seconds * 1000 },
      look: async () => {
        looks += 1
        return approval
      },
    })
  return {
    ...waits,
    wait,
    looks: () => looks,
    decide: () => {
      approval = rejected
    },
  }
}

beforeEach(() => void vi.useFakeTimers({ now: 0 }))
afterEach(() => void vi.useRealTimers())

/** Whether a promise is settled by now. */
const isOver = async (promise: Promise<unknown>) => {
  await vi.advanceTimersByTimeAsync(0)
  return Promise.race([promise.then(() => true), Promise.resolve().then(() => false)])
}

describe('wait for a decision', () => {
  it('is over at once where it is decided', async () => {
    const { wait, decide, looks } = open()
    decide()
    expect([(await wait()).progress.state, looks()]).toEqual(['rejected', 1])
  })

  it('is over as soon as something is decided here', async () => {
    const { wait, decide, wake } = open()
    const waiting = wait()
    await vi.advanceTimersByTimeAsync(5000)
    decide()
    wake('apr_2')
    expect(await isOver(waiting)).toBe(false)
    wake('apr_1')
    expect((await waiting).progress.state).toBe('rejected')
  })

  it('hears within two seconds of what another instance decided', async () => {
    const { wait, decide } = open()
    const waiting = wait()
    await vi.advanceTimersByTimeAsync(9000)
    decide()
    await vi.advanceTimersByTimeAsync(2000)
    expect(await isOver(waiting)).toBe(true)
  })

  it('ends with its time, after twenty looks at most', async () => {
    const { wait, looks } = open()
    const waiting = wait()
    await vi.advanceTimersByTimeAsync(29_999)
    expect(await isOver(waiting)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect([(await waiting).progress.state, looks() <= 20]).toEqual(['pending', true])
    await vi.advanceTimersByTimeAsync(60_000)
    expect([looks() <= 20, vi.getTimerCount()]).toEqual([true, 0])
  })

  it("ends a caller's oldest where they begin a fifth, and nobody else's", async () => {
    const { wait } = open()
    const four = Array.from({ length: 4 }, () => wait())
    const other = wait('bob')
    await vi.advanceTimersByTimeAsync(300)
    const fifth = wait()
    const over = await Promise.all([...four, other, fifth].map(isOver))
    expect(over).toEqual([true, false, false, false, false, false])
    await vi.advanceTimersByTimeAsync(30_000)
  })

  it('is not held where too many wait', async () => {
    const { wait, decide, wake } = open()
    const many = Array.from({ length: 500 }, (_, index) => wait(`p${index}`))
    expect((await wait('late')).progress.state).toBe('pending')
    decide()
    wake('apr_1')
    await Promise.all(many)
  })
})
