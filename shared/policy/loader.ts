import { Problem } from '../errors/problem.ts'
import { readAnnotations } from './annotations.ts'
import { canonicalJson, sha256Hex } from './digest.ts'
import type { PolicyJson, PolicyLanguage, Question } from './language.ts'
import { findFaults, groupsNamed } from './policy-shape.ts'
import type { Rule, Rulebook } from './rulebook.ts'
import type { Directory } from './schema.ts'
import { createSlices, type MemoCount, type SliceOptions } from './slices.ts'

/** What a set is loaded from: texts of policies and schema, and the directory that gives group names their meaning. */
export interface PolicyOptions extends Directory {
  /** One text per file; order does not matter. */
  readonly policies: readonly string[]
  readonly schema: string
}

/** A set that was loaded, with all of its rules, and how often its answers were known already. */
export interface Loaded extends Rulebook {
  readonly allRules: ReadonlyMap<string, Rule>
  readonly count: () => MemoCount
}

const limits = { text: 1_048_576, policies: 2_000, depth: 64 }

/**
 * Loads a policy set. Refuses (Problem `policy_unavailable`, what is wrong in `reason`) anything that the language
 * would pass over in silence: unknown annotations, missing or double ids, obligations on permits, obligations that
 * cannot be met, groups without a meaning, validation errors and warnings, oversize and deeply nested texts.
 */
export function buildRulebook(language: PolicyLanguage, options: PolicyOptions): Loaded {
  for (const text of [...options.policies, options.schema]) refuseOversize(text)
  const parsed = options.policies.flatMap((text) => language.parse(text))
  if (parsed.length === 0 || parsed.length > limits.policies) throw refuse(`${parsed.length} policies`)
  const policies = keyById(parsed)
  const rules = new Map(Object.entries(policies).map(([id, policy]) => [id, readRule(policy)]))
  refuseFaults(policies, rules, options)
  const faults = language.check({ policies, schema: options.schema })
  if (faults.length > 0) throw refuse(faults.slice(0, 5).join('; '))
  const digests = digestSet(policies, options)
  const directory = { homeTenant: options.homeTenant, groups: options.groups }
  const set = { policies, schema: options.schema, ...digests, groups: language.actionGroups(options.schema) }
  return { ...openSet(language, set, rules), allRules: rules, directory, ...digests }
}

/** The policies that decide, and beside them all, where some are only watched: those ask the same questions once more. */
function openSet(
  language: PolicyLanguage,
  set: SliceOptions,
  all: ReadonlyMap<string, Rule>,
): Pick<Loaded, 'engine' | 'rules' | 'trial' | 'count'> {
  const rules = new Map([...all].filter(([, { shadow }]) => shadow === undefined))
  const policies = Object.fromEntries(Object.entries(set.policies).filter(([id]) => rules.has(id)))
  const deciding = createSlices(language, { ...set, policies })
  if (rules.size === all.size) return { engine: deciding, rules, count: deciding.count }
  const whole = createSlices(language, set)
  const concerns = (question: Question) => whole.idsFor(question).some((id) => !rules.has(id))
  const ask = (question: Question) => (concerns(question) ? whole : deciding).ask(question)
  return { engine: deciding, rules, trial: { engine: { ask }, rules: all }, count: deciding.count }
}

/** Digests of a set: policies sorted by id together with the directory, and the schema; SHA-256 in hex. */
function digestSet(
  policies: Readonly<Record<string, PolicyJson>>,
  options: Directory & { schema: string },
): { policyDigest: string; schemaDigest: string } {
  const groups = Object.fromEntries(Object.entries(options.groups).map(([name, ids]) => [name, [...ids].sort()]))
  const canonical = canonicalJson({ form: 'countersign-policy/1', homeTenant: options.homeTenant, groups, policies })
  return { policyDigest: sha256Hex(canonical), schemaDigest: sha256Hex(options.schema.replaceAll('\r\n', '\n')) }
}

function readRule(policy: PolicyJson): Rule {
  return { ...readAnnotations(policy.annotations ?? {}), effect: policy.effect }
}

function keyById(parsed: readonly PolicyJson[]): Record<string, PolicyJson> {
  const byId: Record<string, PolicyJson> = {}
  for (const policy of parsed) {
    const { id } = readAnnotations(policy.annotations ?? {})
    if (Object.hasOwn(byId, id)) throw refuse(`policy ${id}: the @id is used twice`)
    byId[id] = policy
  }
  return byId
}

function refuseFaults(
  policies: Readonly<Record<string, PolicyJson>>,
  rules: ReadonlyMap<string, Rule>,
  directory: Directory,
): void {
  for (const [id, policy] of Object.entries(policies)) {
    const rule = rules.get(id)
    const fault = rule === undefined ? 'has no rule' : findFaults(policy, rule)
    if (fault !== undefined) throw refuse(`policy ${id}: ${fault}`)
  }
  const named = [...groupsNamed(policies), ...[...rules.values()].flatMap(approvingGroups)]
  const unmapped = named.find((name) => !Object.hasOwn(directory.groups, name))
  if (unmapped !== undefined) throw refuse(`group ${unmapped} has no entry in the groups`)
  refuseAmbiguousApprovals([...rules.values()])
}

function approvingGroups(rule: Rule): readonly string[] {
  const one = rule.demand?.obligation
  return one?.kind === 'approval' ? [one.group, ...(one.escalate === undefined ? [] : [one.escalate])] : []
}

/** One approval rule means one thing: otherwise an approval by the smaller circle would meet the larger demand. */
function refuseAmbiguousApprovals(rules: readonly Rule[]): void {
  const meanings = new Map<string, string>()
  for (const { demand } of rules) {
    if (demand === undefined) continue
    const meaning = canonicalJson(demand.obligation)
    if ((meanings.get(demand.token) ?? meaning) !== meaning) throw refuse(`${demand.token} has two meanings`)
    meanings.set(demand.token, meaning)
  }
}

/** Deep nesting overruns the parser's stack, after which the engine cannot be trusted: refused before it is asked. */
function refuseOversize(text: string): void {
  if (text.length > limits.text) throw refuse('a text is too long')
  let depth = 0
  for (const char of text) {
    if ('([{'.includes(char)) depth += 1
    if (')]}'.includes(char)) depth -= 1
    if (depth > limits.depth) throw refuse('a text is nested too deeply')
  }
}

function refuse(reason: string): Problem {
  return new Problem('policy_unavailable', 'The policy cannot be loaded.', { reason })
}
