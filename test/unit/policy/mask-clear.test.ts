import { describe, expect, it } from 'vitest'
import { decide } from '../../../shared/policy/evaluate.ts'
import type { Answer, Question } from '../../../shared/policy/language.ts'
import type { Rule } from '../../../shared/policy/rulebook.ts'
import { readBy } from './fixtures.ts'

const rule = (obligation: NonNullable<Rule['demand']>['obligation']): Rule => ({
  id: 'demand',
  title: 'T',
  effect: 'forbid',
  demand: { token: 'met', obligation },
})

/** A permit shows every label in clear; a demand masks what it names. */
function decideUnder(demand: Rule) {
  const ask = ({ action, context }: Question): Answer => {
    const isMet = action.id === 'see' || (context.fulfilled as readonly string[]).includes('met')
    return { allowed: isMet, reasons: isMet ? [] : ['demand'], errors: [] }
  }
  const directory = { homeTenant: 'home', groups: {} }
  const book = {
    engine: { ask },
    rules: new Map([['demand', demand]]),
    directory,
    policyDigest: 'p',
    schemaDigest: 's',
  }
  const request = readBy('alice')
  return decide(book, { ...request, resource: { ...request.resource, carried: ['pii.contact'] } })
}

describe('comparing data that a person may see in clear', () => {
  it.each([
    ['another label is masked', { kind: 'mask', label: 'pii.birth', strategy: 'null' }, 'permit', []],
    [
      'a policy masks it for this call',
      { kind: 'mask', label: 'pii.contact', strategy: 'token' },
      'deny',
      ['masked_data_used'],
    ],
    [
      'a policy masks what is above it',
      { kind: 'mask', label: 'pii', strategy: 'partial' },
      'deny',
      ['masked_data_used'],
    ],
    ['a policy shows it in totals only', { kind: 'aggregate', label: 'pii', k: 10 }, 'deny', ['masked_data_used']],
  ] as const)('is decided by obligations too: %s', (...[, obligation, verdict, reasons]) => {
    expect(decideUnder(rule(obligation))).toMatchObject({ verdict, reasons })
  })
})
