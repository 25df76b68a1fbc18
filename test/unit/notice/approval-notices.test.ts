import { describe, expect, it } from 'vitest'
import type { Approval } from '../../../shared/approval/approval.ts'
import type { StoredState } from '../../../shared/approval/states.ts'
import { noticesOf } from '../../../shared/notice/approval-notices.ts'
import { createNoticeJobs } from '../../../shared/notice/jobs.ts'
import type { Notice } from '../../../shared/notice/notice.ts'
import { createApprovalWorld } from '../../support/approval-world.ts'
import { noon } from '../../support/line-world.ts'

const minute = 60_000
const titles = (rule: string) => [{ id: `demand-${rule}`, title: 'Somebody else looks' }]

async function asked(): Promise<Approval> {
  const world = createApprovalWorld()
  const { id } = (await world.call({ id: 'secret-v' })).body.approval as { id: string }
  const approval = world.world.approvals.kept.get(id)
  if (approval === undefined) throw new Error('nothing was asked for')
  return approval
}

const inState = (approval: Approval, state: StoredState, useBy: number | null = noon + 75 * minute): Approval => ({
  ...approval,
  progress: { ...approval.progress, state, useBy },
})
const idsOf = (notices: readonly Notice[], { request }: Approval) =>
  notices.map(({ id }) => id.replace(request.id, 'id'))

describe('notices of an approval', () => {
  it.each([
    ['pending', 0, ['requested-id']],
    ['pending', 29, ['requested-id']],
    ['pending', 30, ['requested-id', 'escalated-id']],
    ['pending', 60, ['decided-id-expired']],
    ['approved', 10, ['decided-id-approved']],
    ['claimed', 10, ['decided-id-approved']],
    ['spent', 10, ['decided-id-approved']],
    ['rejected', 10, ['decided-id-rejected']],
    ['revoked', 10, ['decided-id-revoked']],
    ['cancelled', 10, []],
    ['approved', 80, ['decided-id-expired']],
  ] as const)('that is %s after %i minutes are %j', async (state, minutes, ids) => {
    const approval = inState(await asked(), state)
    expect(idsOf(noticesOf(approval, noon + minutes * minute, titles), approval)).toEqual(ids)
  })

  it('say who, what, by which policy, until when and twelve digits of the digest, and nothing of the inputs', async () => {
    const approval = await asked()
    const [notice] = noticesOf(approval, noon, titles)
    expect(notice?.data).toMatchObject({
      approval: approval.request.id,
      person: approval.request.subject.oid,
      agent: approval.request.subject.actor,
      policies: ['demand-four-eyes: Somebody else looks'],
      decideBy: new Date(noon + 60 * minute).toISOString(),
      digest: approval.request.digest.slice(0, 12),
    })
    expect(notice?.place).toBe(`#/approvals/${approval.request.id}`)
    expect(JSON.stringify(notice)).not.toContain('secret-v')
  })

  it.each([
    ["DELETE FROM t WHERE name = 'Ada' AND id = 42", 'DELETE FROM t WHERE name = *** AND id = ***'],
    ['DELETE FROM t WHERE id = $1', 'DELETE FROM t WHERE id = $1'],
    ["DELETE FROM t WHERE name = E'Ad\\'a'", '[removed]'],
    ['DELETE FROM "Ada Lovelace"', '[removed]'],
    ['', null],
  ])('show the statement %j as %j', async (statement, shown) => {
    const { request, ...rest } = await asked()
    const approval = { ...rest, request: { ...request, subject: { ...request.subject, statement } } }
    expect(noticesOf(approval, noon, titles)[0]?.data.statement).toBe(shown)
  })

  it('cut a statement that is long', async () => {
    const { request, ...rest } = await asked()
    const statement = `SELECT ${'a, '.repeat(2000)} b`
    const approval = { ...rest, request: { ...request, subject: { ...request.subject, statement } } }
    expect(String(noticesOf(approval, noon, titles)[0]?.data.statement)).toHaveLength(1001)
  })
})

describe("the gateway's clock of notices", () => {
  it('tells, once a minute, what nobody was told of, also where a look fails', async () => {
    const approval = await asked()
    const state = { time: noon, away: false }
    const told: string[] = []
    const logged: string[] = []
    const cleaned: number[] = []
    const jobs = createNoticeJobs({
      desk: {
        enqueue: async ({ id }) => told.push(id.replace(approval.request.id, 'id')) > 0,
        handOut: async () => [{ key: 'k', ticket: 't' }],
        deliver: async () => true,
        clean: async () => void cleaned.push(state.time),
        close: async () => undefined,
      },
      approvals: {
        list: async () => {
          if (state.away) throw new Error('away')
          return [approval]
        },
      },
      tid: approval.request.subject.tid,
      titlesOf: titles,
      lookBackMs: 3_600_000,
      now: () => state.time,
      log: (event) => logged.push(event),
    })
    const at = async (minutes: number) => {
      state.time = noon + minutes * minute
      return jobs.handOut()
    }
    expect(await at(0)).toEqual([{ key: 'k', ticket: 't' }])
    await at(0.5)
    expect(told).toEqual(['requested-id'])
    state.away = true
    expect(await at(2)).toEqual([{ key: 'k', ticket: 't' }])
    state.away = false
    await at(31)
    expect([told.slice(1), logged]).toEqual([['requested-id', 'escalated-id'], ['notices_unswept']])
    await at(62)
    expect(told.slice(3)).toEqual(['decided-id-expired'])
    expect(cleaned).toEqual([noon, noon + 62 * minute])
    expect(await jobs.deliver({ key: 'k', ticket: 't' })).toBe(true)
    for (const message of [null, 'text', {}, { key: 1, ticket: 't' }]) expect(await jobs.deliver(message)).toBe(false)
  })
})
