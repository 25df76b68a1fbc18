import { describe, expect, it } from 'vitest'
import { findBreaches } from '../../../shared/policy/must-never.ts'
import { permitAll, policyOf, readBy } from './fixtures.ts'

const calls = [{ name: 'a read of orders', request: readBy('alice', {}) }]
const unless = (condition: string) => [
  permitAll,
  `@id("not-then") @title("T") forbid (principal, action in Countersign::Action::"call", resource) when { ${condition} };`,
]

describe('what must never be permitted', () => {
  it.each([
    ['everything is', [permitAll]],
    ['it is without a taint alone', unless('context.tainted')],
    ['it is with a taint alone', unless('!context.tainted')],
    ['it is after every strong sign-in alone', unless('!principal.authContexts.contains("c3")')],
  ])('is found where %s', async (_when, policies) => {
    expect(findBreaches(await policyOf(policies), calls)).toEqual(['a read of orders'])
  })

  it('is not found where it never is', async () => {
    expect(findBreaches(await policyOf(unless('context.statements == 1')), calls)).toEqual([])
  })
})
