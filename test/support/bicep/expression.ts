interface Placed {
  readonly line: number
}

/** A value as it is written: literals, names, and what is made of them. */
export type Expression = Placed &
  (
    | { readonly kind: 'string'; readonly parts: readonly (string | Expression)[] }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'boolean'; readonly value: boolean }
    | { readonly kind: 'null' }
    | { readonly kind: 'array'; readonly items: readonly Expression[] }
    | { readonly kind: 'object'; readonly members: readonly Member[]; readonly resources: readonly Inner[] }
    | { readonly kind: 'name'; readonly name: string }
    | {
        readonly kind: 'call'
        readonly of: Expression | null
        readonly name: string
        readonly args: readonly Expression[]
      }
    | { readonly kind: 'member'; readonly of: Expression; readonly name: string; readonly isSafe: boolean }
    | { readonly kind: 'index'; readonly of: Expression; readonly index: Expression }
    | { readonly kind: 'nested'; readonly of: Expression; readonly name: string }
    | { readonly kind: 'operation'; readonly operator: string; readonly operands: readonly Expression[] }
    | { readonly kind: 'choice'; readonly condition: Expression; readonly yes: Expression; readonly no: Expression }
    | { readonly kind: 'loop'; readonly names: readonly string[]; readonly over: Expression; readonly body: Expression }
    | { readonly kind: 'guarded'; readonly condition: Expression; readonly body: Expression }
    | { readonly kind: 'lambda'; readonly names: readonly string[]; readonly body: Expression }
    | { readonly kind: 'spread'; readonly of: Expression }
    | { readonly kind: 'unknown'; readonly text: string }
  )

/** A member of an object; its name is null where it is put together at run time, or spread. */
export interface Member {
  readonly line: number
  readonly name: string | null
  readonly key: Expression
  readonly value: Expression
}

/** A resource that is declared inside another. */
export interface Inner {
  readonly line: number
  readonly name: string
  readonly type: string
  readonly isExisting: boolean
  readonly value: Expression
}

/** The text of a string literal without interpolation; null for anything else. */
export function literalText(value: Expression | undefined): string | null {
  if (value?.kind !== 'string') return null
  return value.parts.every((part) => typeof part === 'string') ? value.parts.join('') : null
}

/** The member of an object literal by name. */
export function memberOf(value: Expression | undefined, name: string): Expression | undefined {
  if (value?.kind !== 'object') return undefined
  return value.members.find((member) => member.name === name)?.value
}

/** Everything that an expression is made of, itself first. */
export function walk(value: Expression): readonly Expression[] {
  return [value, ...childrenOf(value).flatMap(walk)]
}

/** What an expression is directly made of. Resources inside it are none of its parts. */
export function childrenOf(value: Expression): readonly Expression[] {
  switch (value.kind) {
    case 'string':
      return value.parts.filter((part) => typeof part !== 'string')
    case 'array':
      return value.items
    case 'object':
      return value.members.flatMap((member) => [member.key, member.value])
    case 'call':
      return [...(value.of === null ? [] : [value.of]), ...value.args]
    case 'index':
      return [value.of, value.index]
    case 'operation':
      return value.operands
    case 'choice':
      return [value.condition, value.yes, value.no]
    case 'loop':
      return [value.over, value.body]
    case 'guarded':
      return [value.condition, value.body]
    default:
      return 'of' in value ? [value.of] : 'body' in value ? [value.body] : []
  }
}
