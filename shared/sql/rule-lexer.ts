import { match, type Token, type Tokens } from './tokens.ts'

/** A kind of token and the sticky pattern of it; what is cut as space is dropped. */
export type Rule = readonly [kind: Token['kind'] | 'space', pattern: RegExp]

/** A lexer of rules tried in order at each place. Refuses what does not end and what no rule begins with. */
export function lexerOf(rules: readonly Rule[]): (text: string) => Tokens {
  return (text) => {
    const tokens: Token[] = []
    let spaced = false
    for (let at = 0; at < text.length; ) {
      const found = cut(rules, text, at)
      if (found === undefined) return { refused: refusalAt(text, at) }
      if (found.kind !== 'space') tokens.push({ kind: found.kind, text: text.slice(at, found.end), spaced })
      spaced = found.kind === 'space'
      at = found.end
    }
    return { tokens }
  }
}

function cut(rules: readonly Rule[], text: string, at: number): { kind: Rule[0]; end: number } | undefined {
  for (const [kind, pattern] of rules) {
    const end = match(pattern, text, at)
    if (end > at) return { kind, end }
  }
  return undefined
}

function refusalAt(text: string, at: number): string {
  return /["'`[]|\/\*/y.test(text.slice(at, at + 2)) ? 'text_not_terminated' : 'token_not_known'
}
