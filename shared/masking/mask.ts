import type { Invocation, Masked, ResultColumn, Understood, UpstreamAnswer } from '../pipeline/ports.ts'
import type { Obligation } from '../policy/decision.ts'
import { type Classification, indexTables, pointersOf } from './classification.ts'
import { makeCleanser } from './cleanse.ts'
import { isPredicted, labelColumns, labelMembers } from './column-labels.ts'
import { type LabelTree, unclassifiedLabel } from './labels.ts'
import { buildTree, type PointerTree } from './pointer.ts'
import { makeReport } from './report.ts'
import { makeRulebook } from './rulebook.ts'
import type { TokenKey } from './strategies.ts'
import { maskTable } from './table-mask.ts'
import { makeTokenizer } from './treatment.ts'
import { maskTree } from './tree-mask.ts'

/** Everything masking looks at. Pointers in `classification` add to the operation's own. */
export interface MaskRequest {
  readonly answer: UpstreamAnswer
  readonly invocation: Invocation
  readonly understood: Understood
  readonly classification: Classification
  readonly clearLabels: readonly string[]
  readonly obligations: readonly Obligation[]
  readonly tokenKey: TokenKey
  /** What each label gets by default; absent: what is built in. */
  readonly labelTree?: LabelTree
}

/**
 * Masks one answer. `masked` names each masked member by a JSON pointer with `*` for items, each masked column of a
 * table as `/columns/<name>`; `labels` are those of what is left, in clear or in part; `unclassified` are paths that
 * were dropped because a classified source has no label for them. Throws Problem `internal` rather than guess a shape.
 */
export function mask(request: MaskRequest): Masked & { readonly unclassified: readonly string[] } {
  const { answer } = request
  const tools = makeTools(request)
  const data =
    answer.columns === undefined
      ? maskTree({ ...tools, data: answer.data, labels: treeOf(request) })
      : maskTable({ ...tools, ...describeColumns(request, answer.columns), answer })
  const { masked, labels, neutralised } = tools.report.finish()
  return { data, masked, labels, neutralised, unclassified: masked.filter(isUnclassified).map(({ path }) => path) }
}

/** What both kinds of answers, and streams of them, are masked with. */
export function makeTools(request: Omit<MaskRequest, 'answer'>) {
  const report = makeReport()
  const rulebook = makeRulebook(request.clearLabels, request.obligations, request.labelTree)
  return {
    report,
    rulebook,
    tokens: makeTokenizer(request.tokenKey),
    cleanser: makeCleanser({ report, rulebook }),
    untrusted: request.invocation.backend.untrusted ?? false,
  }
}

/** Labels of the columns, and which of them are totals. */
export function describeColumns(request: Omit<MaskRequest, 'answer'>, columns: readonly ResultColumn[]) {
  const { invocation, understood, classification } = request
  const outputs = understood.effect === 'read' ? (understood.statement?.outputs ?? []) : []
  const listed = isPredicted(understood, columns) ? outputs : []
  const labels = labelColumns({ invocation, understood, columns, tables: indexTables(classification) })
  return { labels, totals: columns.map((_column, index) => listed[index]?.total ?? null) }
}

const trees = new WeakMap<object, PointerTree | null>()

/** The labelled pointers of an answer; null where there are none. */
export function treeOf({ invocation, understood, classification }: Omit<MaskRequest, 'answer'>): PointerTree | null {
  const pointers = pointersOf(classification)
  const members = labelMembers(invocation, understood, indexTables(classification))
  if (pointers.length + members.length > 0) return buildTree(unite(invocation, pointers, members))
  const known = trees.get(invocation.operation)
  if (known !== undefined) return known
  const labels = invocation.operation.labels ?? {}
  const tree = Object.keys(labels).length === 0 ? null : buildTree(labels)
  trees.set(invocation.operation, tree)
  return tree
}

/** An object's own members take the place of the declared ones, what else speaks of the same member counts beside it. */
function unite(
  { operation }: Invocation,
  pointers: readonly (readonly [string, string])[],
  members: readonly (readonly [string, readonly string[]])[],
): Record<string, readonly string[]> {
  const united: Record<string, readonly string[]> = {}
  for (const [pointer, label] of Object.entries(operation.labels ?? {})) united[pointer] = [label]
  for (const [pointer, labels] of members) united[pointer] = labels
  for (const [pointer, label] of pointers) united[pointer] = [...(united[pointer] ?? []), label]
  return united
}

function isUnclassified({ label }: { readonly label: string }): boolean {
  return label === unclassifiedLabel
}
