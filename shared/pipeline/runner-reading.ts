import { createHash } from 'node:crypto'
import { canonicalInputs } from '../backend/canonical-inputs.ts'
import type { Runner, RunnerLookup } from '../backend/runner.ts'
import type { Json } from './ports.ts'
import { readAt } from './side-values.ts'

/** What was read; undefined where it could not be. */
export interface Readings {
  readonly definition: Json | undefined
  readonly me: Json | undefined
}

/** Who a definition runs as. Whatever is not certainly the person is somebody else. */
export function judgeRunner(lookup: RunnerLookup, readings: Readings): Runner {
  const { definition } = readings
  if (definition === undefined) return { as: 'other', reason: 'runner_unreadable', content: '' }
  const reason = isOwn(lookup, definition) ? 'runner_is_person' : reasonOf(lookup, readings, definition)
  return { as: reason === 'runner_is_person' ? 'person' : 'other', reason, content: digestContent(lookup, definition) }
}

function isOwn({ own }: RunnerLookup, definition: Json): boolean {
  const value = own === undefined ? undefined : readAt(definition, own.at)
  return own?.values.some((one) => one === value) ?? false
}

function reasonOf({ own, runner = [], me }: RunnerLookup, readings: Readings, definition: Json): Runner['reason'] {
  const name = runner.map((pointer) => readAt(definition, pointer)).find(isName)
  if (name === undefined) {
    const isSaid = own !== undefined && readAt(definition, own.at) !== undefined
    return isSaid ? 'runner_is_other' : 'runner_not_named'
  }
  const names = (me?.at ?? []).map((pointer) => readAt(readings.me ?? null, pointer)).filter(isName)
  if (names.length === 0) return 'runner_unreadable'
  return names.some((one) => one.toLowerCase() === name.toLowerCase()) ? 'runner_is_person' : 'runner_is_other'
}

function isName(value: Json | undefined): value is string {
  return typeof value === 'string' && value !== ''
}

/** Nothing where a part is missing or the definition goes on elsewhere: half of it binds nothing. */
function digestContent({ content, more, runner = [] }: RunnerLookup, definition: Json): string {
  const parts = content.map((pointer) => (pointer === '' ? definition : readAt(definition, pointer)))
  const goesOn = more !== undefined && ![undefined, null, false, ''].includes(readAt(definition, more) as null)
  const isWhole = parts.length > 0 && parts.every((part) => part !== undefined)
  if (goesOn || !isWhole) return ''
  const names = runner.map((pointer) => readAt(definition, pointer) ?? null)
  return createHash('sha256')
    .update(canonicalInputs([...(parts as readonly Json[]), names]))
    .digest('hex')
}
