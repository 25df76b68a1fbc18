import type { PolicyJson, Question } from './language.ts'
import { walk } from './policy-shape.ts'

/** The attributes of the context that policies look at; null where one of them may look at all. */
export function contextMentions(policies: readonly PolicyJson[]): ReadonlySet<string> | null {
  const named = new Set<string>()
  let reads = 0
  let uses = 0
  for (const node of walk(policies.map(({ conditions }) => conditions))) {
    if (node.Var === 'context') uses += 1
    const { left, attr } = node as { readonly left?: { readonly Var?: unknown }; readonly attr?: unknown }
    if (left?.Var !== 'context' || typeof attr !== 'string') continue
    named.add(attr)
    reads += 1
  }
  return reads === uses ? named : null
}

/** The question without what nobody looks at: two that are alike here have the same answer. */
export function reduceQuestion(question: Question, mentioned: ReadonlySet<string> | null): Question {
  if (mentioned === null) return question
  const context = Object.fromEntries(Object.entries(question.context).filter(([name]) => mentioned.has(name)))
  return { ...question, context }
}
