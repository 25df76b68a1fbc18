import type { Decision, PolicyRequest } from './decision.ts'
import { decide } from './evaluate.ts'
import type { PolicyLanguage } from './language.ts'
import { buildRulebook, type PolicyOptions } from './loader.ts'
import type { Rule } from './rulebook.ts'
import type { MemoCount } from './slices.ts'

/** A loaded policy set. Deterministic: the same request gives the same decision, byte for byte. */
export interface Policy {
  /** Throws Problem `policy_unavailable` where the set cannot be evaluated; never permits on a failure. */
  readonly decide: (request: PolicyRequest) => Decision
  readonly policyDigest: string
  readonly schemaDigest: string
  /** Sorted by id, those that are only watched among them. */
  readonly rules: readonly Rule[]
  /** How often an answer of the engine was known already. */
  readonly memo?: () => MemoCount
}

/** Loads a policy set in the given language; see `buildRulebook` for what is refused. */
export function createPolicy(language: PolicyLanguage, options: PolicyOptions): Policy {
  const book = buildRulebook(language, options)
  return {
    decide: (request) => decide(book, request),
    policyDigest: book.policyDigest,
    schemaDigest: book.schemaDigest,
    rules: [...book.allRules.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    memo: book.count,
  }
}
