import type { Json, ResultColumn } from '../pipeline/ports.ts'

/** Documents as a table, so that masks can follow each member to where it came from. */
export interface DocumentTable {
  readonly data: { readonly columns: readonly string[]; readonly rows: readonly (readonly Json[])[] }
  readonly columns: readonly ResultColumn[]
}

type JsonObject = Readonly<Record<string, Json>>

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Whole documents of one collection, as they are stored, without members of these names. */
export function tableOfItems(items: readonly Json[], collection: string, hidden: readonly string[] = []) {
  const documents = items.filter(isObject)
  const members = [...new Set(documents.flatMap((document) => Object.keys(document)))]
  const shown = members.filter((member) => !hidden.includes(member))
  // A dot in a member's name would read as another table.
  const sourceOf = (member: string) => (member.includes('.') ? null : `${collection}.${member}`.toLowerCase())
  return tabulate(documents, shown, sourceOf)
}

/** Whatever they are, in one column of which nothing is known but the question. */
export function tableOfValues(items: readonly Json[]): DocumentTable {
  return {
    data: { columns: ['value'], rows: items.map((item) => [item]) },
    columns: [{ name: 'value', source: null }],
  }
}

/** One column a member, in this order. */
export function tabulate(
  documents: readonly JsonObject[],
  members: readonly string[],
  sourceOf: (member: string) => string | null,
): DocumentTable {
  const rows = documents.map((document) =>
    members.map((member) => (Object.hasOwn(document, member) ? (document[member] ?? null) : null)),
  )
  const columns = members.map((member) => ({ name: member, source: sourceOf(member) }))
  return { data: { columns: members, rows }, columns }
}
