import { convertStr } from 'swagger2openapi'

/**
 * Reads YAML, by the reader of YAML that comes with the reader of specifications: the text becomes an extension of an
 * empty specification. Rejects what is not YAML, or is not one mapping.
 */
export async function readYaml(text: string): Promise<Readonly<Record<string, unknown>>> {
  const inner = text.replace(/^(?=[^\n])/gm, '  ')
  const frame = `openapi: 3.0.3\ninfo:\n  title: x\n  version: '1'\npaths: {}\nx-read:\n${inner}\n`
  const { openapi } = await convertStr(frame, { patch: true, warnOnly: true, resolve: false })
  const read = openapi['x-read']
  if (typeof read !== 'object' || read === null || Array.isArray(read)) throw new Error('this is not one mapping')
  return read as Readonly<Record<string, unknown>>
}

/** The published schema without what lies elsewhere: those parts are for services of other kinds, and anything passes there. */
export function withoutRemote(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutRemote)
  if (typeof schema !== 'object' || schema === null) return schema
  const { $ref, ...rest } = schema as Readonly<Record<string, unknown>>
  if (typeof $ref === 'string' && !$ref.startsWith('#')) return {}
  const kept = Object.entries(rest).filter(([name]) => name !== '$schema' && name !== '$id')
  const inner = Object.fromEntries(kept.map(([name, value]) => [name, withoutRemote(value)]))
  return $ref === undefined ? inner : { ...inner, $ref }
}
