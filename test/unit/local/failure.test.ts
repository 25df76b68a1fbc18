import { describe, expect, it } from 'vitest'
import { describeFailure } from '../../../infra/local/failure.ts'

describe('what is said of a command that failed', () => {
  it('names the command, the error and its causes, once each and without a place in the code', () => {
    const inner = new Error('nobody is signed in\nTo mend it run az login')
    const outer = new Error('The audit log is unavailable.', {
      cause: new Error('nobody is signed in', { cause: inner }),
    })
    expect(describeFailure('audit:hold', outer)).toBe(
      'audit:hold: The audit log is unavailable.\n  nobody is signed in',
    )
  })

  it('takes the first of several errors, and what is no error', () => {
    expect(describeFailure('a', new AggregateError([new Error('one'), new Error('two')], 'all'))).toBe('a: all\n  one')
    expect(describeFailure('a', 'words')).toBe('a: words')
  })

  it('ends where causes go in a circle, and shows no token', () => {
    const error = new Error('Bearer abcdefghijklmnop')
    error.cause = new Error('eyJhbGciOi.eyJzdWIiOi.c2ln', { cause: error })
    expect(describeFailure('a', error)).toBe('a: Bearer (left out)\n  (token)')
  })
})
