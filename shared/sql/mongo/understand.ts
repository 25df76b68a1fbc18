import type { Lexicon } from '../gate.ts'
import { conclude, gateNested, openReader } from '../reader.ts'
import { refusedStatement } from '../refusal.ts'
import { lexerOf } from '../rule-lexer.ts'
import type { Statement } from '../statement.ts'
import type { Token } from '../tokens.ts'
import { readCommand } from './command.ts'
import { countMembers, isDocument, type Value } from './document.ts'
import type { Mongo } from './state.ts'

const lexicon: Lexicon = {
  tokenize: lexerOf([
    ['space', /[ \t\r\n]+/y],
    ['string', /"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[0-9a-fA-F]{4})*"/y],
    ['word', /(?:true|false|null)(?!\w)/y],
    ['number', /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])/y],
    ['mark', /[,:[\]{}]/y],
  ]),
  writeWords: new Set(),
}

/**
 * Understands a command of MongoDB as one JSON document, values beyond JSON in Extended JSON; its first member names the
 * command. A member that stands twice is refused, since who reads it decides which of the two counts.
 */
export function understandMongo(text: string): Statement {
  const gated = gateNested(text, lexicon)
  if ('refused' in gated) return refusedStatement(gated.refused)
  const { tokens } = gated
  const command = parse(gated.text)
  if (!isDocument(command)) return refusedStatement('json_malformed')
  if (countMembers(command) !== countWritten(tokens)) return refusedStatement('member_twice', 1)
  const mongo: Mongo = { ...openReader(tokens), database: '' }
  mongo.statements = 1
  readCommand(mongo, command)
  mongo.at = tokens.length
  return conclude(mongo, gated.text)
}

function parse(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value
  } catch {
    return undefined
  }
}

function countWritten(tokens: readonly Token[]): number {
  return tokens.filter(({ kind }, at) => kind === 'string' && tokens[at + 1]?.text === ':').length
}
