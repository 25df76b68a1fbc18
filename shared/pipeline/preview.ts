import type { CallDescription, Preview } from '../approval/approval.ts'
import type { PreviewTemplate } from '../backend/references.ts'
import type { Problem } from '../errors/problem.ts'
import type { Deployment, Ports } from './line.ts'
import type { Json } from './ports.ts'
import { readAside, type SideLine, type SideRead } from './side-call.ts'
import { mapInputs, readAt } from './side-values.ts'
import { isRefused, type Reserved } from './stages.ts'

interface World {
  readonly line: SideLine
  readonly ports: Ports
  readonly deployment: Deployment
}

/** Milliseconds after which a request goes to its approvers without a preview. */
const previewMs = 8000

/** What is said to a voter of a call, and the version of what it refers to. */
export interface CallDescriber {
  readonly describeCall: (stage: Reserved) => Promise<CallDescription>
  readonly contentOf: (stage: Reserved) => Promise<string>
}

/**
 * Looks at a call before others are asked about it, as the person who makes it: how many rows it would touch, once, and
 * which version of its object it means, each time it comes. A preview that fails holds nothing up.
 */
export function createDescriber(world: World): CallDescriber {
  // Both are asked of the same stage, one after the other: its object is looked up once.
  const seen = new WeakMap<Reserved, Promise<string>>()
  const contentOf = (stage: Reserved) => {
    const known = seen.get(stage) ?? findVersion(stage, world)
    seen.set(stage, known)
    return known
  }
  return {
    contentOf,
    describeCall: async (stage) => {
      const [preview, content] = await Promise.all([previewCall(stage, world), contentOf(stage)])
      return { ...(preview === null ? {} : { preview }), ...bindingOf(stage, content) }
    },
  }
}

async function previewCall(stage: Reserved, world: World): Promise<Preview | null> {
  const template = stage.invocation.operation.preview
  if (template === undefined) return null
  const takenAt = new Date(world.ports.now()).toISOString()
  const lost = (note: string): Preview => ({ kind: template.kind, rows: null, takenAt, note })
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<Preview>((resolve) => {
    timer = setTimeout(() => resolve(lost('It could not be looked up in time.')), previewMs)
  })
  const looked = countRows(stage, template, world)
    .then(
      (rows): Preview => (rows === null ? lost('It could not be looked up.') : { ...lost(notes[template.kind]), rows }),
    )
    .catch(() => lost('It could not be looked up.'))
  return Promise.race([looked, late]).finally(() => clearTimeout(timer))
}

const notes: Readonly<Record<Preview['kind'], string>> = {
  planner: "The planner's estimate, which may be wrong; nothing was run.",
  count: 'Counted then; it may have changed since.',
}

async function countRows(stage: Reserved, template: PreviewTemplate, world: World): Promise<number | null> {
  const { operation, inputs, rows } = template
  const found = await ask(stage, { operation, inputs: mapInputs(inputs, stage.invocation.inputs) }, world)
  const value = 'data' in found ? readAt(found.data, rows) : undefined
  return typeof value === 'number' && Number.isFinite(value) && value >= 0 ? Math.round(value) : null
}

/** The answer as the backend gave it: only one number or version of it is used, and shown to nobody else. */
async function ask(
  stage: Reserved,
  read: SideRead,
  world: World,
): Promise<{ readonly data: Json } | { readonly problem: Problem }> {
  const made = await readAside(stage, read, world)
  return isRefused(made) ? { problem: made.problem } : { data: made.answer.data }
}

/**
 * The version of the object that a call refers to, or nothing where the call itself says it, or nobody can. Throws what
 * kept it from being known, where that may be otherwise next time: no approval is asked for on a guess.
 */
async function findVersion(stage: Reserved, world: World): Promise<string> {
  const { operation, inputs } = stage.invocation
  if (stage.runner !== undefined) return stage.runner.content
  const version = operation.references?.version
  if (version === undefined || isBoundByInput(stage)) return ''
  const read = { operation: version.operation, inputs: mapInputs(version.inputs, inputs) }
  const found = await ask(stage, read, world)
  if ('data' in found) {
    const value = readAt(found.data, version.at)
    return typeof value === 'string' ? value : ''
  }
  const { code } = found.problem
  if (code === 'policy_denied' || code === 'backend_rejected') return ''
  throw found.problem
}

/** The caller has named the version itself. */
function isBoundByInput({ invocation }: Reserved): boolean {
  const condition = invocation.operation.references?.condition
  const given = condition === undefined ? undefined : invocation.inputs[condition]
  return typeof given === 'string' && given !== '*'
}

/** The digest of the definition is bound all the same. */
const definitionNote = 'Its definition cannot: only the notebooks and files that the definition names.'
const calls = /^\s*(?:call|exec|execute)\b/i

function bindingOf(stage: Reserved, content: string): Pick<CallDescription, 'content' | 'contentNote'> {
  const { operation } = stage.invocation
  const kind = calls.test(stage.understood.statement?.text ?? '') ? 'procedure' : operation.references?.kind
  const isFree = kind === undefined && (operation.runsAs ?? 'person') === 'person'
  const isDefinition = stage.runner !== undefined && content !== ''
  if (isDefinition) return { content: 'not_bound', contentNote: definitionNote }
  if (isFree || content !== '' || (kind === 'object' && isBoundByInput(stage))) return { content: 'bound' }
  const what = kind ?? 'work'
  return { content: 'not_bound', contentNote: `The ${what} may be another by the time that the call is made.` }
}
