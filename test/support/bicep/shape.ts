import type { Node } from 'web-tree-sitter'
import { literalText } from './expression.ts'
import { type Parsed, partsOf, startAt } from './grammar.ts'
import { readExpression } from './read-expression.ts'

/** The declared type of a parameter or output. */
export type Shape =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string | number | boolean }
  | { readonly kind: 'union'; readonly of: readonly Shape[] }
  | { readonly kind: 'array'; readonly of: Shape }
  | { readonly kind: 'record'; readonly members: Readonly<Record<string, Shape>> }
  | { readonly kind: 'nullable'; readonly of: Shape }
  | { readonly kind: 'alias'; readonly name: string }
  | { readonly kind: 'any' }

const any: Shape = { kind: 'any' }

/** Reads a declared type. What is none of the known kinds may be anything. */
export function readShape(node: Node | undefined, file: Parsed): Shape {
  if (node === undefined) return any
  const parts = partsOf(node)
  const first = () => readShape(parts[0], file)
  switch (node.type) {
    case 'type':
    case 'parenthesized_type':
      return first()
    case 'primitive_type':
      return { kind: 'primitive', name: node.text }
    case 'array_type':
      return { kind: 'array', of: first() }
    case 'nullable_type':
      return { kind: 'nullable', of: first() }
    case 'union_type':
      return { kind: 'union', of: parts.map((part) => readShape(part, file)) }
    case 'object':
      return readRecord(parts, file)
    case 'identifier':
      return readWord(node.text)
    default:
      return readLiteral(node, file)
  }
}

const primitives = new Set(['string', 'int', 'bool', 'object', 'array', 'secureString', 'secureObject'])

function readWord(name: string): Shape {
  return primitives.has(name) ? { kind: 'primitive', name } : { kind: 'alias', name }
}

function readRecord(properties: readonly Node[], file: Parsed): Shape {
  const members = properties
    .filter(({ type }) => type === 'object_property')
    .map((property) => {
      const [key, value] = partsOf(property)
      return [(key?.text ?? '').replace(/\?$/, ''), readShape(value, file)]
    })
  return { kind: 'record', members: Object.fromEntries(members) }
}

function readLiteral(node: Node, file: Parsed): Shape {
  const value = readExpression(startAt(file, node))
  const text = literalText(value)
  if (text !== null) return { kind: 'literal', value: text }
  return value.kind === 'number' || value.kind === 'boolean' ? { kind: 'literal', value: value.value } : any
}
