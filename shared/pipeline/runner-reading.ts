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
  const reason = worst([reasonOfFlag(lookup, definition), reasonOfName(lookup, readings, definition)])
  return { as: reason === 'runner_is_person' ? 'person' : 'other', reason, content: digestContent(lookup, definition) }
}

type Reason = Runner['reason']

const severity: readonly Reason[] = ['runner_is_person', 'runner_not_named', 'runner_unreadable', 'runner_is_other']

/** A lookup that asks for nothing has found nobody. */
function worst(found: readonly (Reason | undefined)[]): Reason {
  const reasons = found.filter((one) => one !== undefined)
  return severity[Math.max(...reasons.map((one) => severity.indexOf(one)), -1)] ?? 'runner_not_named'
}

function reasonOfFlag({ embedded }: RunnerLookup, definition: Json): Reason | undefined {
  if (embedded === undefined) return undefined
  const flag = readAt(definition, embedded)
  if (typeof flag !== 'boolean') return 'runner_not_named'
  return flag ? 'runner_is_other' : 'runner_is_person'
}

function reasonOfName({ runner, me }: RunnerLookup, readings: Readings, definition: Json): Reason | undefined {
  if (runner === undefined) return undefined
  const name = runner.map((pointer) => readAt(definition, pointer)).find(isName)
  if (name === undefined) return 'runner_not_named'
  const own = (me?.at ?? []).map((pointer) => readAt(readings.me ?? null, pointer)).filter(isName)
  if (own.length === 0) return 'runner_unreadable'
  return own.some((one) => one.toLowerCase() === name.toLowerCase()) ? 'runner_is_person' : 'runner_is_other'
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
