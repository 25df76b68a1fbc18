import type { Invocation, Masked, Understood, UpstreamAnswer } from '../pipeline/ports.ts'
import type { Obligation } from '../policy/decision.ts'
import { type Classification, indexTables, labelColumns, labelMembers } from './column-labels.ts'
import { unclassifiedLabel } from './labels.ts'
import { buildTree, type PointerTree } from './pointer.ts'
import { makeReport } from './report.ts'
import { makeRulebook } from './rulebook.ts'
import type { TokenKey } from './strategies.ts'
import { maskTable } from './table-mask.ts'
import { makeTokenizer } from './treatment.ts'
import { maskTree } from './tree-mask.ts'

/** Everything masking looks at. Pointers in `classification` (keys that start with `/`) add to the operation's own. */
export interface MaskRequest {
  readonly answer: UpstreamAnswer
  readonly invocation: Invocation
  readonly understood: Understood
  readonly classification: Classification
  readonly clearLabels: readonly string[]
  readonly obligations: readonly Obligation[]
  readonly tokenKey: TokenKey
}

/**
 * Masks one answer. `masked` names each masked member by a JSON pointer with `*` for items, each masked column of a
 * table as `/columns/<name>`; `labels` are those of what is left, in clear or in part; `unclassified` are paths that
 * were dropped because a classified source has no label for them. Throws Problem `internal` rather than guess a shape.
 */
export function mask(request: MaskRequest): Masked & { readonly unclassified: readonly string[] } {
  const { answer, clearLabels, obligations } = request
  const report = makeReport()
  const tools = { report, rulebook: makeRulebook(clearLabels, obligations), tokens: makeTokenizer(request.tokenKey) }
  const data =
    answer.columns === undefined
      ? maskTree({ ...tools, data: answer.data, labels: treeOf(request) })
      : maskTable({ ...tools, answer, labels: columnLabels(request, answer.columns) })
  const { masked, labels } = report.finish()
  return { data, masked, labels, unclassified: masked.filter(isUnclassified).map(({ path }) => path) }
}

function columnLabels(request: MaskRequest, columns: NonNullable<UpstreamAnswer['columns']>) {
  const { invocation, understood, classification } = request
  return labelColumns({ invocation, understood, columns, tables: indexTables(classification) })
}

const trees = new WeakMap<object, PointerTree | null>()

function treeOf({ invocation, understood, classification }: MaskRequest): PointerTree | null {
  const pointers = Object.entries(classification).filter(([key]) => key.startsWith('/') || key === '')
  const members = labelMembers(invocation, understood, indexTables(classification))
  if (pointers.length + members.length > 0)
    return buildTree({
      ...Object.fromEntries(pointers),
      ...invocation.operation.labels,
      ...Object.fromEntries(members),
    })
  const known = trees.get(invocation.operation)
  if (known !== undefined) return known
  const labels = invocation.operation.labels ?? {}
  const tree = Object.keys(labels).length === 0 ? null : buildTree(labels)
  trees.set(invocation.operation, tree)
  return tree
}

function isUnclassified({ label }: { readonly label: string }): boolean {
  return label === unclassifiedLabel
}
