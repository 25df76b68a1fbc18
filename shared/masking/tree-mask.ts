import type { Json } from '../pipeline/ports.ts'
import { type Cleanser, fromMembers } from './cleanse.ts'
import { freeTextLabel, isWithin, unclassifiedLabel } from './labels.ts'
import { descend, escapeToken, type PointerTree } from './pointer.ts'
import { nameForReport, type Report } from './report.ts'
import type { Rulebook } from './rulebook.ts'
import { isSignedLink, removed } from './secrets.ts'
import { applyTreatment, type Tokenizer } from './treatment.ts'

/** What masking a tree takes. */
export interface TreeJob {
  readonly data: Json
  /** Labels by pointer; null where the operation has none, so that only secrets are taken out. */
  readonly labels: PointerTree | null
  readonly rulebook: Rulebook
  readonly tokens: Tokenizer
  readonly report: Report
  readonly cleanser: Cleanser
  /** Text of this source was written by anybody. */
  readonly untrusted?: boolean
}

/** A place in the answer: its path with `*` for items, what the pointers say about it, what it inherits from above. */
interface Place {
  readonly path: string
  readonly nodes: readonly PointerTree[]
  readonly inherited: readonly string[]
  /** A sibling is labelled by name, so that what has no label here was forgotten. */
  readonly classified: boolean
}

const gone = Symbol('dropped')

/**
 * Masks an answer by pointers. A label covers everything below it that has none of its own. An object is classified if
 * one of its own members is labelled: its other members are dropped and reported as unclassified. Where pointers
 * disagree the strictest counts. Paths use `*` for items.
 */
export function maskTree(job: TreeJob): Json {
  if (job.labels === null) return clean(job.data, { path: '', free: false }, job)
  const start = { path: '', nodes: [job.labels], inherited: [], classified: !job.labels.anywhere }
  const masked = maskAt(job.data, start, job)
  return masked === gone ? null : masked
}

function maskAt(value: Json, place: Place, job: TreeJob): Json | typeof gone {
  const strict = place.nodes.filter(({ anywhere }) => !anywhere)
  const own = strict.flatMap(({ labels }) => labels)
  const added = place.nodes.flatMap(({ anywhere, labels }) => (anywhere ? labels : []))
  const inherited = [...(own.length > 0 ? own : place.inherited), ...added]
  const leadsOn = isContainer(value) && (strict.some(hasChildren) || searchesOn(place, inherited, job))
  if (leadsOn) return maskInside(value, { ...place, inherited }, job)
  if (inherited.length > 0) return maskWhole(value, { path: place.path, labels: inherited }, job)
  // Pointers lead on from here, but there is nothing to go on into: an unexpected shape may hold what they label.
  const forgotten = strict.length > 0 ? value !== null : place.classified
  if (forgotten) return maskWhole(value, { path: place.path, labels: [unclassifiedLabel] }, job)
  return clean(value, { path: place.path, free: false }, job)
}

/** Pointers to anywhere go on into whatever is not taken out as a whole. */
function searchesOn({ nodes, classified }: Place, labels: readonly string[], job: TreeJob): boolean {
  const isForgotten = labels.length === 0 && classified && nodes.every(({ anywhere }) => anywhere)
  return nodes.some(hasChildren) && !isForgotten && !isTaken(labels, job)
}

/** Nothing of it is left whatever is found inside. */
function isTaken(labels: readonly string[], { rulebook }: TreeJob): boolean {
  const treatment = rulebook.ruleAll(labels)?.treatment
  return treatment === 'drop' || treatment === 'null'
}

function maskInside(value: Json, place: Place, job: TreeJob): Json {
  const inside = { ...place, classified: namesMembers(place.nodes) }
  if (Array.isArray(value)) {
    const items = value.map((item: Json, index) => maskAt(item, itemPlace(inside, index), job))
    return items.filter((item): item is Json => item !== gone)
  }
  const members: [string, Json][] = []
  for (const [name, item] of Object.entries(value ?? {})) {
    const masked = maskAt(item, step(inside, name, escapeToken(nameForReport(name))), job)
    if (masked !== gone && !isDroppedLink(masked, item)) members.push([job.cleanser.name(name), masked])
  }
  return fromMembers(members)
}

function maskWhole(value: Json, at: { path: string; labels: readonly string[] }, job: TreeJob): Json | typeof gone {
  const ruling = job.rulebook.ruleAll(at.labels)
  const treatment = ruling?.treatment ?? 'drop'
  if (ruling !== null && treatment !== 'clear') job.report.masked(at.path, ruling)
  if (treatment === 'drop' || ruling === null) return gone
  if (treatment !== 'null' && treatment !== 'aggregate') for (const label of at.labels) job.report.returned(label)
  const free = treatment === 'clear' && at.labels.some((label) => isWithin(label, freeTextLabel))
  return clean(applyTreatment(value, ruling, job.tokens), { path: at.path, free }, job)
}

function clean(value: Json, { path, free }: { path: string; free: boolean }, { cleanser, untrusted }: TreeJob): Json {
  return cleanser.value(value, { path: path === '' ? '/*' : path, free: free || untrusted === true })
}

/** The place of a member or item; what is said of the place around it holds for all of them. */
function step({ path, nodes, inherited, classified }: Place, token: string, shown: string): Place {
  return { path: `${path}/${shown}`, nodes: descend(nodes, token), inherited, classified }
}

function namesMembers(nodes: readonly PointerTree[]): boolean {
  return nodes.some(({ children }) =>
    [...children.values()].some((child) => !child.anywhere && child.labels.length > 0),
  )
}

/** An item that no pointer leads into: a list stands where the pointers expect an object, which may be in it. */
function itemPlace(place: Place, index: number): Place {
  const item = step(place, String(index), '*')
  const isLost = isStrict(place) && !isStrict(item) && place.inherited.length === 0
  return isLost ? { ...item, classified: true } : item
}

function isStrict({ nodes }: Place): boolean {
  return nodes.some(({ anywhere }) => !anywhere)
}

function hasChildren({ children }: PointerTree): boolean {
  return children.size > 0
}

function isContainer(value: Json): boolean {
  return value !== null && typeof value === 'object'
}

function isDroppedLink(masked: Json, item: Json): boolean {
  return masked === removed && typeof item === 'string' && isSignedLink(item)
}
