import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, it } from 'vitest'
import { joinSignals } from '../../../shared/errors/signals.ts'

setFlagsFromString('--expose-gc')
const collect: () => void = runInNewContext('gc')

function listenForDeadline(fired: () => void): void {
  const joined = joinSignals([new AbortController().signal, AbortSignal.timeout(150)])
  joined.addEventListener('abort', fired)
}

describe('joined signals', () => {
  it('keep a deadline that nobody else holds, whatever is collected before it', async () => {
    let fired = 0
    for (let n = 0; n < 20; n += 1) listenForDeadline(() => (fired += 1))
    await sleep(20)
    collect()
    collect()
    await expect.poll(() => fired, { timeout: 5000 }).toBe(20)
  })

  it('keep an abort that came before anybody looked', async () => {
    const abortOne = () => {
      const controller = new AbortController()
      const joined = joinSignals([controller.signal])
      controller.abort('why')
      return joined
    }
    const joined = abortOne()
    await sleep(5)
    collect()
    expect([joined.aborted, joined.reason]).toEqual([true, 'why'])
  })

  it('are given back once nobody holds them', async () => {
    let collected = 0
    const registry = new FinalizationRegistry(() => (collected += 1))
    const makeOne = () => registry.register(joinSignals([AbortSignal.timeout(60_000)]), 0)
    for (let n = 0; n < 100; n += 1) makeOne()
    await sleep(20)
    collect()
    await expect.poll(() => collected, { timeout: 5000 }).toBeGreaterThan(90)
  })
})
