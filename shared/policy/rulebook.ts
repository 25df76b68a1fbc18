import type { Annotated } from './annotations.ts'
import type { Engine } from './language.ts'
import type { Directory } from './schema.ts'

/** One policy as the evaluation knows it. */
export interface Rule extends Annotated {
  readonly effect: 'permit' | 'forbid'
}

/** A loaded set: the engine that answers, what its policies demand, and the digests that a row records. */
export interface Rulebook {
  readonly engine: Engine
  /** Of the policies that decide; those that are only watched are not among them. */
  readonly rules: ReadonlyMap<string, Rule>
  /** The same with the policies that are only watched, as if they decided too; absent where there are none. */
  readonly trial?: { readonly engine: Engine; readonly rules: ReadonlyMap<string, Rule> }
  readonly directory: Directory
  readonly policyDigest: string
  readonly schemaDigest: string
}
