import type { Decision, PolicyRequest } from './decision.ts'
import { decide, listDetermining } from './evaluate.ts'
import type { PolicyLanguage } from './language.ts'
import { buildRulebook, type PolicyOptions } from './loader.ts'
import type { Rule } from './rulebook.ts'
import type { MemoCount } from './slices.ts'

/** Where a set comes from. */
export interface PolicyOrigin {
  readonly source: 'package' | 'release'
  /** ISO 8601 UTC. */
  readonly loaded: string
  /** Of a release: its number, its digest, its notes, and the fingerprints of the keys that signed it. */
  readonly version?: number
  readonly digest?: string
  readonly notes?: string
  readonly signers?: readonly string[]
}

/** A loaded policy set. Deterministic: the same request gives the same decision, byte for byte. */
export interface Policy {
  /** Throws Problem `policy_unavailable` where the set cannot be evaluated; never permits on a failure. */
  readonly decide: (request: PolicyRequest) => Decision
  /** Ids of all policies that have a part in it, as if those that are only watched had one too. For tests of a set. */
  readonly determining?: (request: PolicyRequest) => readonly string[]
  readonly policyDigest: string
  readonly schemaDigest: string
  /** Sorted by id, those that are only watched among them. */
  readonly rules: readonly Rule[]
  /** How often an answer of the engine was known already. */
  readonly memo?: () => MemoCount
  readonly origin?: PolicyOrigin
}

/** Loads a policy set in the given language; see `buildRulebook` for what is refused. */
export function createPolicy(language: PolicyLanguage, options: PolicyOptions): Policy {
  const book = buildRulebook(language, options)
  return {
    decide: (request) => decide(book, request),
    determining: (request) => listDetermining(book, request),
    policyDigest: book.policyDigest,
    schemaDigest: book.schemaDigest,
    rules: [...book.allRules.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
    memo: book.count,
  }
}
