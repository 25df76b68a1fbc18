import type { Effect } from '../backend/effect.ts'
import type { CallVerdict } from './calls.ts'
import type { Lexicon } from './gate.ts'
import type { Dialect } from './statement.ts'
import type { Token } from './tokens.ts'

/** What the first words of one statement tell, and which parts of it a parser must read. */
export interface Plan {
  readonly effect: Effect
  readonly dangers?: readonly string[]
  /** Relations named outside the parts that are parsed, by their parts, lower case. */
  readonly reads?: readonly Name[]
  readonly writes?: readonly Name[]
  /** Queries or changes to be parsed and walked, each a statement by itself. */
  readonly parts?: readonly (readonly Token[])[]
  /** Only plans or describes what its part would give. */
  readonly plans?: boolean
  /** How many columns it gives that hold names and types, no data. */
  readonly describes?: number
}

export type Name = readonly string[]

/**
 * The name of what a change changes in a query made of the change, which does not read it. No text can have it: the gate
 * lets no such letter pass.
 */
export const changedRelation = '\u2190'

/** What a dialect that polyglot parses adds to what all of them share. */
export interface PolyglotDialect {
  /** As polyglot calls it too. */
  readonly name: Dialect
  readonly lexicon: Lexicon
  /** Undefined where nobody listed such a statement. */
  readonly plan: (tokens: readonly Token[]) => Plan | undefined
  /** Cuts a text into statements where semicolons alone do not. */
  readonly split?: (tokens: readonly Token[]) => readonly (readonly Token[])[]
  /** Judges a function by its unqualified name in lower case; undefined where it is harmless. */
  readonly judgeFunction: (name: string) => CallVerdict | undefined
  /** Dangers of reading or writing a relation of that name. */
  readonly judgeRelation: (name: Name) => readonly string[]
  /** Whether a relation of that name is none of a catalog: its dangers count, but it is no object. */
  readonly isNoRelation?: (name: Name) => boolean
  /** Whether WHERE may name an output column, as Snowflake's does. */
  readonly conditionsSeeAliases?: boolean
  /**
   * Whether a name means a row of that name before a column. Such names are given as qualifiers, too: who knows a column of
   * that name has to count it.
   */
  readonly rowsComeFirst?: boolean
  /** Words with a meaning of their own before a relation, which polyglot takes for its name. */
  readonly relationWords: ReadonlySet<string>
  /** Words of the grammar; every other unquoted word must come back in the tree. */
  readonly keywords: ReadonlySet<string>
  /** Functions that give more rows or columns than one, with the column names they give (none: unknown). */
  readonly generators: ReadonlyMap<string, readonly string[]>
  /** Functions that, wherever they stand, take away rows for which they have no value. */
  readonly sieves: ReadonlySet<string>
  /** Functions whose first of three arguments is a unit of time, a word of the grammar and no column. */
  readonly unitFunctions: ReadonlySet<string>
  /** Functions that call a lambda with the elements of their arguments. */
  readonly lambdas: ReadonlySet<string>
}
