import { describe, expect, it } from 'vitest'
import type { Obligation } from '../../../shared/policy/decision.ts'
import { stillClear, uniteObligations } from '../../../shared/policy/obligations.ts'

const token = (purpose?: string): Obligation => ({
  ...{ kind: 'mask' as const, label: 'pii', strategy: 'token' as const },
  ...(purpose === undefined ? {} : { purpose }),
})
const nothing: Obligation = { kind: 'mask', label: 'pii', strategy: 'null' }
const rows = (max: number): Obligation => ({ kind: 'row_limit', max })
const groups = (k: number): Obligation => ({ kind: 'aggregate', label: 'pii', k })

describe('united obligations', () => {
  it.each([
    ['the same purpose', [token('a'), token('a')], token('a')],
    ['two purposes', [token('a'), token('b')], nothing],
    ['a purpose and none', [token('a'), token()], token('a')],
    ['a token and nothing', [token('a'), nothing], nothing],
    ['two row limits', [rows(5), rows(9)], rows(5)],
    ['two sizes of groups', [groups(5), groups(9)], groups(9)],
  ])('of %s are the stricter, whichever comes first', (_, both, expected) => {
    expect(uniteObligations(both)).toEqual([expected])
    expect(uniteObligations([...both].reverse())).toEqual([expected])
  })

  it('take away what a permit shows in clear, and what is below it', () => {
    expect(stillClear(['pii', 'pii.contact', 'piix', 'secret'], [nothing, rows(1)])).toEqual(['piix', 'secret'])
    expect(stillClear(['pii.contact'], [groups(5)])).toEqual([])
  })
})
