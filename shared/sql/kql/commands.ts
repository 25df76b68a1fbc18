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
  words(`async inline into table tables function functions external column columns database databases if ifexists
    ifnotexists not exists extents extent all from to policy cluster mapping or verbose`),
)

/**
 * Reads a management command (Kusto documentation, "Management commands"), which begins with a dot and is never a plain
 * read. A command that somebody may add tomorrow is of the worst effect.
 */
export function readCommand(kql: Kql): void {
  expect(kql, '.')
  const verb = readHyphenated(kql)
  const effect = effects.get(verb) ?? 'admin'
  note(kql, effect, 'management_command')
  if (verb === 'export' || verb === 'execute') note(kql, effect, `${verb}_command`)
  readTargets(kql, { verb, effect })
  const statements = countPieces(kql.tokens)
  if (accept(kql, '<|') && !raw.has(verb)) readStatements(kql, new Map())
  else kql.at = kql.tokens.length
  kql.statements = statements
  kql.outputs = null
}

/** Commands that are followed by data, other commands or half a query. */
const raw: ReadonlySet<string> = new Set(words('ingest execute purge'))

/** What is changed: the first name, and those that are said to be tables. What is shown counts where it is a table. */
function readTargets(kql: Kql, { verb, effect }: { verb: string; effect: Effect }): void {
  const isTable = textAt(kql).startsWith('table')
  const first = readTarget(kql)
  const names = verb === 'export' || first === '' || (effect === 'read' && !isTable) ? [] : [first]
  while (isTable && accept(kql, ',')) names.push(readTarget(kql))
  while (!isAtEnd(kql) && textAt(kql) !== '<|') {
    const saysTable = next(kql).text === 'table'
    if (saysTable && peek(kql).kind === 'word') names.push(readTarget(kql))
  }
  for (const name of names) (effect === 'read' ? kql.reads : kql.writes).add(name)
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
