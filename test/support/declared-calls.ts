import type { Operation } from '../../shared/backend/define.ts'
import { namesIn, type RestCall } from '../../shared/backend/rest-call.ts'
import { inputSchema } from '../../shared/openapi/schema.ts'

type Target = Parameters<typeof inputSchema>[1]

const schemas = new WeakMap<Operation, Map<Target, Readonly<Record<string, unknown>>>>()

/** An operation's inputs as JSON Schema, made once: many rules ask. */
export function schemaOfInputs(operation: Operation, target: Target): Readonly<Record<string, unknown>> {
  const made = schemas.get(operation) ?? new Map<Target, Readonly<Record<string, unknown>>>()
  schemas.set(operation, made)
  const schema = made.get(target) ?? inputSchema(operation, target)
  made.set(target, schema)
  return schema
}

/** The inputs that a call template takes, by name, whatever its technology; a paged one takes the cursor. */
export function inputsTaken(operation: Operation): readonly string[] {
  const { call } = operation
  if (call.technology === 'rest') return takenByRest(call)
  // The body is made of the inputs under their own names.
  if (call.technology === 'openai') {
    const names = Object.keys(schemaOfInputs(operation, 'draft-2020-12').properties ?? {})
    return [...namesIn(call.path), ...Object.values(call.inputs), ...(call.own ?? []), ...names]
  }
  const { inputs, statement, ...more } = call as { readonly inputs?: object; readonly statement?: object | string }
  const fixed =
    call.technology === 'databricks' ? Object.values(call.fixed?.values ?? {}).map(({ input }) => input) : []
  const further = 'arguments' in more ? textsIn(more.arguments) : fixed
  const path = 'path' in call ? namesIn(String(call.path)) : []
  return [...path, ...textsIn(inputs), ...takenByStatement(statement), ...further]
}

function takenByRest(call: RestCall): readonly string[] {
  const { query = [], body = [], range, content, template, document, page } = call
  const texts = [call.path, ...Object.values(call.fixedQuery ?? {}), ...Object.values(call.headers ?? {})]
  const filled = [...texts, ...textsIn(template)].flatMap(namesIn)
  const asked = Array.isArray(query) ? query : Object.values(query)
  const parts = [...Object.values({ ...range }), ...Object.values({ ...content })]
  return [
    ...filled,
    ...asked,
    ...body,
    ...parts,
    ...(document === undefined ? [] : [document]),
    ...(page === undefined ? [] : ['cursor']),
  ]
}

function takenByStatement(statement: object | string | undefined): readonly string[] {
  if (typeof statement === 'string') return [statement]
  const { from, text, values } = (statement ?? {}) as {
    readonly from?: string
    readonly text?: string
    readonly values?: string | readonly string[]
  }
  const given = values === undefined ? [] : [values].flat()
  // In a text of ours `{name}` takes an input.
  return from === 'input' && text !== undefined ? [text, ...given] : [...given, ...namesIn(text ?? '')]
}

/** Every text in a value, however deep. */
export function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(textsIn)
}

/** Inputs that an operation uses beside its call: to be judged by, to look things up with. */
export function inputsUsedBeside(operation: Operation): readonly string[] {
  const { statement, command, object, runsAs, preview, references, compares } = operation
  const lookup = typeof runsAs === 'object' ? textsIn(runsAs).flatMap(namesIn) : []
  return [
    statement?.input,
    command?.input,
    object,
    ...lookup,
    ...textsIn(preview),
    ...textsIn(references),
    ...Object.keys(compares ?? {}),
  ].filter((each) => each !== undefined)
}
