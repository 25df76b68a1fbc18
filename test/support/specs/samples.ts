import { existsSync, readFileSync } from 'node:fs'
import type { Backend } from '../../../shared/backend/define.ts'
import { mostInputs, type SampleInputs, sampleInputs } from './inputs.ts'
import type { Extent } from './sample.ts'

/** What `test/support/samples/<backend>.json` says of one operation: inputs in the place of made ones. */
export function givenInputs(backend: Backend, operation: string): SampleInputs {
  const file = new URL(`../samples/${backend.name}.json`, import.meta.url)
  if (!existsSync(file)) return {}
  const samples = JSON.parse(readFileSync(file, 'utf8')) as Readonly<Record<string, SampleInputs>>
  return samples[operation] ?? {}
}

/** Inputs of a declared operation by its name; `full` falls back to the least where not all go together. */
export function inputsOf(backend: Backend, name: string, extent: Extent): SampleInputs {
  const operation = backend.operations[name]
  if (operation === undefined) throw new Error(`${backend.name} declares no ${name}`)
  const given = givenInputs(backend, name)
  return extent === 'full' ? mostInputs(operation, given) : sampleInputs(operation, extent, given)
}
