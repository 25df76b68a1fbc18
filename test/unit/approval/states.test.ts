import { describe, expect, it } from 'vitest'
import {
  answersFor,
  burnApproval,
  cancelRequest,
  claimApproval,
  decideRequest,
  openRequest,
  type Progress,
  releaseApproval,
  revokeApproval,
  type StoredState,
  stateAt,
} from '../../../shared/approval/states.ts'
import type { Vote, VotingTerms } from '../../../shared/approval/terms.ts'

const minute = 60_000
const pending = openRequest(0, 60 * minute)
const terms: VotingTerms = { needs: [{ rule: 'r', group: 'g', count: 1 }], useMs: 15 * minute, grant: null }
const vote: Vote = {
  ...{ approve: true, voter: 'carol', inSteadOf: null, circles: ['g'], at: minute },
  justification: { text: 'yes', salt: '00' },
}
const approved: Progress = { ...pending, state: 'approved', voters: ['carol'], useBy: 16 * minute }
const inState = (state: StoredState): Progress =>
  state === 'pending' ? pending : { ...approved, state, decisionId: state === 'claimed' ? 'd1' : null }

const states: readonly StoredState[] = ['pending', 'approved', 'rejected', 'cancelled', 'claimed', 'spent', 'revoked']
const steps: Readonly<Record<string, (progress: Progress) => Progress | null>> = {
  approve: (progress) => decideRequest(progress, vote, terms),
  reject: (progress) => decideRequest(progress, { ...vote, approve: false }, terms),
  cancel: (progress) => cancelRequest(progress, minute),
  revoke: (progress) => revokeApproval(progress, minute),
  claim: (progress) => claimApproval(progress, 'd1', minute),
  release: (progress) => releaseApproval(progress, 'd1'),
  burn: (progress) => burnApproval(progress, 'd1'),
}
/** Every step that there is; all others are refused. */
const allowed: Readonly<Record<string, StoredState>> = {
  'pending approve': 'approved',
  'pending reject': 'rejected',
  'pending cancel': 'cancelled',
  'approved cancel': 'cancelled',
  'approved revoke': 'revoked',
  'approved claim': 'claimed',
  'claimed release': 'approved',
  'claimed burn': 'spent',
}

describe('state of an approval', () => {
  it.each(states.flatMap((state) => Object.keys(steps).map((step) => [state, step] as const)))(
    'leads from %s by %s where the table says, and nowhere else',
    (state, step) => {
      expect(steps[step]?.(inState(state))?.state).toBe(allowed[`${state} ${step}`])
    },
  )

  it.each([
    ['pending until an hour after the request', pending, 60 * minute - 1, 'pending'],
    ['expired from then on', pending, 60 * minute, 'expired'],
    ['approved until a quarter of an hour after the vote', approved, 16 * minute - 1, 'approved'],
    ['expired from then on', approved, 16 * minute, 'expired'],
    ['claimed however late it is', inState('claimed'), 99 * minute, 'claimed'],
  ] as const)('is %s', (...[, progress, now, state]) => {
    expect(stateAt(progress, now)).toBe(state)
  })

  it('lets nothing happen after its time', () => {
    const late = { ...vote, at: 60 * minute }
    expect([decideRequest(pending, late, terms), cancelRequest(pending, late.at)]).toEqual([null, null])
    const over = 16 * minute
    expect([claimApproval(approved, 'd1', over), revokeApproval(approved, over)]).toEqual([null, null])
  })

  it('is released and burnt by the decision that claimed it alone, each release in a round of its own', () => {
    const claimed = inState('claimed')
    expect([releaseApproval(claimed, 'd2'), burnApproval(claimed, 'd2')]).toEqual([null, null])
    expect(releaseApproval(claimed, 'd1')).toEqual({ ...approved, round: 1, decisionId: null })
  })

  it.each([
    ['pending', pending, 59, true],
    ['pending', pending, 60, false],
    ['approved', approved, 15, true],
    ['approved', approved, 16, false],
    ['rejected', { ...pending, state: 'rejected' }, 59, true],
    ['rejected', { ...pending, state: 'rejected' }, 60, false],
    ['spent', inState('spent'), 15, true],
    ['spent', inState('spent'), 16, false],
    ['cancelled', { ...pending, state: 'cancelled' }, 1, false],
  ] as const)('answers for its call: %s, %#', (...[, progress, minutes, answers]) => {
    expect(answersFor(progress, minutes * minute)).toBe(answers)
  })
})
