import { compareEffects } from '../backend/effect.ts'
import { Problem } from '../errors/problem.ts'
import type { Decision, Obligation, PolicyRequest } from './decision.ts'
import type { Answer, Entity, Question } from './language.ts'
import { uniteObligations } from './obligations.ts'
import type { ReasonCode } from './reasons.ts'
import type { Rule, Rulebook } from './rulebook.ts'
import {
  describeContext,
  describeLabel,
  describePrincipal,
  describeSight,
  listTargets,
  refer,
  sortedSet,
  type Target,
} from './schema.ts'

/** Most objects, and most labels, that one decision covers: bounds what one call can cost. */
const targetLimit = 64

interface Judgement {
  readonly permitted: boolean
  readonly reasons: readonly ReasonCode[]
  readonly rules: readonly string[]
  readonly obligations: readonly Obligation[]
}

interface Judge {
  readonly book: Rulebook
  readonly request: PolicyRequest
  readonly principal: Entity
  /** Obligations already met when the call comes in. */
  readonly held: readonly string[]
}

/**
 * Decides a call: every (object, access) is judged by itself, one denial denies the whole, obligations are united.
 * Denies by default. Throws Problem `policy_unavailable` where any policy fails: a forbid that fails must not permit.
 * Policies that are only watched have no part in it; `shadow` names those that would have changed it.
 */
export function decide(book: Rulebook, request: PolicyRequest): Decision {
  const { decision } = weigh(book, request)
  const shadow = book.trial === undefined ? [] : watch(book, decision, request)
  return shadow.length === 0 ? decision : { ...decision, shadow }
}

/** Ids of all policies that some question of a decision was answered by, those that are only watched too; sorted. */
export function listDetermining(book: Rulebook, request: PolicyRequest): readonly string[] {
  const { engine, rules } = { ...book, ...book.trial }
  const seen: string[] = []
  const ask = (question: Question): Answer => {
    const answer = engine.ask(question)
    seen.push(...answer.reasons)
    return answer
  }
  weigh({ ...book, rules, engine: { ask } }, request)
  return sortedSet(seen)
}

interface Weighed {
  readonly decision: Decision
  /** Ids of the policies that determined which labels are seen in clear. */
  readonly sight: readonly string[]
}

function weigh(book: Rulebook, request: PolicyRequest): Weighed {
  if (exceedsLimit(request)) return { decision: conclude(book, [denial(['too_many_objects'], [])], []), sight: [] }
  const judge: Judge = {
    book,
    request,
    principal: describePrincipal(request.principal, book.directory),
    held: heldTokens(book, request),
  }
  const judgements = [...judgeDeclaration(request), ...listTargets(request).map((target) => judgeTarget(judge, target))]
  if (!judgements.every((one) => one.permitted)) return { decision: conclude(book, judgements, []), sight: [] }
  const seen = judgeSight(judge, [...request.resource.labels, ...(request.resource.carried ?? [])])
  const clear = seen.filter(({ answer }) => answer.allowed).map(({ label }) => label)
  const carried = judgeCarried(request, clear)
  return {
    decision: conclude(book, [...judgements, ...carried], carried.length > 0 ? [] : clear),
    sight: seen.flatMap(({ answer }) => answer.reasons),
  }
}

/** What would have been otherwise if all policies that are only watched decided too. Their failures change nothing. */
function watch(book: Rulebook, decision: Decision, request: PolicyRequest): readonly string[] {
  try {
    const { decision: other, sight } = weigh({ ...book, ...book.trial }, request)
    if (outcomeOf(other) === outcomeOf(decision)) return []
    return sortedSet([...other.rules, ...sight]).filter((id) => !book.rules.has(id))
  } catch {
    return []
  }
}

function outcomeOf({ verdict, obligations, clearLabels }: Decision): string {
  return JSON.stringify([verdict, obligations, clearLabels])
}

function exceedsLimit({ resource }: PolicyRequest): boolean {
  return resource.reads.length + resource.writes.length > targetLimit || labelCount(resource) > targetLimit
}

function labelCount({ labels, carried }: PolicyRequest['resource']): number {
  return labels.length + (carried?.length ?? 0)
}

/** A call that does more than its operation says was classified by its payload: no policy can have meant it. */
function judgeDeclaration(request: PolicyRequest): readonly Judgement[] {
  const exceeds = compareEffects(request.action, request.resource.declaredEffect) > 0
  return exceeds ? [denial(['effect_exceeds_operation'], [])] : []
}

/** What a person sees masked they cannot copy to where nothing masks it, nor find out by changing what matches. */
function judgeCarried({ resource }: PolicyRequest, clear: readonly string[]): readonly Judgement[] {
  const masked = (resource.carried ?? []).some((label) => !clear.includes(label))
  return masked ? [denial(['masked_data_used'], [])] : []
}

/**
 * First as things stand; where only obligations are in the way, once more as if they were met, which proves that
 * meeting them is enough.
 */
function judgeTarget(judge: Judge, target: Target): Judgement {
  const first = ask(judge, target, judge.held)
  if (first.allowed) return { permitted: true, reasons: [], rules: first.reasons, obligations: [] }
  const determining = first.reasons.map((id) => ruleOf(judge.book, id))
  const guards = determining.filter((rule) => rule.demand === undefined)
  if (guards.length > 0 || determining.length === 0) return denialBy(guards)
  const demands = determining.flatMap((rule) => (rule.demand === undefined ? [] : [rule.demand]))
  const second = ask(judge, target, [...judge.held, ...demands.map((demand) => demand.token)])
  if (!second.allowed) return denialBy(second.reasons.map((id) => ruleOf(judge.book, id)))
  return {
    permitted: true,
    reasons: [],
    rules: [...first.reasons, ...second.reasons],
    obligations: demands.map((demand) => demand.obligation),
  }
}

function ask(judge: Judge, target: Target, fulfilled: readonly string[]): Answer {
  return askEngine(judge.book, {
    principal: judge.principal.uid,
    action: refer('Action', target.action),
    resource: target.resource,
    context: describeContext(judge.request, fulfilled),
    entities: [judge.principal, ...target.entities],
  })
}

function askEngine(book: Rulebook, question: Question): Answer {
  const answer = book.engine.ask(question)
  if (answer.errors.length > 0)
    throw new Problem('policy_unavailable', 'The policy could not be evaluated.', {
      reason: `policies failed: ${answer.errors.join(', ')}`,
    })
  return answer
}

function judgeSight(judge: Judge, labels: readonly string[]) {
  return sortedSet(labels).map((label) => {
    const { resource, entities } = describeLabel(label)
    const answer = askEngine(judge.book, {
      principal: judge.principal.uid,
      action: refer('Action', 'see'),
      resource,
      context: describeSight(judge.request),
      entities: [judge.principal, ...entities],
    })
    return { label, answer }
  })
}

/** Approvals that were given count as met; names that no policy asks for count for nothing. */
function heldTokens(book: Rulebook, request: PolicyRequest): readonly string[] {
  const asked = new Set([...book.rules.values()].map((rule) => rule.demand?.token))
  return sortedSet(request.context.approvals.map((rule) => `approval:${rule}`).filter((token) => asked.has(token)))
}

function ruleOf(book: Rulebook, id: string): Rule {
  const rule = book.rules.get(id)
  if (rule === undefined)
    throw new Problem('policy_unavailable', 'The policy could not be evaluated.', { reason: `unknown policy ${id}` })
  return rule
}

function denialBy(rules: readonly Rule[]): Judgement {
  const codes = rules.map((rule) => rule.reason ?? 'not_permitted')
  return denial(
    codes.length === 0 ? ['not_permitted'] : codes,
    rules.map((rule) => rule.id),
  )
}

function denial(reasons: readonly ReasonCode[], rules: readonly string[]): Judgement {
  return { permitted: false, reasons, rules, obligations: [] }
}

function conclude(book: Rulebook, judgements: readonly Judgement[], labels: readonly string[]): Decision {
  const denials = judgements.filter((one) => !one.permitted)
  const deciding = denials.length > 0 ? denials : judgements
  return {
    verdict: denials.length > 0 ? 'deny' : 'permit',
    reasons: sortedSet(deciding.flatMap((one) => one.reasons)),
    rules: sortedSet(deciding.flatMap((one) => one.rules)),
    obligations: uniteObligations(deciding.flatMap((one) => one.obligations)),
    clearLabels: labels,
    policyDigest: book.policyDigest,
    schemaDigest: book.schemaDigest,
  }
}
