import { describe, expect, it } from 'vitest'
import { loadCedar } from '../../../shared/policy/cedar.ts'
import { lintSet } from '../../../shared/policy/lint.ts'
import { createPolicy } from '../../../shared/policy/policy.ts'
import { shippedOptions } from './fixtures.ts'

const change = 'action in Countersign::Action::"change"'
const backend = 'resource in Countersign::Backend::"b"'

async function lint(texts: readonly string[], groups: readonly string[] = []) {
  const language = await loadCedar()
  const options = await shippedOptions()
  const annotated = texts.map((text, at) => `@id("p-${at}") @title("T") ${text}`)
  const policies = Object.fromEntries(language.parse(annotated.join('\n')).map((one, at) => [`p-${at}`, one]))
  const { rules } = createPolicy(language, { ...options, policies: annotated })
  const actionGroups = language.actionGroups(options.schema)
  return lintSet({ policies, rules, groups, actionGroups, watchedSince: '2026-06-01' }).map(({ code, of }) => [
    code,
    of,
  ])
}

describe('lint', () => {
  it.each([
    [
      'a permit for changes on a whole backend',
      [`permit (principal, ${change}, ${backend});`],
      [['wide_change_permit', 'p-0']],
    ],
    ['a permit for everything', ['permit (principal, action, resource);'], [['wide_change_permit', 'p-0']]],
    ['a permit for reads of a backend', [`permit (principal, action == Countersign::Action::"read", ${backend});`], []],
    [
      'a permit for changes under a condition',
      [`permit (principal, ${change}, ${backend}) when { principal.homeTenant };`],
      [],
    ],
    ['an old shadow', ['@shadow("2026-05-31: tried") forbid (principal, action, resource);'], [['shadow_old', 'p-0']]],
    ['a young shadow', ['@shadow("2026-06-01: tried") forbid (principal, action, resource);'], []],
    [
      'two that say the same',
      [`forbid (principal, ${change}, resource);`, `@reason("not_permitted") forbid (principal, ${change}, resource);`],
      [['same_condition', 'p-1']],
    ],
  ] as const)('of %s', async (_what, texts, expected) => {
    expect(await lint(texts)).toEqual(expected)
  })

  it('finds groups that no policy names, as members or as approvers', async () => {
    const texts = [
      'forbid (principal in Countersign::Group::"hr", action, resource);',
      `@approval("four-eyes: 1 of approvers") forbid (principal, ${change}, resource) unless { context.fulfilled.contains("approval:four-eyes") };`,
    ]
    expect(await lint(texts, ['approvers', 'hr', 'sales-us'])).toEqual([['group_unused', 'sales-us']])
  })
})
