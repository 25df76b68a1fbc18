import { type GeneratedStatement, generatedInput } from '../backend/genie-call.ts'
import { Problem } from '../errors/problem.ts'
import type { Deployment, Ports } from './line.ts'
import type { Invocation, Json } from './ports.ts'
import { readAside, type SideLine } from './side-call.ts'
import { mapInputs, readAt } from './side-values.ts'
import { isRefused, type Resolved } from './stages.ts'

/**
 * The call with the generated statement that it is about, so that it is judged like any other with a statement. Throws
 * the side read's own Problem, or `input_invalid` where there is no such statement.
 */
export async function readGenerated(
  stage: Resolved,
  generated: GeneratedStatement,
  world: { readonly line: SideLine; readonly ports: Ports; readonly deployment: Deployment },
): Promise<Resolved> {
  const { invocation } = stage
  const read = { operation: generated.operation, inputs: mapInputs(generated.inputs, invocation.inputs) }
  const made = await readAside(stage, read, world)
  if (isRefused(made)) throw made.problem
  const text = findText(made.answer.data, generated, invocation.inputs[generated.input])
  if (text === undefined) throw absent(generated.input)
  return { ...stage, invocation: withStatement(invocation, generated, text) }
}

function findText(answer: Json, { list, key, text }: GeneratedStatement, wanted: Json | undefined): string | undefined {
  const items = readAt(answer, list)
  const found = Array.isArray(items) ? items.find((item: Json) => readAt(item, `/${key}`) === wanted) : undefined
  const value = found === undefined ? undefined : readAt(found as Json, `/${text}`)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function withStatement(invocation: Invocation, { dialect }: GeneratedStatement, text: string): Invocation {
  const operation = { ...invocation.operation, statement: { input: generatedInput, dialect } }
  return { ...invocation, operation, inputs: { ...invocation.inputs, [generatedInput]: text } }
}

function absent(input: string): Problem {
  return new Problem('input_invalid', 'There is no generated statement here whose result could be had.', {
    faults: [{ pointer: `/${input}`, detail: 'has no statement' }],
    next: { action: 'change_input' },
  })
}
