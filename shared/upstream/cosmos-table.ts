import type { Json } from '../pipeline/ports.ts'
import type { Statement } from '../sql/statement.ts'
import { type DocumentTable, isObject, tableOfItems, tableOfValues, tabulate } from './document-table.ts'

/** Addresses within the service that no agent has a use for. */
const internal: readonly string[] = ['_rid', '_self', '_attachments', '_lsn']

const name = '(?!(?:where|order|offset)\\b)[a-z_]\\w*'
/** `SELECT *` of the container's own items: anything else that `*` may stand for could have renamed its members. */
const plain = new RegExp(
  `^\\s*select\\s+(top\\s+(\\d+|@\\w+)\\s+)?\\*\\s+from\\s+${name}(\\s+(as\\s+)?${name})?\\s*(;\\s*)?($|where\\b|order\\b|offset\\b)`,
  'i',
)

/**
 * The answer to a query. Members keep their sources only where the query takes whole items; columns of a list are named
 * as it names them. Wherever a name could mean two things all is one column, which the query was not understood to give,
 * so that the strictest label of the container holds for it; the same of `SELECT VALUE`, which gives one.
 */
export function tableOfQuery(items: readonly Json[], statement: Statement, container: string): DocumentTable {
  if (statement.outputs === null && plain.test(statement.text ?? '')) return tableOfStored(items, container)
  const listed = listedNames(items, statement)
  return listed === null ? tableOfValues(items) : tabulate(items.filter(isObject), listed, () => null)
}

/** Whole items of one container, as they are stored. */
export function tableOfStored(items: readonly Json[], container: string): DocumentTable {
  return tableOfItems(items, container, internal)
}

/**
 * The members under the names that the query gives them, in its order; null where some column has no name of its own,
 * two have one, or an item has another member: then nobody can say which is made of what.
 */
function listedNames(items: readonly Json[], { outputs, names = [] }: Statement): readonly string[] | null {
  const known = names.filter((one): one is string => one !== null)
  const isClear = outputs !== null && known.length === outputs.length && new Set(known).size === known.length
  if (!isClear || !items.every(isObject)) return null
  const members = [...new Set(items.filter(isObject).flatMap((item) => Object.keys(item)))]
  const byName = new Map(members.map((member) => [member.toLowerCase(), member]))
  if (byName.size !== members.length || members.some((member) => !known.includes(member.toLowerCase()))) return null
  return known.map((one) => byName.get(one) ?? one)
}
