import { describe, expect, it } from 'vitest'
import { permitAll, policyOf, problemOf, readBy } from './fixtures.ts'

const demand = (id: string, annotation: string, token: string) =>
  `@id("${id}") @title("T") ${annotation} forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("${token}") };`

describe('a decision', () => {
  it('denies by default', async () => {
    const policy = await policyOf([
      '@id("abc") @title("T") forbid (principal, action, resource) when { principal.guest };',
    ])
    expect(policy.decide(readBy('alice'))).toMatchObject({ verdict: 'deny', reasons: ['not_permitted'], rules: [] })
  })

  it('lets a denial win over any permit', async () => {
    const guard = '@id("abc") @title("T") @reason("app_only") forbid (principal, action, resource);'
    const policy = await policyOf([permitAll, guard])
    expect(policy.decide(readBy('alice'))).toMatchObject({ verdict: 'deny', reasons: ['app_only'], rules: ['abc'] })
  })

  it('gives a guard without a reason the reason not_permitted', async () => {
    const policy = await policyOf([permitAll, '@id("abc") @title("T") forbid (principal, action, resource);'])
    expect(policy.decide(readBy('alice'))).toMatchObject({ reasons: ['not_permitted'], rules: ['abc'] })
  })

  it('fails, and does not permit, when a forbid fails', async () => {
    const failing =
      '@id("abc") @title("T") forbid (principal, action == Countersign::Action::"read", resource) when { context.statements * 9007199254740991 * 9007199254740991 == 7 };'
    const policy = await policyOf([permitAll, failing])
    const problem = await problemOf(() => policy.decide(readBy('alice')))
    expect(problem).toEqual({ code: 'policy_unavailable', reason: 'policies failed: abc' })
    expect(policy.decide(readBy('alice', { context: { statements: 0 } })).verdict).toBe('permit')
  })

  it('fails when seeing a label fails', async () => {
    const failing =
      '@id("abc") @title("T") forbid (principal, action == Countersign::Action::"see", resource) when { 9007199254740991 * 9007199254740991 == (if principal.publicClient then 0 else 1) };'
    const policy = await policyOf([permitAll, failing])
    expect((await problemOf(() => policy.decide(readBy('alice', { labels: ['pii'] })))).code).toBe('policy_unavailable')
  })

  it.each([
    ['a time that is none', readBy('alice', { context: { time: 'yesterday' } })],
    ['an action that is none', { ...readBy('alice'), action: 'drop' as never }],
    ['a kind that is none', readBy('alice', { principal: { kind: 'robot' as never } })],
    ['a count that is none', readBy('alice', { context: { statements: 1.5 } })],
  ])('fails for %s', async (_, request) => {
    const policy = await policyOf([permitAll])
    expect((await problemOf(() => policy.decide(request))).code).toBe('policy_unavailable')
  })

  it('names the policies that permit and those that demand', async () => {
    const policy = await policyOf([permitAll, demand('limit', '@rowlimit("10")', 'rowlimit:10')])
    expect(policy.decide(readBy('alice')).rules).toEqual(['limit', 'permit-all'])
  })

  it('demands nothing where nothing permits', async () => {
    const policy = await policyOf([demand('limit', '@rowlimit("10")', 'rowlimit:10')])
    expect(policy.decide(readBy('alice'))).toMatchObject({
      verdict: 'deny',
      reasons: ['not_permitted'],
      obligations: [],
    })
  })

  it('keeps the smallest row limit and the strictest mask, and every other demand once', async () => {
    const policy = await policyOf([
      permitAll,
      demand('limit-a', '@rowlimit("100")', 'rowlimit:100'),
      demand('limit-b', '@rowlimit("20")', 'rowlimit:20'),
      demand('mask-a', '@mask("pii.contact=partial")', 'mask:pii.contact=partial'),
      demand('mask-b', '@mask("pii.contact=null")', 'mask:pii.contact=null'),
      demand('record-a', '@record', 'record'),
      demand('record-b', '@record', 'record'),
      demand('quota-a', '@quota("calls")', 'quota:calls'),
    ])
    expect(policy.decide(readBy('alice', { reads: ['a.b', 'c.d'] })).obligations).toEqual([
      { kind: 'mask', label: 'pii.contact', strategy: 'null' },
      { kind: 'quota', meter: 'calls' },
      { kind: 'record' },
      { kind: 'row_limit', max: 20 },
    ])
  })

  it('unites the obligations of all objects', async () => {
    const only = (id: string, table: string, count: number) =>
      `@id("${id}") @title("T") @approval("${id}: ${count} of hr") forbid (principal, action == Countersign::Action::"read", resource == Countersign::Object::"azure-postgresql/${table}") unless { context.fulfilled.contains("approval:${id}") };`
    const policy = await policyOf([permitAll, only('first', 'a.b', 1), only('second', 'c.d', 2)])
    const { obligations } = policy.decide(readBy('alice', { reads: ['c.d', 'a.b', 'e.f'] }))
    expect(obligations.map((one) => (one.kind === 'approval' ? one.rule : one.kind))).toEqual(['first', 'second'])
  })

  it('applies a policy on an action group to each of its actions', async () => {
    const guard = '@id("abc") @title("T") forbid (principal, action in Countersign::Action::"change", resource);'
    const policy = await policyOf([permitAll, guard])
    const verdicts = (['read', 'write', 'delete', 'admin'] as const).map(
      (effect) =>
        policy.decide(readBy('alice', { effect, reads: [], writes: effect === 'read' ? [] : ['a.b'] })).verdict,
    )
    expect(verdicts).toEqual(['permit', 'deny', 'deny', 'deny'])
  })

  it('judges writes as writes even where the call is said to be a read', async () => {
    const guard = '@id("abc") @title("T") forbid (principal, action == Countersign::Action::"write", resource);'
    const policy = await policyOf([permitAll, guard])
    expect(policy.decide(readBy('alice', { writes: ['a.b'] })).verdict).toBe('deny')
  })

  it('sees labels by their tree, and clear labels only where it permits', async () => {
    const see =
      '@id("see") @title("T") permit (principal, action == Countersign::Action::"see", resource in Countersign::Label::"pii.contact");'
    const read =
      '@id("read") @title("T") permit (principal is Countersign::Person, action == Countersign::Action::"read", resource);'
    const policy = await policyOf([see, read])
    const labels = ['pii.contact.email', 'pii.birth', 'pii', 'pii.contact', 'pii.contacts']
    expect(policy.decide(readBy('alice', { labels })).clearLabels).toEqual(['pii.contact', 'pii.contact.email'])
    expect(policy.decide(readBy('robot', { labels })).clearLabels).toEqual([])
  })

  it('denies a call over more objects or labels than one decision covers', async () => {
    const policy = await policyOf([permitAll])
    const many = Array.from({ length: 65 }, (_, index) => `a.t${index}`)
    expect(policy.decide(readBy('alice', { reads: many })).reasons).toEqual(['too_many_objects'])
    expect(policy.decide(readBy('alice', { labels: many })).reasons).toEqual(['too_many_objects'])
    expect(policy.decide(readBy('alice', { reads: many.slice(1) })).verdict).toBe('permit')
  })

  it('lets roles and groups count in the home tenant only', async () => {
    const role =
      '@id("role") @title("T") permit (principal in Countersign::Role::"Countersign.Operator", action, resource);'
    const policy = await policyOf([role])
    expect(policy.decide(readBy('carol')).verdict).toBe('permit')
    expect(policy.decide(readBy('mallory')).verdict).toBe('deny')
  })
})
