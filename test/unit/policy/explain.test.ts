import { describe, expect, it } from 'vitest'
import type { Decision } from '../../../shared/policy/decision.ts'
import { wouldPassIf } from '../../../shared/policy/explain.ts'
import { reasons } from '../../../shared/policy/reasons.ts'
import { readBy } from './fixtures.ts'

const decided: Decision = {
  verdict: 'permit',
  reasons: [],
  rules: [],
  obligations: [],
  clearLabels: [],
  policyDigest: '',
  schemaDigest: '',
}

describe('what would let a call pass', () => {
  it('is nothing where it passes', () => {
    const obligations = [{ kind: 'row_limit', max: 10 }, { kind: 'record' }] as const
    expect(wouldPassIf({ ...decided, obligations }, readBy('alice'))).toEqual([])
  })

  it('is the approval and the sign-in that a permit demands', () => {
    const obligations = [
      { kind: 'approval', rule: 'pair', group: 'approvers', count: 2 },
      { kind: 'step_up', context: 'c1' },
    ] as const
    expect(wouldPassIf({ ...decided, obligations }, readBy('alice'))).toMatchObject([
      { change: 'approval', of: 'pair', advice: expect.stringContaining('2 people of approvers') },
      { change: 'sign_in', of: 'c1' },
    ])
  })

  it('is one remedy for each reason of a denial', () => {
    const codes = Object.keys(reasons)
    const remedies = wouldPassIf({ ...decided, verdict: 'deny', reasons: codes }, readBy('alice'))
    expect(remedies.map((one) => one.of)).toEqual(codes)
  })

  it('names the smaller effect that the operation is declared for', () => {
    const request = readBy('alice', { effect: 'delete', declaredEffect: 'read' })
    const [remedy] = wouldPassIf({ ...decided, verdict: 'deny', reasons: ['effect_exceeds_operation'] }, request)
    expect(remedy).toMatchObject({
      change: 'operation',
      advice: expect.stringMatching(/declared for read.*for delete/),
    })
  })
})
