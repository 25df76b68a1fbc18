import { describe, expect, it } from 'vitest'
import { createPersonPool } from '../../../shared/upstream/person-pool.ts'

describe('a pool of connections', () => {
  it('keeps no more idle ones of a person for being used with ever new tokens, and the newest of them', async () => {
    const closed: number[] = []
    const pool = createPersonPool<number>({
      limits: { total: 100, idlePerPerson: 3, idleMs: 60_000 },
      close: (resource) => closed.push(resource),
      reset: async () => undefined,
      usable: () => true,
      now: () => 0,
    })
    const use = async (person: string, token: number) => {
      const owner = { person, key: `${person} ${token}`, expiresAt: 1000 }
      const lease = await pool.acquire(owner, async () => token)
      await lease?.release(true)
      return lease?.reused
    }
    for (let token = 1; token <= 10; token += 1) await use('alice', token)
    await use('bob', 11)
    expect([pool.size().idle, closed]).toEqual([4, [1, 2, 3, 4, 5, 6, 7]])
    expect([await use('alice', 10), await use('bob', 11), await use('alice', 1)]).toEqual([true, true, false])
  })
})
