import type { PolyglotDialect } from './dialect.ts'
import type { Token } from './tokens.ts'
import { partOf } from './tokens-plan.ts'
import type { Node } from './tree.ts'

/**
 * Whether a tree accounts for all that its text says: every name of the text that is no word of the grammar comes back in
 * the tree, as often, and whatever is called like a function is a listed one. A parser that passes over words, or takes
 * one function for another, does not get through.
 */
export function accountsFor(tree: Node, tokens: readonly Token[], dialect: PolyglotDialect): boolean {
  const left = countWords(tree)
  return tokens.every((token, at) => {
    const name = partOf(token)
    if (name === undefined) return true
    const isCalled = tokens[at + 1]?.text === '('
    const isKnown = token.kind === 'word' && (dialect.keywords.has(name) || (isCalled && isHarmless(name, dialect)))
    return isKnown || wordsOf(name).every((part) => take(left, part))
  })
}

function isHarmless(name: string, dialect: PolyglotDialect): boolean {
  return dialect.judgeFunction(name) === undefined
}

function take(left: Map<string, number>, name: string): boolean {
  const count = left.get(name) ?? 0
  left.set(name, count - 1)
  return count > 0
}

/** How often each word occurs in the texts of a tree, lower case. */
function countWords(tree: Node): Map<string, number> {
  const counts = new Map<string, number>()
  for (const word of [...textsIn(tree)].flatMap(wordsOf)) counts.set(word, (counts.get(word) ?? 0) + 1)
  return counts
}

/** The name that a function was called by is judged by the text, so a node that only remembers it does not account for it. */
function* textsIn(tree: Node): Iterable<string> {
  const waiting: unknown[] = [tree.body]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next === 'string') yield next
    if (typeof next === 'object' && next !== null) {
      waiting.push(...Object.entries(next).flatMap(([key, value]) => (key === 'original_name' ? [] : [value])))
    }
  }
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9_\u0080-\uffff]+/g) ?? []
}
