/** A JSON value of a command. */
export type Value = string | number | boolean | null | readonly Value[] | Document

export interface Document {
  readonly [member: string]: Value
}

export function isDocument(value: Value | undefined): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value)
}

/** The only member of a document that has one, as an operator has. */
export function onlyMember(document: Document): readonly [string, Value] | undefined {
  const [first, ...others] = Object.entries(document)
  return others.length === 0 ? first : undefined
}

/** How many members all documents within have. */
export function countMembers(value: Value): number {
  let count = 0
  const waiting: Value[] = [value]
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (isDocument(next)) count += Object.keys(next).length
    if (typeof next === 'object' && next !== null) waiting.push(...(Object.values(next) as Value[]))
  }
  return count
}
