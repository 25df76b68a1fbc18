import { beforeAll, describe, expect, it } from 'vitest'
import { readTables, runNevers, runScenarios } from '../../../infra/policy/tables.ts'
import { loadPolicy } from '../../../shared/policy/cedar.ts'
import type { Policy } from '../../../shared/policy/policy.ts'
import { permitAll, policyOf, readBy, shippedFolder, shippedOptions } from './fixtures.ts'

let policy: Policy
beforeAll(async () => {
  policy = await loadPolicy(await shippedOptions())
})

const { scenarios, nevers } = await readTables(`${shippedFolder}/tests`)

describe('the shipped policies', () => {
  it.each(scenarios.map((one) => [one.name, one] as const))('%s', (_, scenario) => {
    expect(runScenarios(policy, [scenario]).failures).toEqual([])
  })

  it.each(nevers.map((one) => [one.name, one] as const))('never let it happen that %s', (_, never) => {
    expect(runNevers(policy, [never]).failures).toEqual([])
  })

  it('each decide some scenario: none could be deleted unnoticed', async () => {
    const options = await shippedOptions()
    const unnoticed: string[] = []
    for (const { id } of policy.rules) {
      const without = await loadPolicy({ ...options, policies: [deleteRule(options.policies.join('\n'), id)] })
      const noticed =
        scenarios.some((one) => runScenarios(without, [one]).failures.length > 0) ||
        nevers.some((one) => runNevers(without, [one]).failures.length > 0)
      if (!noticed) unnoticed.push(id)
    }
    // These stand against policies that somebody may add; they have tests of their own below.
    const besides = ['demand-approval-runs-as-other', 'demand-approval-taint-egress', 'demand-record-runs-as-other']
    expect(unnoticed).toEqual([...besides, 'guard-national-id'])
  }, 120_000)

  it('keep national ids from everybody, whatever is permitted', async () => {
    const generous =
      '@id("see-all") @title("T") permit (principal, action == Countersign::Action::"see", resource in Countersign::Label::"pii");'
    const options = await shippedOptions()
    const lax = await loadPolicy({ ...options, policies: [...options.policies, generous] })
    const labels = ['pii.contact', 'pii.national_id', 'pii.national_id.be']
    expect(lax.decide(readBy('alice', { labels })).clearLabels).toEqual(['pii.contact'])
  })

  it('demand approval for work as somebody else, even of those who are named', async () => {
    const run =
      '@id("run") @title("T") permit (principal, action == Countersign::Action::"admin", resource in Countersign::Operation::"azure-postgresql/runJob");'
    const options = await shippedOptions()
    const changed = { policies: [...options.policies, run], groups: { ...options.groups, 'runs-as-other': ['jobs'] } }
    const policy = await loadPolicy({ ...options, ...changed })
    const job = { operation: 'runJob', effect: 'admin', runsAs: 'other', reads: [] } as const
    expect(policy.decide(readBy('alice', job)).reasons).toEqual(['runs_as_other'])
    const named = policy.decide(readBy('alice', { ...job, principal: { groups: ['jobs'] } }))
    expect(named.obligations).toMatchObject([{ kind: 'approval', rule: 'runs-as-other-four-eyes' }, { kind: 'record' }])
  })

  it('demand approval for sending out after a taint, even of those who are named, and even to read', async () => {
    const options = await shippedOptions()
    const policy = await loadPolicy({ ...options, groups: { ...options.groups, egress: ['senders'] } })
    const sent = { egress: true, principal: { groups: [...readBy('alice', {}).principal.groups, 'senders'] } }
    expect(policy.decide(readBy('alice', sent)).obligations.map(({ kind }) => kind)).toEqual(['row_limit'])
    const tainted = readBy('alice', { ...sent, context: { tainted: true } })
    expect(policy.decide(tainted).obligations).toMatchObject([
      { kind: 'approval', rule: 'taint-four-eyes' },
      { kind: 'row_limit' },
    ])
    const glass = { ...tainted, context: { ...tainted.context, breakGlass: true } }
    expect(policy.decide(glass).obligations.map(({ kind }) => kind)).toEqual(['approval', 'record', 'row_limit'])
  })
})

describe('the policy tables', () => {
  it('report a verdict, a reason and an obligation that are not as expected', () => {
    const [scenario] = scenarios
    const wrong = [
      { ...scenario!, expect: { verdict: 'deny' as const } },
      { ...scenario!, expect: { verdict: 'permit' as const, reasons: ['app_only'] } },
      { ...scenario!, expect: { verdict: 'permit' as const, obligations: [] } },
    ]
    expect(runScenarios(policy, wrong)).toMatchObject({ passed: 0, failures: [{}, {}, {}] })
  })

  it('report what must never pass and does', async () => {
    const lax = await policyOf([permitAll])
    expect(runNevers(lax, nevers.slice(0, 1)).failures).toHaveLength(10)
  })
})

function deleteRule(text: string, id: string): string {
  const start = text.indexOf(`@id("${id}")`)
  return text.slice(0, start) + text.slice(text.indexOf(';', start) + 1)
}
