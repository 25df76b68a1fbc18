import { afterAll, beforeAll, describe, it } from 'vitest'
import { countExchanges, failures, startNightFaults, stopNightFaults, survive } from '../support/night-faults.ts'

beforeAll(startNightFaults)
afterAll(stopNightFaults)

describe('a night on a table server of which any exchange fails', () => {
  it.each(failures)('(%s) is reported once', { timeout: 600_000 }, async (failure) => {
    const count = await countExchanges()
    for (let nth = 1; nth <= count; nth++) await survive(nth, failure)
    console.log(`${failure}: ${count} exchanges`)
  })
})
