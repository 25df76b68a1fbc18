import type { Lexicon } from '../gate.ts'
import { accept, conclude, countPieces, gateNested, openReader, textAt } from '../reader.ts'
import { refusedStatement } from '../refusal.ts'
import { lexerOf } from '../rule-lexer.ts'
import type { Statement } from '../statement.ts'
import { readQuery } from './query.ts'
import type { Cosmos } from './scope.ts'

const lexicon: Lexicon = {
  tokenize: lexerOf([
    ['space', /[ \t\r\n]+|--[^\r\n]*|\/\*[\s\S]*?\*\//y],
    ['string', /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"/y],
    ['parameter', /@[A-Za-z_]\w*/y],
    ['word', /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y],
    ['number', /0x[0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y],
    ['operator', />>>|\|\||\?\?|!=|<>|<=|>=|<<|>>|[=<>+\-*/%&|^~?]/y],
    ['mark', /[(),.:;[\]{}]/y],
  ]),
  writeWords: new Set(),
}

/**
 * Understands a query of Azure Cosmos DB for NoSQL, which has SELECT and nothing else (Microsoft Learn, "Queries in Azure
 * Cosmos DB for NoSQL"). The read is of the name in FROM, which stands for the container that the request goes to and can be any name; who knows the container has to put it there. A
 * nested member is mentioned by every part of its path, so that a label holds on whichever part it stands.
 */
export function understandCosmos(text: string): Statement {
  const gated = gateNested(text, lexicon)
  if ('refused' in gated) return refusedStatement(gated.refused)
  const { tokens } = gated
  const cosmos: Cosmos = { ...openReader(tokens), beyond: true, query: readQuery }
  if (textAt(cosmos) !== 'select') return refusedStatement('statement_not_listed', countPieces(tokens))
  const { outputs, binding } = readQuery(cosmos, new Map())
  cosmos.statements = 1
  cosmos.outputs = outputs?.map((mentions) => ({ mentions })) ?? null
  const names = [...(binding.fields?.keys() ?? [])]
  if (names.length === outputs?.length) cosmos.names = names.map((name) => (name.startsWith('$') ? null : name))
  const ended = tokens.length - (tokens.at(-1)?.text === ';' ? 1 : 0)
  if (cosmos.at === ended) while (accept(cosmos, ';'));
  return conclude(cosmos, gated.text.replace(/;$/, '').trimEnd())
}
