import type { Schema } from '../../../infra/local/specs/schema.ts'
import type { Backend, Operation } from '../../../shared/backend/define.ts'
import type { Json } from '../../../shared/pipeline/ports.ts'
import { schemaOfInputs } from '../declared-calls.ts'
import { type Extent, sampleOf, textLike } from './sample.ts'

export type SampleInputs = Readonly<Record<string, Json>>

/**
 * Inputs of an operation as its schema parses them: the least that is valid or every input, those given in the place
 * of made ones (undefined leaves one out). Throws, naming the faults, where the schema refuses them.
 */
export function sampleInputs(
  operation: Operation,
  extent: Extent,
  given: Readonly<Record<string, Json | undefined>> = {},
): SampleInputs {
  const made = sampleOf(schemaOfInputs(operation, 'draft-2020-12') as Schema, extent) as SampleInputs
  const chosen = Object.entries({ ...made, ...given }).filter(([, value]) => value !== undefined)
  // A cursor is made by the gateway; nobody else can.
  const inputs = Object.fromEntries(chosen.filter(([name]) => name !== 'cursor' || given.cursor !== undefined))
  const parsed = operation.inputs().safeParse(inputs)
  if (!parsed.success)
    throw new Error(
      `no sample inputs: ${JSON.stringify(parsed.error.issues.map(({ path, message }) => [path.join('/'), message]))}`,
    )
  return parsed.data as SampleInputs
}

/** Every input where the schema takes them together, else the least. */
export function mostInputs(operation: Operation, given: Readonly<Record<string, Json | undefined>> = {}): SampleInputs {
  try {
    return sampleInputs(operation, 'full', given)
  } catch {
    return sampleInputs(operation, 'least', given)
  }
}

/** A value for each that a deployment would set; optional ones too. */
export function sampleValues(backend: Backend): Readonly<Record<string, string>> {
  const values = Object.entries(backend.values ?? {})
  return Object.fromEntries(
    values.map(([name, { pattern }]) => [name, pattern === undefined ? 'a' : textLike(pattern)]),
  )
}
