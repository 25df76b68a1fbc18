import { describe, expect, it } from 'vitest'
import { decide } from '../../../shared/policy/evaluate.ts'
import type { Answer, Question } from '../../../shared/policy/language.ts'
import type { Rule, Rulebook } from '../../../shared/policy/rulebook.ts'
import { problemOf, readBy } from './fixtures.ts'

const limit: Rule = {
  id: 'limit',
  title: 'T',
  effect: 'forbid',
  demand: { token: 'rowlimit:10', obligation: { kind: 'row_limit', max: 10 } },
}

function bookOf(answers: readonly Answer[], questions: Question[] = []): Rulebook {
  const left = [...answers]
  const ask = (question: Question): Answer => {
    questions.push(question)
    const answer = left.shift()
    if (answer === undefined) throw new Error('asked too often')
    return answer
  }
  const directory = { homeTenant: 'home', groups: {} }
  return { engine: { ask }, rules: new Map([['limit', limit]]), directory, policyDigest: 'p', schemaDigest: 's' }
}

const yes: Answer = { allowed: true, reasons: [], errors: [] }
const no: Answer = { allowed: false, reasons: [], errors: [] }

describe('the evaluation', () => {
  it('denies where meeting the obligations is not enough', () => {
    const book = bookOf([{ ...no, reasons: ['limit'] }, no])
    expect(decide(book, readBy('alice'))).toMatchObject({ verdict: 'deny', reasons: ['not_permitted'] })
  })

  it('asks the second time with the demand met', () => {
    const questions: Question[] = []
    decide(bookOf([{ ...no, reasons: ['limit'] }, yes], questions), readBy('alice'))
    expect(questions.map((one) => one.context.fulfilled)).toEqual([[], ['rowlimit:10']])
  })

  it('overlooks no failed policy, even in a permit', async () => {
    const book = bookOf([{ ...yes, errors: ['abc'] }])
    expect((await problemOf(() => decide(book, readBy('alice')))).code).toBe('policy_unavailable')
  })

  it('overlooks no failed policy in the second evaluation', async () => {
    const book = bookOf([
      { ...no, reasons: ['limit'] },
      { ...yes, errors: ['abc'] },
    ])
    expect((await problemOf(() => decide(book, readBy('alice')))).code).toBe('policy_unavailable')
  })

  it('fails for a policy that it never loaded', async () => {
    const book = bookOf([{ ...no, reasons: ['stranger'] }])
    expect((await problemOf(() => decide(book, readBy('alice')))).reason).toBe('unknown policy stranger')
  })

  it('asks once for an object that is named twice', () => {
    const questions: Question[] = []
    decide(bookOf([yes], questions), readBy('alice', { reads: ['a.b', 'a.b'], labels: [] }))
    expect(questions).toHaveLength(1)
  })

  it('sees a guest where only one of two signs says so', () => {
    const questions: Question[] = []
    decide(bookOf([yes], questions), readBy('erin', { principal: { guest: false } }))
    expect(questions[0]?.entities[0]?.attrs.guest).toBe(true)
  })
})

describe('data that a change carries on', () => {
  const change = (carried: readonly string[]) => {
    const request = readBy('alice')
    return { ...request, resource: { ...request.resource, labels: [], carried } }
  }

  it.each([
    { name: 'denies what is not seen in clear', carried: ['pii.contact'], answers: [yes, no], verdict: 'deny' },
    { name: 'permits what is seen in clear', carried: ['pii.contact'], answers: [yes, yes], verdict: 'permit' },
    { name: 'denies where one is masked', carried: ['pii.a', 'pii.b'], answers: [yes, yes, no], verdict: 'deny' },
    { name: 'asks nothing where nothing is carried', carried: [], answers: [yes], verdict: 'permit' },
  ])('$name', ({ carried, answers, verdict }) => {
    const reasons = verdict === 'deny' ? ['masked_data_used'] : []
    expect(decide(bookOf(answers), change(carried))).toMatchObject({ verdict, reasons })
  })
})
