import { describe, expect, it } from 'vitest'
import { createPersonGate } from '../../../shared/upstream/person-gate.ts'

const patient = new AbortController().signal

describe('the gate by person', () => {
  it('lets so many of one key in at a time and the rest in order', async () => {
    const gate = createPersonGate(2)
    const order: number[] = []
    let inside = 0
    let most = 0
    await Promise.all(
      [0, 1, 2, 3, 4, 5].map(async (call) => {
        const leave = await gate.enter('alice', patient)
        inside += 1
        most = Math.max(most, inside)
        order.push(call)
        await new Promise((resolve) => setTimeout(resolve, 2))
        inside -= 1
        leave()
      }),
    )
    expect(most).toBe(2)
    expect(order).toEqual([0, 1, 2, 3, 4, 5])
  })

  it('makes nobody wait for somebody else', async () => {
    const gate = createPersonGate(1)
    await gate.enter('alice', patient)
    await expect(gate.enter('bob', patient)).resolves.toBeTypeOf('function')
  })

  it('forgets who gives up, and hands the place to the next', async () => {
    const gate = createPersonGate(1)
    const leave = await gate.enter('alice', patient)
    const gone = new AbortController()
    const given = gate.enter('alice', gone.signal)
    const next = gate.enter('alice', patient)
    gone.abort(new Error('gave up'))
    await expect(given).rejects.toThrow('gave up')
    leave()
    await expect(next).resolves.toBeTypeOf('function')
  })

  it('frees a place once, however often its holder leaves', async () => {
    const gate = createPersonGate(1)
    const leave = await gate.enter('alice', patient)
    leave()
    leave()
    await gate.enter('alice', patient)
    const soon = new AbortController()
    const second = gate.enter('alice', soon.signal)
    soon.abort(new Error('still one inside'))
    await expect(second).rejects.toThrow('still one inside')
  })

  it('refuses at once where the call is already aborted', async () => {
    await expect(createPersonGate(1).enter('alice', AbortSignal.abort(new Error('late')))).rejects.toThrow('late')
  })
})
