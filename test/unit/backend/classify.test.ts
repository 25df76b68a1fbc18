import { describe, expect, it, vi } from 'vitest'
import { classify, labelsOf } from '../../../shared/backend/classify.ts'
import { compareEffects, effects, worseEffect } from '../../../shared/backend/effect.ts'
import type { Invocation, Understood } from '../../../shared/pipeline/ports.ts'
import type { Statement } from '../../../shared/sql/statement.ts'
import { lineBackend } from '../../support/line-backend.ts'

const statement: Statement = {
  effect: 'read',
  safeRead: true,
  statements: 1,
  reads: ['sales.orders'],
  writes: [],
  dangers: [],
  text: 'SELECT 1',
  outputs: null,
}

function invocationOf(name: 'getItem' | 'runText', inputs: Invocation['inputs'] = {}): Invocation {
  return { backend: lineBackend, operationName: name, operation: lineBackend.operations[name]!, inputs }
}

describe('classification', () => {
  it('takes the declared effect where nothing has to be parsed, and parses nothing', async () => {
    const understand = vi.fn()
    expect(await classify(invocationOf('getItem'), understand)).toMatchObject({ effect: 'read', understood: true })
    expect(understand).not.toHaveBeenCalled()
  })

  it.each([
    ['read', { reads: ['reports'], writes: [] }],
    ['write', { reads: [], writes: ['reports'] }],
    ['delete', { reads: [], writes: ['reports'] }],
    ['admin', { reads: [], writes: ['reports'] }],
  ] as const)('names the object of a declared %s', async (effect, touched) => {
    const operation = { ...lineBackend.operations.getItem!, effect, object: 'container' }
    const named = { ...invocationOf('getItem', { container: 'reports' }), operation }
    expect(await classify(named, vi.fn())).toMatchObject({ effect, ...touched })
    expect(await classify({ ...named, inputs: {} }, vi.fn())).toMatchObject({ reads: [], writes: [] })
  })

  it("takes the statement's own effect, not the operation's", async () => {
    const run = invocationOf('runText', { sql: 'x' })
    expect(await classify(run, async () => ({ ...statement, effect: 'delete' }))).toMatchObject({
      effect: 'delete',
      understood: true,
      reads: ['sales.orders'],
    })
  })

  it('counts what is not understood as the worst, whatever else it says', async () => {
    const run = invocationOf('runText', { sql: 'x' })
    expect(await classify(run, async () => ({ ...statement, refused: 'syntax' }))).toMatchObject({
      effect: 'admin',
      understood: false,
    })
  })

  it.each([[7], [null], [['SELECT 1']], [{ toString: 'SELECT 1' }]])('hands over no text for %j', async (sql) => {
    const understand = vi.fn(async () => ({ ...statement, refused: 'empty' }))
    await classify(invocationOf('runText', { sql }), understand)
    expect(understand).toHaveBeenCalledWith('postgres', '')
  })
})

describe('labels of a call', () => {
  const read: Understood = {
    effect: 'read',
    understood: true,
    reads: ['sales.orders'],
    writes: [],
    dangers: [],
    statements: 1,
  }

  it.each([
    ['of a table that is read', { 'sales.orders.email': 'pii.contact' }, ['sales.orders'], ['pii.contact']],
    ['of no other table', { 'hr.employees.email': 'pii.contact' }, ['sales.orders'], []],
    ['of no table whose name only ends alike', { 'sales.my_orders.email': 'pii.contact' }, ['orders'], []],
    [
      'of every namesake of an unqualified table',
      { 'hr.staff.pay': 'pii.pay', 'x.staff.a': 'b' },
      ['staff'],
      ['b', 'pii.pay'],
    ],
    ['once each, sorted', { 't.a': 'z', 't.b': 'a', 't.c': 'z' }, ['t'], ['a', 'z']],
    ['but not none', { 't.a': 'none' }, ['t'], []],
  ])('are those %s', (...[, classification, reads, labels]) => {
    expect(labelsOf(invocationOf('getItem'), { ...read, reads }, classification as Record<string, string>)).toEqual(
      labels,
    )
  })

  it('are those of the declared members too', () => {
    expect(labelsOf(invocationOf('runText'), { ...read, reads: [] }, {})).toEqual(['pii.contact'])
  })
})

describe('effects', () => {
  it('are ordered from least to worst', () => {
    expect([...effects].reverse().sort(compareEffects)).toEqual(['read', 'write', 'delete', 'admin'])
  })

  it.each(effects.flatMap((a) => effects.map((b) => [a, b] as const)))(
    'worse of %s and %s is the later one',
    (a, b) => {
      expect(worseEffect(a, b)).toBe(effects[Math.max(effects.indexOf(a), effects.indexOf(b))])
    },
  )
})
