import { describe, expect, it } from 'vitest'
import type { Problem } from '../../shared/errors/problem.ts'
import { answerPolicies } from '../../shared/http/policy-answer.ts'
import type { Principal } from '../../shared/identity/principal.ts'
import { fingerprintOf, readSigner } from '../../shared/policy/release.ts'
import { alice, approvers, createWorld, inboundFor } from '../support/line-world.ts'
import { publicOf } from '../support/policy-releases.ts'
import { policyOf } from '../unit/policy/fixtures.ts'

const operator: Principal = {
  ...alice,
  tid: approvers.homeTenant,
  actor: approvers.consoleClientId,
  scopes: ['control'],
  roles: ['Countersign.Operator'],
}

const texts = [
  '@id("open") @title("Open") permit (principal, action, resource);',
  '@id("closed") @title("Closed") @reason("guest_may_not_change") forbid (principal, action, resource) when { principal.guest };',
  '@id("few") @title("Few") @rowlimit("5") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("rowlimit:5") };',
  '@id("tried") @title("Tried") @shadow("2026-11-01: to see") forbid (principal, action, resource);',
]

const loaded = policyOf(texts)

async function ask(who: Partial<Principal> = {}, perMinute = 100) {
  const { ports } = createWorld({ perMinute, faults: { verify: () => ({ ...operator, ...who }) } })
  const origin = { source: 'release', loaded: '2026-11-22T12:00:00.000Z', version: 7, digest: 'd', notes: 'n' } as const
  const signers = [fingerprintOf(readSigner(publicOf('ann'))), 'unknown']
  const policy = { ...(await loaded), origin: { ...origin, signers } }
  const settings = { COUNTERSIGN_POLICY_SIGNERS: { ann: publicOf('ann') } }
  const parts = { ports: { ...ports, policy: () => policy }, approvers, settings }
  const answer = () => answerPolicies(inboundFor('getItem'), parts)
  return { answer, policy }
}

describe('the policies in force', () => {
  it('are shown to an operator at the console, with where they come from', async () => {
    const { answer, policy } = await ask()
    const { status, body } = await answer()
    expect(status).toBe(200)
    expect(JSON.parse(String(body))).toMatchObject({
      ...{ source: 'release', version: 7, digest: 'd', notes: 'n', policyDigest: policy.policyDigest },
      signers: [{ name: 'ann' }, { name: '', fingerprint: 'unknown' }],
      policies: [
        { id: 'closed', title: 'Closed', effect: 'forbid', reason: 'guest_may_not_change' },
        { id: 'few', obligation: { kind: 'row_limit', max: 5 } },
        { id: 'open', effect: 'permit' },
        { id: 'tried', shadow: { since: '2026-11-01', why: 'to see' } },
      ],
    })
  })

  it.each<[string, Partial<Principal>, string, readonly string[] | undefined]>([
    ['an agent', { actor: alice.actor }, 'human_required', undefined],
    ['an application', { kind: 'app' }, 'human_required', undefined],
    ['a guest', { guest: true }, 'guest_not_allowed', undefined],
    ['a token without the scope', { scopes: ['access_as_user'] }, 'scope_insufficient', undefined],
    ['somebody without the role', { roles: ['Countersign.Auditor'] }, 'policy_denied', ['not_an_operator']],
    ['an operator of another tenant', { tid: 'elsewhere' }, 'policy_denied', ['home_tenant_only']],
  ])('are not shown to %s', async (...[_what, who, code, reasons]) => {
    const { answer } = await ask(who)
    const problem = (await answer().catch((error: unknown) => error)) as Problem
    expect([problem.code, problem.members?.reasons]).toEqual([code, reasons])
  })

  it('are shown so many times a minute', async () => {
    const { answer } = await ask({}, 1)
    await answer()
    await expect(answer()).rejects.toMatchObject({ code: 'quota_exceeded' })
  })
})

describe('a call', () => {
  it('keeps the set that it was first decided by, and its row names it and what is only watched', async () => {
    const decided: string[] = []
    const { line, rows, ports } = createWorld({
      faults: { decide: () => ({ shadow: ['tried'] }) },
      wrap: (plain) => ({
        ...plain,
        policy: () => {
          decided.push('asked')
          return { ...plain.policy(), policyDigest: `set-${decided.length}` }
        },
      }),
    })
    const { handle } = await import('../../shared/pipeline/handle.ts')
    await handle(inboundFor('getItem'), line)
    expect(ports.policy().policyDigest).toBe('set-2')
    expect(rows[0]?.facts).toMatchObject({ digests: { policy: 'set-1' }, context: { shadow: ['tried'] } })
  })
})
