import type { Effect } from './effect.ts'
import type { SideTemplate } from './references.ts'

/**
 * Whose identity does the work: the caller's (`person`, also where nothing is said), somebody else's (`other`), or that
 * of whoever a definition names, which is then read with the person's own token before the call is decided. Where it
 * cannot be read, or names anybody else, the call counts as `other`.
 */
export type RunsAs = 'person' | 'other' | RunnerLookup

/** Where the definition of a job or dashboard says who it runs as. Both reads are operations of the same backend. */
export interface RunnerLookup {
  readonly definition: SideTemplate
  /** Pointers to the runner's name in the definition; the first that is there counts. */
  readonly runner?: readonly string[]
  /** A member of the definition, and its values that mean that whoever asks is the runner, whatever else is there. */
  readonly own?: { readonly at: string; readonly values: readonly (string | boolean)[] }
  /** A read that names the person in the same words, and pointers to the names. Needed where `runner` is given. */
  readonly me?: SideTemplate & { readonly at: readonly string[] }
  /** What a call does that runs as the person; as somebody else it is what the operation declares, the worst. */
  readonly effect: Effect
  /** Pointers to the parts of the definition that an approval binds. */
  readonly content: readonly string[]
  /** Pointer to a mark that the definition goes on elsewhere, so that it cannot be bound. */
  readonly more?: string
}

/** What a lookup found, before the call is decided. */
export interface Runner {
  readonly as: 'person' | 'other'
  /** Why: goes into the reasons of a refusal and into the row. */
  readonly reason: 'runner_is_person' | 'runner_is_other' | 'runner_not_named' | 'runner_unreadable'
  /** SHA-256 (hex) of what was read of the definition; empty where it is not known whole. */
  readonly content: string
}

/** What is assumed of a call while nobody has looked yet: that the definition names the person. Null where none is looked at. */
export function assumePerson({ runsAs }: { readonly runsAs?: RunsAs }): { effect: Effect; runner: Runner } | null {
  if (typeof runsAs !== 'object') return null
  return { effect: runsAs.effect, runner: { as: 'person', reason: 'runner_is_person', content: '' } }
}
