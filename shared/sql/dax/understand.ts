import type { Lexicon } from '../gate.ts'
import { conclude, countPieces, gateNested, openReader, textAt } from '../reader.ts'
import { refusedStatement } from '../refusal.ts'
import { lexerOf } from '../rule-lexer.ts'
import type { Statement } from '../statement.ts'
import { readQuery } from './query.ts'

const lexicon: Lexicon = {
  tokenize: lexerOf([
    ['space', /[ \t\r\n]+|--[^\r\n]*|\/\/[^\r\n]*|\/\*[\s\S]*?\*\//y],
    ['string', /"(?:[^"]|"")*"/y],
    ['quoted', /'(?:[^'\r\n]|'')+'/y],
    // A column's name may have any sign in it.
    ['string', /\[(?:[^\]\r\n]|\]\])+\]/y],
    ['parameter', /@[A-Za-z_]\w*/y],
    ['word', /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*(?:\.[A-Za-z0-9_]+)*/y],
    ['number', /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?!\w)/y],
    ['operator', /&&|\|\||<>|<=|>=|==|[-+*/^&=<>!]/y],
    ['mark', /[(),.:;{}]/y],
  ]),
  writeWords: new Set(),
}

/**
 * Understands a DAX query (DEFINE and EVALUATE, Microsoft Learn, "DAX queries"), which can only read. Reads are the tables
 * that it names; measures and relationships reach tables that no text names, so labels of a semantic model hold for the
 * whole of it: what a measure may look at is `*`.
 */
export function understandDax(text: string): Statement {
  const gated = gateNested(text, lexicon)
  if ('refused' in gated) return refusedStatement(gated.refused)
  const dax = openReader(gated.tokens)
  const isQuery = ['define', 'evaluate'].includes(textAt(dax))
  if (!isQuery) return refusedStatement('statement_not_listed', countPieces(gated.tokens))
  dax.beyond = true
  readQuery(dax)
  return conclude(dax, gated.text)
}
