import { describe, expect, it } from 'vitest'
import { type ApprovalSubject, approvalId, digestApproval } from '../../../shared/approval/digest.ts'
import { alice, createWorld, inboundFor, run } from '../../support/line-world.ts'

const subject: ApprovalSubject = {
  tid: 't',
  oid: 'o',
  actor: 'a',
  backend: 'b',
  operation: 'op',
  inputs: '{"id":"7"}',
  statement: 'DELETE FROM x',
  digests: { policy: 'p', schema: 's', declaration: 'd', classification: 'c' },
  obligations: ['approval'],
  content: '"etag-1"',
  scope: 'call',
}

describe('approval digest', () => {
  it.each(Object.keys(subject).filter((name) => typeof subject[name as keyof ApprovalSubject] === 'string'))(
    'changes with %s',
    (name) => {
      expect(digestApproval({ ...subject, [name]: 'other' })).not.toBe(digestApproval(subject))
    },
  )

  it.each(Object.keys(subject.digests))("changes with the %s's digest", (name) => {
    expect(digestApproval({ ...subject, digests: { ...subject.digests, [name]: 'x' } })).not.toBe(
      digestApproval(subject),
    )
  })

  it('changes with the obligations', () => {
    expect(digestApproval({ ...subject, obligations: [] })).not.toBe(digestApproval(subject))
  })

  it('does not change with the order of members', () => {
    const reversed = (value: object) => Object.fromEntries(Object.entries(value).reverse())
    const other = { ...reversed(subject), digests: reversed(subject.digests) } as unknown as ApprovalSubject
    expect(digestApproval(other)).toBe(digestApproval(subject))
  })

  it('keeps neighbours apart', () => {
    expect(digestApproval({ ...subject, tid: 'to', oid: '' })).not.toBe(digestApproval(subject))
  })

  it('gives an id that says nothing of the subject', () => {
    expect(approvalId(digestApproval(subject))).toMatch(/^apr_[0-9a-f]{32}$/)
  })
})

describe('pending approval', () => {
  const demand = { obligations: [{ kind: 'approval', rule: 'four', group: 'approvers', count: 1 }] } as const

  async function approvalOf(inputs: unknown, principal = alice) {
    const world = createWorld({ faults: { decide: () => demand, verify: () => principal } })
    const ending = await run(world, inboundFor('getItem', inputs))
    return (JSON.parse(ending.answer?.body ?? '') as { approval: { id: string; expires: string; pollAfter: number } })
      .approval
  }

  it('has the same id for the same call', async () => {
    expect((await approvalOf({ id: '7' })).id).toBe((await approvalOf({ id: '7' })).id)
  })

  it.each([
    ['other inputs', { id: '8' }, alice],
    ['another person', { id: '7' }, { ...alice, oid: 'other' }],
    ['another agent', { id: '7' }, { ...alice, actor: 'other' }],
  ])('has another id for %s', async (...[, inputs, principal]) => {
    expect((await approvalOf(inputs, principal)).id).not.toBe((await approvalOf({ id: '7' })).id)
  })

  it('is none for another tenant, where nobody could approve', async () => {
    expect(await approvalOf({}, { ...alice, tid: 'other' })).toBeUndefined()
  })

  it('says when it ends, and when to ask again', async () => {
    expect(await approvalOf({})).toMatchObject({ expires: '2026-11-22T13:00:00.000Z', pollAfter: 15 })
  })
})
