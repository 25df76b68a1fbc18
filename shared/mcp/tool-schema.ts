type Schema = Readonly<Record<string, unknown>>

/** What zod adds to every integer, and no caller needs to read. */
const safeIntegers: readonly unknown[] = [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]

/**
 * A JSON Schema in the subset that every client takes: no union, reference or type list, `items` on every array. A
 * union becomes its first member, and its description says what else is taken: clients drop a tool, or all of them, for
 * one schema that they do not know. The line checks the arguments against the declaration itself, not against this.
 */
export function simplifySchema(schema: Schema): Schema {
  const union = schema.anyOf ?? schema.oneOf
  if (Array.isArray(union)) return simplifyUnion(schema, union as readonly Schema[])
  if (Array.isArray(schema.type)) return simplifyTypes(schema, schema.type as readonly string[])
  if (isOpen(schema)) return simplifySchema({ ...schema, type: 'string', description: openWords(schema) })
  return Object.fromEntries(
    Object.entries(schema)
      .filter(([, value]) => !safeIntegers.includes(value))
      .map(([name, value]) => [name, simplifyMember(name, value)]),
  )
}

/** Whatever JSON there is. */
function isOpen(schema: Schema): boolean {
  return ['type', 'enum', 'const', 'anyOf', 'oneOf'].every((word) => schema[word] === undefined)
}

function openWords({ description }: Schema): string {
  return [description, 'Any JSON value is taken.'].filter((text) => text !== undefined).join('. ')
}

function simplifyMember(name: string, value: unknown): unknown {
  if (name === 'additionalProperties' && typeof value === 'object' && isOpen(value as Schema)) return true
  if (name === 'items' || (name === 'additionalProperties' && typeof value === 'object')) {
    return simplifySchema(value as Schema)
  }
  if (name !== 'properties') return value
  const members = Object.entries(value as Readonly<Record<string, Schema>>)
  return Object.fromEntries(members.map(([member, schema]) => [member, simplifySchema(schema)]))
}

/** Types that carry no words of their own stand in a list instead of a union. */
function simplifyTypes({ type: _list, ...own }: Schema, types: readonly string[]): Schema {
  return simplifyUnion(
    own,
    types.map((type) => ({ type })),
  )
}

function simplifyUnion(
  { anyOf: _any, oneOf: _one, ...own }: Schema,
  [first = {}, ...others]: readonly Schema[],
): Schema {
  const also = [...new Set(others.map(({ type }) => String(type)))].join(', ')
  const described = [own.description, `Also taken: ${also}.`].filter((text) => text !== undefined).join('. ')
  return simplifySchema({ ...first, ...own, description: described })
}
