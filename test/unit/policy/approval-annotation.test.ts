import { describe, expect, it } from 'vitest'
import { readAnnotations } from '../../../shared/policy/annotations.ts'

const read = (approval: string) => readAnnotations({ id: 'abc', title: 'T', approval }).demand

describe('approval that a policy demands', () => {
  it.each([
    ['rule: 1 of approvers', { count: 1 }],
    ['rule: 3 of approvers', { count: 3 }],
    ['rule: 1 of approvers; escalate managers', { count: 1, escalate: 'managers' }],
    ['rule: 2 of approvers; grant 60m 20 calls', { count: 2, grantMinutes: 60, grantCalls: 20 }],
    ['rule: 1 of approvers; grant 1440m 1 calls', { count: 1, grantMinutes: 1440, grantCalls: 1 }],
    [
      'rule: 1 of approvers; escalate managers; grant 5m 9999 calls',
      { count: 1, escalate: 'managers', grantMinutes: 5, grantCalls: 9999 },
    ],
  ])('reads %j, with nothing in it but scalars', (text, more) => {
    expect(read(text)).toEqual({
      token: 'approval:rule',
      obligation: { kind: 'approval', rule: 'rule', group: 'approvers', ...more },
    })
  })

  it.each([
    'rule: 0 of approvers',
    'rule: 10 of approvers',
    'rule: 1 of approvers;escalate managers',
    'rule: 1 of approvers; escalate approvers',
    'rule: 1 of approvers; escalate',
    'rule: 1 of approvers; grant 60m 20 calls; escalate managers',
    'rule: 1 of approvers; grant 0m 20 calls',
    'rule: 1 of approvers; grant 60m 0 calls',
    'rule: 1 of approvers; grant 1441m 20 calls',
    'rule: 1 of approvers; grant 60m 20',
    'rule: 1 of approvers; grant 60m 20 calls ',
    'rule: 1 of approvers; ttl 60m',
  ])('refuses %j', (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: 'policy_unavailable' }))
  })
})
