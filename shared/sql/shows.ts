import type { Name, Plan } from './dialect.ts'
import type { Token } from './tokens.ts'
import { nameFrom } from './tokens-plan.ts'

/** One name as `shapeOf` writes it. */
export const namePattern = '(?:\\w+|`)(?: \\. (?:\\w+|`))*'

/** A whole statement that tells about a relation or lists what there is. */
export interface Form {
  /** The first group holds what stands before the relation's name, or all of it where there is none. */
  readonly shape: RegExp
  /** Columns that it gives, where they hold names and types and no data; masks cover the rest. */
  readonly describes?: number
}

export function form(shape: string, describes?: number): Form {
  return { shape: new RegExp(`^${shape}$`), ...(describes === undefined ? {} : { describes }) }
}

/** The plan for a statement of DESCRIBE or SHOW; one of another form is no safe read. */
export function planShow(tokens: readonly Token[], forms: readonly Form[]): Plan {
  const shape = shapeOf(tokens)
  for (const { shape: whole, describes } of forms) {
    const before = whole.exec(shape)?.[1]
    if (before === undefined) continue
    const reads = before === shape ? [] : relationAt(tokens, before.split(' ').length)
    return { effect: 'read', reads, ...(describes === undefined ? {} : { describes }) }
  }
  return { effect: 'read', dangers: ['show_other'] }
}

/** The relation named here; `t IN s` means `s.t`. */
function relationAt(tokens: readonly Token[], at: number): Name[] {
  const named = nameFrom(tokens, at)
  if (named === undefined) return []
  const schema = /^(in|from)$/i.test(tokens[named.next]?.text ?? '') ? nameFrom(tokens, named.next + 1) : undefined
  return [schema === undefined ? named.name : [...schema.name, ...named.name.slice(-1)]]
}

const marks: Partial<Record<Token['kind'], string>> = { quoted: '`', string: "'" }

/** A statement's tokens in lower case, with a mark in the place of each quoted name and of each string. */
function shapeOf(tokens: readonly Token[]): string {
  return tokens.map(({ kind, text }) => marks[kind] ?? text.toLowerCase()).join(' ')
}
