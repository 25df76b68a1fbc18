import type { Json, ResultColumn } from '../pipeline/ports.ts'
import type { Statement } from '../sql/statement.ts'
import { isObject, type JsonObject } from './cosmos-inputs.ts'

/** Documents as a table, so that masks can follow each member to where it came from. */
export interface DocumentTable {
  readonly data: { readonly columns: readonly string[]; readonly rows: readonly (readonly Json[])[] }
  readonly columns: readonly ResultColumn[]
}

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
  if (statement.outputs === null && plain.test(statement.text ?? '')) return tableOfItems(items, container)
  const listed = listedNames(items, statement)
  return listed === null ? tableOfValues(items) : tabulate(items.filter(isObject), listed, () => null)
}

/** Whole items of one container, as they are stored. */
export function tableOfItems(items: readonly Json[], container: string): DocumentTable {
  const documents = items.filter(isObject).map((item) => without(item, internal))
  // A dot in a member's name would read as another table.
  return tabulate(documents, null, (member) => (member.includes('.') ? null : `${container}.${member}`.toLowerCase()))
}

function tableOfValues(items: readonly Json[]): DocumentTable {
  return {
    data: { columns: ['value'], rows: items.map((item) => [item]) },
    columns: [{ name: 'value', source: null }],
  }
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

function tabulate(
  documents: readonly JsonObject[],
  listed: readonly string[] | null,
  sourceOf: (member: string) => string | null,
): DocumentTable {
  const members = listed ?? [...new Set(documents.flatMap((document) => Object.keys(document)))]
  const rows = documents.map((document) =>
    members.map((member) => (Object.hasOwn(document, member) ? (document[member] ?? null) : null)),
  )
  return {
    data: { columns: members, rows },
    columns: members.map((member) => ({ name: member, source: sourceOf(member) })),
  }
}

function without(item: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(item).filter(([member]) => !names.includes(member)))
}
