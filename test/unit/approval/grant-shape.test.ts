import { describe, expect, it } from 'vitest'
import { describeCalls, varyingOf } from '../../../shared/approval/grant-shape.ts'
import type { Invocation } from '../../../shared/pipeline/ports.ts'

const plain = { understood: true, dangers: [], statements: 0, reads: [] } as const
const understood = { ...plain, effect: 'write', writes: ['orders'] } as const

function describeWith(value: unknown, object = 'orders'): string {
  const operation = { call: { technology: 'rest' }, object: 'table' }
  const invocation = { operation, inputs: { table: object, value } } as unknown as Invocation
  return describeCalls(invocation, understood)
}

describe('what the calls of a grant have in common', () => {
  it('is the JSON type of an input that may vary', () => {
    const kinds = [null, 'a', 1, true, ['a'], { a: 1 }].map((value) => describeWith(value))
    expect(new Set(kinds).size).toBe(kinds.length)
    expect(describeWith('a')).toBe(describeWith('b'))
    expect(describeWith(['a'])).toBe(describeWith([]))
  })

  it('is the name of the object, which does not vary', () => {
    expect(describeWith('a', 'customers')).not.toBe(describeWith('a'))
    expect(varyingOf(describeWith('a'))).toEqual(['value'])
  })
})
