import type { Effect } from '../../backend/effect.ts'
import { words } from '../calls.ts'
import { accept, countPieces, expect, isAtEnd, next, note, peek, textAt } from '../reader.ts'
import { readNameIf } from './literal.ts'
import type { Kql } from './state.ts'
import { readStatements } from './statements.ts'

const effects: ReadonlyMap<string, Effect> = new Map([
  ...words('drop delete clear purge undo replace').map((verb) => [verb, 'delete'] as const),
  ...words('ingest set append set-or-append set-or-replace export move').map((verb) => [verb, 'write'] as const),
  ['show', 'read'],
])

/** Words between a verb and the object's name. */
const kinds: ReadonlySet<string> = new Set(
  words(`async inline into table tables function functions materialized-view materialized-views external column columns
    database databases if ifexists ifnotexists not exists extents extent from to policy cluster continuous-export mapping
    or verbose`),
)

/**
 * Reads a management command (Kusto documentation, "Management commands"), which begins with a dot and is never a plain
 * read. A command that somebody may add tomorrow is of the worst effect.
 */
export function readCommand(kql: Kql): void {
  expect(kql, '.')
  const verb = readHyphenated(kql)
  const effect = effects.get(verb) ?? 'admin'
  kql.statements = countPieces(kql.tokens)
  note(kql, effect, 'management_command')
  if (verb === 'export') note(kql, effect, 'export')
  if (verb === 'execute') note(kql, effect, 'execute_script')
  const target = readTarget(kql)
  if (target !== '') (effect === 'read' ? kql.reads : kql.writes).add(target)
  while (!isAtEnd(kql) && textAt(kql) !== '<|') next(kql)
  if (!accept(kql, '<|') || verb === 'ingest') {
    kql.at = kql.tokens.length
    return
  }
  const pieces = kql.statements
  readStatements(kql, new Map())
  kql.statements = pieces
  kql.outputs = null
}

function readHyphenated(kql: Kql): string {
  let name = next(kql).text
  while (textAt(kql) === '-' && !peek(kql).spaced && !peek(kql, 1).spaced) name += next(kql).text + next(kql).text
  return name.toLowerCase()
}

/** The first name that is no word of the commands' own, with what stands behind its dots. */
function readTarget(kql: Kql): string {
  while (kinds.has(textAt(kql)) || textAt(kql) === '(' || isHyphenated(kql)) readHyphenated(kql)
  const quoted = readNameIf(kql)
  if (quoted === undefined && peek(kql).kind !== 'word') return ''
  const parts = [quoted?.toLowerCase() ?? readHyphenated(kql)]
  while (accept(kql, '.')) parts.push(readHyphenated(kql))
  return parts.join('.')
}

/** `materialized-view`, `continuous-export` and other kinds of objects. */
function isHyphenated(kql: Kql): boolean {
  return peek(kql).kind === 'word' && textAt(kql, 1) === '-' && !peek(kql, 1).spaced
}
