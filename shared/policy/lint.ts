import { canonicalJson } from './digest.ts'
import type { PolicyJson } from './language.ts'
import { groupsNamed } from './policy-shape.ts'
import type { Rule } from './rulebook.ts'
import { type ActionGroups, readScope } from './scope.ts'

/** What is legal in a set, and hardly what its author meant. */
export interface LintFinding {
  readonly code: 'wide_change_permit' | 'group_unused' | 'shadow_old' | 'same_condition'
  /** Policy id, or name of a group. */
  readonly of: string
  readonly says: string
}

export interface LintOptions {
  readonly policies: Readonly<Record<string, PolicyJson>>
  readonly rules: readonly Rule[]
  readonly groups: readonly string[]
  readonly actionGroups: ActionGroups
  /** ISO 8601 date; what is only watched since before then is old. */
  readonly watchedSince: string
}

/** Looks through a set that the loader took: everything that the language itself refuses was refused there. */
export function lintSet(options: LintOptions): readonly LintFinding[] {
  return [...widePermits(options), ...unusedGroups(options), ...oldShadows(options), ...sameConditions(options)]
}

function widePermits({ policies, actionGroups }: LintOptions): readonly LintFinding[] {
  const isWide = (policy: PolicyJson) => {
    const { effect, principal, resource, conditions } = policy
    const everywhere = resource.op === 'All' || resource.entity?.type === 'Countersign::Backend'
    return effect === 'permit' && principal.op !== '==' && everywhere && conditions.length === 0 && changes(policy)
  }
  const changes = (policy: PolicyJson) => {
    const { actions } = readScope(policy, actionGroups)
    return actions === undefined || ['write', 'delete', 'admin'].some((action) => actions.has(action))
  }
  return Object.entries(policies)
    .filter(([, policy]) => isWide(policy))
    .map(([of]) => ({ code: 'wide_change_permit', of, says: 'permits changes on a whole backend without a condition' }))
}

function unusedGroups({ policies, rules, groups }: LintOptions): readonly LintFinding[] {
  const approving = rules.flatMap(({ demand }) =>
    demand?.obligation.kind === 'approval' ? [demand.obligation.group] : [],
  )
  const named = new Set([...groupsNamed(policies), ...approving])
  return groups
    .filter((of) => !named.has(of))
    .map((of) => ({ code: 'group_unused', of, says: 'no policy names this group' }))
}

function oldShadows({ rules, watchedSince }: LintOptions): readonly LintFinding[] {
  return rules
    .filter(({ shadow }) => shadow !== undefined && shadow.since < watchedSince)
    .map(({ id, shadow }) => ({
      code: 'shadow_old',
      of: id,
      says: `only watched since ${shadow?.since}: decide on it`,
    }))
}

function sameConditions({ policies }: LintOptions): readonly LintFinding[] {
  const first = new Map<string, string>()
  return Object.entries(policies).flatMap(([of, { annotations: _, ...policy }]) => {
    const key = canonicalJson(policy)
    const other = first.get(key)
    first.set(key, other ?? of)
    return other === undefined ? [] : [{ code: 'same_condition', of, says: `says the same as ${other}` } as const]
  })
}
