import { canonicalJson } from './digest.ts'
import type { PolicyJson } from './language.ts'
import type { Rule } from './rulebook.ts'

/**
 * What is wrong with the shape of one policy, or undefined. An obligation is a forbid that its fulfilment lifts and
 * nothing else does; only there may a policy speak of `context.fulfilled`, so that demanding more never permits more.
 */
export function findFaults(policy: PolicyJson, rule: Rule): string | undefined {
  const { demand } = rule
  if (hasUnsafeNumber(policy.conditions)) return 'a number too large to be carried exactly'
  if (rule.effect === 'permit' && demand !== undefined) return 'an obligation on a permit'
  if (rule.effect === 'permit' && rule.reason !== undefined) return '@reason on a permit'
  const mentions = countMentions(policy.conditions)
  if (demand === undefined) return mentions === 0 ? undefined : 'speaks of fulfilled without an obligation'
  const remedy = policy.conditions.at(-1)
  if (canonicalJson(remedy) !== canonicalJson(remedyOf(demand.token)))
    return `must end with: unless { context.fulfilled.contains("${demand.token}") }`
  return mentions === 1 ? undefined : 'speaks of fulfilled more than once'
}

/** Names of all groups that the policies mention. */
export function groupsNamed(value: unknown): readonly string[] {
  return [...walk(value)].flatMap((node) =>
    node.type === 'Countersign::Group' && typeof node.id === 'string' ? [node.id] : [],
  )
}

function remedyOf(token: string): unknown {
  const left = { '.': { left: { Var: 'context' }, attr: 'fulfilled' } }
  return { kind: 'unless', body: { contains: { left, right: { Value: token } } } }
}

function countMentions(value: unknown): number {
  return [...walk(value)].filter((node) => canonicalJson(node.attr ?? null).includes('fulfilled')).length
}

/** Cedar counts to 2^63, JSON in JavaScript to 2^53: a larger number would be rounded in silence. */
function hasUnsafeNumber(value: unknown): boolean {
  const numbers = [...walk(value)].flatMap((node) => Object.values(node).filter((member) => typeof member === 'number'))
  return !numbers.every(Number.isSafeInteger)
}

/** Every object in a value, itself first. */
export function* walk(value: unknown): Generator<Readonly<Record<string, unknown>>> {
  if (typeof value !== 'object' || value === null) return
  if (!Array.isArray(value)) yield value as Record<string, unknown>
  for (const member of Object.values(value)) yield* walk(member)
}
