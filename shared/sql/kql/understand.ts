import type { Lexicon } from '../gate.ts'
import { conclude, gateNested, openReader, textAt } from '../reader.ts'
import { refusedStatement } from '../refusal.ts'
import { lexerOf } from '../rule-lexer.ts'
import type { Statement } from '../statement.ts'
import { readCommand } from './commands.ts'
import type { Kql } from './state.ts'
import { readOperators, readStatements, readTabular } from './statements.ts'

/** What stands in brackets behind these words is cut at the first closing bracket, whatever is in it: only plain text may. */
const literal =
  /(?:datetime|date|timespan|time|guid|int|long|real|double|decimal|boolean|bool)[ \t\r\n]*\([ \t\r\n]*(?:[\w:.+\-/ ]*|"[\w:.+\-/ ]*"|'[\w:.+\-/ ]*')[ \t\r\n]*\)/y
const span =
  /(?:\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:microseconds?|milliseconds?|nanoseconds?|seconds?|minutes?|hours?|days?|ticks?|millis?|micros?|nanos?|secs?|mins?|hrs?|min|ms|d|h|m|s)?|0[xX][0-9a-fA-F]+)(?!\w)/y

const lexicon: Lexicon = {
  tokenize: lexerOf([
    ['space', /[ \t\r\n]+|\/\/[^\r\n]*/y],
    ['string', /[hH]?```[\s\S]*?```|[hH]?~~~[\s\S]*?~~~/y],
    ['string', /[hH]?@"(?:[^"\r\n]|"")*"|[hH]?@'(?:[^'\r\n]|'')*'/y],
    ['string', /[hH]?"(?:[^"\\\r\n]|\\[^\r\n])*"|[hH]?'(?:[^'\\\r\n]|\\[^\r\n])*'/y],
    ['number', literal],
    ['word', /in~(?!=)/y],
    ['word', /[A-Za-z_$][\w$]*/y],
    ['number', span],
    ['operator', /!in~|![a-z_]+/y],
    ['operator', /<\||=>|==|=~|!=|!~|<=|>=|<>|\.\.|[-+*/%<>=]/y],
    ['mark', /[(),.:;[\]{}|]/y],
  ]),
  writeWords: new Set(),
}

/**
 * Understands a text of the Kusto query language (Azure Monitor logs, Data Explorer, Fabric eventhouses), or a management
 * command. Reads are the tables that it names and the functions that it does not define itself, since those are somebody's
 * stored ones; a table of another database is named with what leads to it.
 */
export function understandKql(text: string): Statement {
  const gated = gateNested(text, lexicon)
  if ('refused' in gated) return refusedStatement(gated.refused)
  const kql: Kql = { ...openReader(gated.tokens, false), tabular: readTabular, operators: readOperators }
  if (textAt(kql) === '.') readCommand(kql)
  else readStatements(kql, new Map())
  return conclude(kql, gated.text)
}
