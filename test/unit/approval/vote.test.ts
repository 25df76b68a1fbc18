import { describe, expect, it } from 'vitest'
import type { Approval } from '../../../shared/approval/approval.ts'
import type { Delegation } from '../../../shared/approval/delegations.ts'
import { openRequest } from '../../../shared/approval/states.ts'
import type { Vote } from '../../../shared/approval/terms.ts'
import { ballotsOf, chooseBallot, couldBeApproved, isRequester, maySee } from '../../../shared/approval/vote.ts'
import type { Principal } from '../../../shared/identity/principal.ts'

const rules = { homeTenant: 'home', consoleClientId: 'console', groups: { g: ['g-id'], chief: ['chief-id'], none: [] } }
const need = { rule: 'r', group: 'g', count: 2, escalate: 'chief' }
const progress = openRequest(0, 60)
const subject = { tid: 'home', oid: 'ann', actor: 'agent' }
const approval = (over: object = {}): Approval =>
  ({ request: { id: 'a', requestedAt: 0, needs: [need], subject, ...over }, progress }) as unknown as Approval
const principal = (over: Partial<Principal> = {}) =>
  ({
    ...{ kind: 'person', tid: 'home', oid: 'bob', actor: 'console', guest: false },
    ...{ scopes: ['control'], roles: ['Countersign.Approver'] },
    ...over,
  }) as Principal
const lend = (over: Partial<Delegation> = {}): Delegation => ({
  ...{ tid: 'home', from: 'eve', to: 'bob', groups: ['g-id'], since: 0, until: 100, endedAt: null },
  ...over,
})
const voteOf = (over: Partial<Vote> = {}): Vote => ({
  ...{
    approve: true,
    voter: 'bob',
    inSteadOf: null,
    circles: ['g+chief'],
    at: 1,
    justification: { text: 'x', salt: '00' },
  },
  ...over,
})
const voter = (groups: readonly string[], delegations: readonly Delegation[] = []) => ({
  ...{ principal: principal(), groups, delegations },
})

describe('ballots', () => {
  it.each([
    ['not before half of the time', 29, 0],
    ['from half of the time on', 30, 1],
  ])('of the group that a rule escalates to are had %s', (_, now, count) => {
    expect(ballotsOf(voter(['chief-id']), approval(), { rules, now })).toHaveLength(count)
  })

  it.each([
    ['to the voter', {}, ['eve']],
    ['to somebody else', { to: 'dan' }, []],
    ['by the requester', { from: 'ann' }, []],
    ['until just now', { until: 10 }, []],
    ['from later on', { since: 11 }, []],
    ['and taken back', { endedAt: 5 }, []],
  ])('that are lent %s count accordingly', (_, over, lenders) => {
    const ballots = ballotsOf(voter([], [lend(over)]), approval(), { rules, now: 10 })
    expect(ballots.map(({ inSteadOf }) => inSteadOf)).toEqual(lenders)
  })

  it('are none for the request of another tenant', () => {
    const foreign = approval({ subject: { ...subject, tid: 'other' } })
    expect(ballotsOf(voter(['g-id']), foreign, { rules, now: 10 })).toEqual([])
  })
})

describe('the ballot to cast', () => {
  const voted = (votes: readonly Vote[]): Approval => ({ ...approval(), progress: { ...progress, votes } })
  const { inSteadOf: _, circles: __, ...bare } = voteOf()
  const own = { inSteadOf: null, circles: ['g+chief'] }
  const lent = { inSteadOf: 'eve', circles: ['g+chief'] }
  const reasonOf = (cast: () => unknown) => {
    try {
      return cast()
    } catch (error) {
      return error
    }
  }

  it.each([
    ['who voted', voteOf(), [own]],
    ['who voted, with a lent vote as well', voteOf(), [own, lent]],
    ['whose vote somebody cast in their stead', voteOf({ voter: 'dan', inSteadOf: 'bob' }), [own]],
    ['of whom the one who lent the vote has voted', voteOf({ voter: 'eve' }), [lent]],
  ])('is none for a person %s', (_name, cast, ballots) => {
    expect(reasonOf(() => chooseBallot(ballots, voted([cast]), bare))).toMatchObject({
      members: { reasons: ['already_voted'] },
    })
  })

  it('is never the lent one of a person who has voted', () => {
    expect(chooseBallot([lent, own], voted([voteOf({ voter: 'eve' })]), bare)).toMatchObject(own)
  })
})

describe('the requester', () => {
  it.each([
    ['the person through the same agent', { oid: 'ann', actor: 'agent', scopes: [] }, true],
    ['the person at the console', { oid: 'ann' }, true],
    ['the person through another agent', { oid: 'ann', actor: 'other' }, false],
    ['an application', { oid: 'ann', actor: 'agent', kind: 'app' }, false],
    ['a person of another tenant with the same id', { oid: 'ann', actor: 'agent', tid: 'other' }, false],
    ['another person through the same agent', { actor: 'agent' }, false],
  ] as const)('or not is %s', (_, over, expected) => {
    expect(isRequester(principal(over), approval(), rules)).toBe(expected)
  })

  it('sees the request without having a say', () => {
    const mine = { ...voter([]), principal: principal({ oid: 'ann', actor: 'agent', roles: [] }) }
    expect(maySee(mine, approval(), { rules, now: 1 })).toBe(true)
    expect(maySee(voter([]), approval(), { rules, now: 1 })).toBe(false)
  })
})

describe('a request', () => {
  it.each([
    ['a group that stands for somebody', { tid: 'home', needs: [{ rule: 'r', group: 'g', count: 1 }] }, true],
    [
      'one that only escalation reaches',
      { tid: 'home', needs: [{ rule: 'r', group: 'none', count: 1, escalate: 'g' }] },
      true,
    ],
    ['one that stands for nobody', { tid: 'home', needs: [need, { rule: 'r', group: 'none', count: 1 }] }, false],
    ['a requester of another tenant', { tid: 'other', needs: [need] }, false],
  ])('of %s could be approved or not', (_, { tid, needs }, expected) => {
    expect(couldBeApproved(tid, needs, rules)).toBe(expected)
  })
})
