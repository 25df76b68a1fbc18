import type { Json } from '../pipeline/ports.ts'
import { unclassifiedLabel } from './labels.ts'
import { descend, escapeToken, type PointerTree } from './pointer.ts'
import { nameForReport, type Report } from './report.ts'
import type { Rulebook } from './rulebook.ts'
import { cleanValue, isSignedLink, removed } from './secrets.ts'
import { applyTreatment, type Tokenizer } from './treatment.ts'

/** What masking a tree takes. */
export interface TreeJob {
  readonly data: Json
  /** Labels by pointer; null where the operation has none, so that only secrets are taken out. */
  readonly labels: PointerTree | null
  readonly rulebook: Rulebook
  readonly tokens: Tokenizer
  readonly report: Report
}

/** A place in the answer: its path with `*` for items, what the pointers say about it, what it inherits from above. */
interface Place {
  readonly path: string
  readonly nodes: readonly PointerTree[]
  readonly inherited: readonly string[]
}

const gone = Symbol('dropped')

/**
 * Masks an answer by pointers. A label covers everything below it that has none of its own; a member that no pointer
 * covers is dropped and reported as unclassified; where pointers disagree the strictest counts. Paths use `*` for items.
 */
export function maskTree(job: TreeJob): Json {
  if (job.labels === null) return clean(job.data, '', job)
  const masked = maskAt(job.data, { path: '', nodes: [job.labels], inherited: [] }, job)
  return masked === gone ? null : masked
}

function maskAt(value: Json, place: Place, job: TreeJob): Json | typeof gone {
  const own = place.nodes.flatMap(({ label }) => label ?? [])
  const here = { ...place, inherited: own.length > 0 ? own : place.inherited }
  if (isContainer(value) && place.nodes.some(({ children }) => children.size > 0)) return maskInside(value, here, job)
  return maskWhole(value, here, job)
}

function maskInside(value: Json, place: Place, job: TreeJob): Json {
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => maskAt(item, step(place, String(index), '*'), job))
    return items.filter((item): item is Json => item !== gone)
  }
  const members: [string, Json][] = []
  for (const [name, item] of Object.entries(value ?? {})) {
    const masked = maskAt(item, step(place, name, escapeToken(nameForReport(name))), job)
    if (masked !== gone && !isDroppedLink(masked, item)) members.push([name, masked])
  }
  return Object.fromEntries(members)
}

function maskWhole(value: Json, place: Place, job: TreeJob): Json | typeof gone {
  const labels = place.inherited.length > 0 ? place.inherited : [unclassifiedLabel]
  const ruling = job.rulebook.ruleAll(labels)
  if (ruling === null || ruling.treatment === 'clear') {
    for (const label of labels) job.report.returned(label)
    return clean(value, place.path, job)
  }
  job.report.masked(place.path, ruling)
  if (ruling.treatment === 'drop') return gone
  if (ruling.treatment !== 'null') for (const label of labels) job.report.returned(label)
  return clean(applyTreatment(value, ruling, job.tokens), place.path, job)
}

function clean(value: Json, path: string, { report }: TreeJob): Json {
  return cleanValue(value, (label) => report.masked(path === '' ? '/*' : path, { label, treatment: 'drop' }))
}

function step(place: Place, token: string, shown: string): Place {
  return { path: `${place.path}/${shown}`, nodes: descend(place.nodes, token), inherited: place.inherited }
}

function isContainer(value: Json): boolean {
  return value !== null && typeof value === 'object'
}

function isDroppedLink(masked: Json, item: Json): boolean {
  return masked === removed && typeof item === 'string' && isSignedLink(item)
}
