import { describe, expect, it } from 'vitest'
import { continueTrace } from '../../../shared/pipeline/trace.ts'

const caller = '0af7651916cd43dd8448eb211c80319c'
const random = (bytes: number) => 'cd'.repeat(bytes)

describe('trace', () => {
  it("continues the caller's with a span of its own", () => {
    expect(continueTrace(`00-${caller}-b7ad6b7169203331-01`, random)).toEqual({
      traceId: caller,
      traceparent: `00-${caller}-cdcdcdcdcdcdcdcd-01`,
    })
  })

  it.each([
    undefined,
    '',
    `00-${caller}-b7ad6b7169203331`,
    `00-${'0'.repeat(32)}-b7ad6b7169203331-01`,
    `00-${caller.toUpperCase()}-b7ad6b7169203331-01`,
    `ff-${caller}-b7ad6b7169203331-01`,
    `00-${caller}-b7ad6b7169203331-01,00-${caller}-b7ad6b7169203331-01`,
    `00-${caller}-b7ad6b7169203331-01\n`,
    'x'.repeat(100_000),
  ])('starts anew for %j', (header) => {
    expect(continueTrace(header, random).traceId).toBe('cd'.repeat(16))
  })
})
