import type { Reader } from '../reader.ts'

/** What a name of a query stands for: a whole container's item, or something made of members of one. */
export interface Binding {
  readonly whole: boolean
  readonly mentions: readonly string[]
  /** What each member is made of, where a subquery lists them. */
  readonly fields?: ReadonlyMap<string, readonly string[]>
}

/** Names by their exact spelling: aliases are case-sensitive. */
export type Scope = ReadonlyMap<string, Binding>

/** A query's result: what each of its columns is made of, and what its name stands for where it is a source. */
export interface Selected {
  readonly outputs: readonly (readonly string[])[] | null
  readonly binding: Binding
}

export interface Cosmos extends Reader {
  readonly query: (cosmos: Cosmos, scope: Scope) => Selected
}

/** Where an expression stands: the names it may use, and where the members that it mentions are noted. */
export interface Place {
  readonly scope: Scope
  readonly sink: Set<string>
}

export const wholeItem: Binding = { whole: true, mentions: [] }

/** What is left of a binding behind a member. */
export function memberOf(binding: Binding, member: string): Binding {
  const name = member.toLowerCase()
  if (binding.whole) return { whole: false, mentions: [name] }
  if (binding.fields !== undefined) return { whole: false, mentions: binding.fields.get(member) ?? ['*'] }
  return { whole: false, mentions: [...binding.mentions, name] }
}

/** All that a binding may give away. */
export function membersOf({ whole, mentions, fields }: Binding): readonly string[] {
  if (whole) return ['*']
  return fields === undefined ? mentions : [...fields.values()].flat()
}

/** Words that name nothing: constants, and what the grammar keeps for itself. */
export const constants: ReadonlySet<string> = new Set(['true', 'false', 'null', 'undefined', 'infinity', 'nan'])

export const reserved: ReadonlySet<string> = new Set(
  `select distinct top value from join in where group order by rank offset limit as and or not between like escape
  exists array asc desc having union insert update delete drop create alter into exec execute udf`.split(/\s+/),
)
