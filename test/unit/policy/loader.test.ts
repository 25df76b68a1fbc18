import { describe, expect, it } from 'vitest'
import { loadPolicy } from '../../../shared/policy/cedar.ts'
import { permitAll, policyOf, problemOf, shippedOptions } from './fixtures.ts'

const refused: readonly [string, string, RegExp][] = [
  [
    'an unknown annotation',
    '@id("abc") @title("T") @aproval("x: 1 of hr") forbid (principal, action, resource);',
    /@aproval/,
  ],
  ['a missing @id', '@title("T") permit (principal, action, resource);', /@id/],
  ['a malformed @id', '@id("A B") @title("T") permit (principal, action, resource);', /@id/],
  ['a missing @title', '@id("abc") permit (principal, action, resource);', /@title/],
  [
    'a reason outside the list',
    '@id("abc") @title("T") @reason("because") forbid (principal, action, resource);',
    /@reason/,
  ],
  [
    'a reason on a permit',
    '@id("abc") @title("T") @reason("app_only") permit (principal, action, resource);',
    /@reason/,
  ],
  ['an obligation on a permit', '@id("abc") @title("T") @record permit (principal, action, resource);', /permit/],
  [
    'an obligation that nothing lifts',
    '@id("abc") @title("T") @rowlimit("10") forbid (principal, action == Countersign::Action::"read", resource);',
    /must end with/,
  ],
  [
    'an obligation that another fulfilment lifts',
    '@id("abc") @title("T") @rowlimit("10") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("rowlimit:100") };',
    /rowlimit:10"/,
  ],
  [
    'an obligation that something else lifts as well',
    '@id("abc") @title("T") @rowlimit("10") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("rowlimit:10") || context.tainted };',
    /must end with/,
  ],
  [
    'an obligation that looks at other fulfilments',
    '@id("abc") @title("T") @rowlimit("10") forbid (principal, action == Countersign::Action::"read", resource) when { context.fulfilled.contains("record") } unless { context.fulfilled.contains("rowlimit:10") };',
    /more than once/,
  ],
  [
    'a permit that fulfilment grants',
    '@id("abc") @title("T") permit (principal, action == Countersign::Action::"read", resource) when { context.fulfilled.contains("record") };',
    /without an obligation/,
  ],
  [
    'two obligations in one policy',
    '@id("abc") @title("T") @record @rowlimit("10") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("rowlimit:10") };',
    /more than one obligation/,
  ],
  ['a malformed approval', '@id("abc") @title("T") @approval("hr") forbid (principal, action, resource);', /@approval/],
  [
    'an approval by a group without a meaning',
    '@id("abc") @title("T") @approval("x2: 1 of nobody") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("approval:x2") };',
    /nobody/,
  ],
  [
    'a group without a meaning',
    '@id("abc") @title("T") forbid (principal in Countersign::Group::"contractors", action, resource);',
    /contractors/,
  ],
  [
    'a name that the schema does not know',
    '@id("abc") @title("T") permit (principal is Countersign::Robot, action, resource);',
    /Robot/,
  ],
  [
    'an attribute that the schema does not know',
    '@id("abc") @title("T") forbid (principal, action, resource) when { principal.guset };',
    /guset/,
  ],
  [
    'a policy that can never apply (a mere warning)',
    '@id("abc") @title("T") permit (principal, action == Countersign::Action::"see", resource is Countersign::Object);',
    /abc/,
  ],
  [
    'a number that would be rounded',
    '@id("abc") @title("T") permit (principal, action == Countersign::Action::"read", resource) when { context.statements < 9007199254740993 };',
    /too large/,
  ],
  ['a template', '@id("abc") @title("T") permit (principal == ?principal, action, resource);', /template/],
  ['something that is not a policy', 'allow everything', /not Cedar/],
]

describe('the policy loader', () => {
  it.each(refused)('refuses %s', async (_, text, reason) => {
    const problem = await problemOf(() => policyOf([permitAll, text]))
    expect(problem.code).toBe('policy_unavailable')
    expect(problem.reason).toMatch(reason)
  })

  it('refuses the same @id twice, in one text or in two', async () => {
    expect((await problemOf(() => policyOf([permitAll, permitAll]))).reason).toMatch(/twice/)
    expect((await problemOf(() => policyOf([`${permitAll}\n${permitAll}`]))).reason).toMatch(/twice/)
  })

  it('refuses one approval rule with two meanings', async () => {
    const demand = (id: string, count: number) =>
      `@id("${id}") @title("T") @approval("pair: ${count} of hr") forbid (principal, action == Countersign::Action::"read", resource) unless { context.fulfilled.contains("approval:pair") };`
    expect((await problemOf(() => policyOf([demand('one', 1), demand('two', 2)]))).reason).toMatch(/two meanings/)
  })

  it('refuses an empty set', async () => {
    expect((await problemOf(() => policyOf([]))).reason).toBe('0 policies')
  })

  it('refuses deep nesting and oversize before the engine sees them, and works on', async () => {
    const nested = `${'('.repeat(3000)}true${')'.repeat(3000)}`
    const deep = `@id("abc") @title("T") permit (principal, action, resource) when { ${nested} };`
    expect((await problemOf(() => policyOf([deep]))).reason).toMatch(/nested/)
    expect((await problemOf(() => policyOf([`//${'x'.repeat(1_100_000)}`]))).reason).toMatch(/too long/)
    await expect(policyOf([permitAll])).resolves.toHaveProperty('rules.length', 1)
  })

  it('refuses a schema that is none', async () => {
    expect((await problemOf(() => policyOf([permitAll], { schema: 'entity' }))).code).toBe('policy_unavailable')
  })

  it('lists rules by id with effect and title', async () => {
    const policy = await loadPolicy(await shippedOptions())
    const ids = policy.rules.map((rule) => rule.id)
    expect(ids).toEqual([...ids].sort())
    expect(policy.rules.every((rule) => rule.title.length > 0)).toBe(true)
  })

  it('gives every shipped guard a reason', async () => {
    const policy = await loadPolicy(await shippedOptions())
    const silent = policy.rules.filter((rule) => rule.effect === 'forbid' && rule.demand === undefined && !rule.reason)
    expect(silent).toEqual([])
  })
})

describe('the policy digest', () => {
  it('stays the same when files, policies, comments and line ends change places', async () => {
    const options = await shippedOptions()
    const one = await loadPolicy(options)
    const shuffled = [...options.policies].reverse().map((text) => `// a comment\n${text}`)
    const other = await loadPolicy({
      ...options,
      policies: [shuffled.join('\n')],
      schema: options.schema.replaceAll('\n', '\r\n'),
    })
    expect(other.policyDigest).toBe(one.policyDigest)
    expect(other.schemaDigest).toBe(one.schemaDigest)
  })

  it('changes with any policy, title, group and home tenant', async () => {
    const base = await policyOf([permitAll])
    const options = await shippedOptions()
    const others = await Promise.all([
      policyOf([permitAll.replace('permit (principal', 'permit (principal is Countersign::Person')]),
      policyOf([permitAll.replace('Everything', 'All')]),
      policyOf([permitAll], { groups: { ...options.groups, hr: [] } }),
      policyOf([permitAll], { homeTenant: 'another' }),
    ])
    const digests = new Set([base, ...others].map((policy) => policy.policyDigest))
    expect(digests.size).toBe(5)
  })

  it('changes with the schema', async () => {
    const { schema } = await shippedOptions()
    const base = await policyOf([permitAll])
    const other = await policyOf([permitAll], { schema: `${schema}\n// more` })
    expect(other.schemaDigest).not.toBe(base.schemaDigest)
  })
})
