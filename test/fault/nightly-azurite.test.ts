import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { countExchanges, failures, startNightFaults, stopNightFaults, survive } from '../support/night-faults.ts'

let count = 0

beforeAll(startNightFaults)
afterAll(stopNightFaults)

describe('a night on a table server', () => {
  it('is reported once', async () => {
    count = await countExchanges()
    expect(count).toBeGreaterThan(60)
  })

  // One exchange each; the long suite takes all of them.
  it.each(failures)('with an exchange %s neither loses nor doubles a report', async (failure) => {
    await survive(Math.ceil((count * (failures.indexOf(failure) + 1)) / (failures.length + 1)), failure)
  })
})
