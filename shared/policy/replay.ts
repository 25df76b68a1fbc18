import type { RowDocument } from '../audit/record.ts'
import type { Decision, Obligation } from './decision.ts'
import { canonicalJson } from './digest.ts'
import { decisionFromRow, type Recorded, requestFromRow } from './from-row.ts'
import type { Policy } from './policy.ts'
import { sortedSet } from './schema.ts'

/** What another set would have made of a past decision. `not_deterministic`: the same set decides otherwise today. */
export const replayKinds = [
  'newly_denied',
  'newly_permitted',
  'newly_needing_approval',
  'changed_masks',
  'changed_obligations',
  'not_deterministic',
  'not_reproducible',
  'unchanged',
] as const
export type ReplayKind = (typeof replayKinds)[number]

/** Decisions of one kind by the rule that makes the difference; the first few of them by id. */
export interface ReplayGroup {
  readonly kind: ReplayKind
  readonly rule: string
  count: number
  readonly examples: string[]
}

export interface ReplayReport {
  readonly decisions: number
  /** Decided by the very set that decides now, and decided alike again. */
  readonly verified: number
  /** Times that a policy which is only watched would have changed a decision, as rows say. */
  readonly shadows: Readonly<Record<string, number>>
  readonly counts: Readonly<Record<ReplayKind, number>>
  readonly groups: readonly ReplayGroup[]
}

export interface Replay {
  /** Takes one row; all but decisions pass unnoticed. */
  readonly take: (row: RowDocument) => void
  readonly report: () => ReplayReport
}

const mostExamples = 3

/**
 * Decides past decisions again. `current` is the set in force: where it is the one that a row names, it must decide as
 * the row says. `candidate` is what shall take its place.
 */
export function createReplay(current: Policy, candidate: Policy): Replay {
  const groups = new Map<string, ReplayGroup>()
  const shadows: Record<string, number> = {}
  const counts = Object.fromEntries(replayKinds.map((kind) => [kind, 0])) as Record<ReplayKind, number>
  let [decisions, verified] = [0, 0]
  const note = (kind: ReplayKind, rule: string, id: string) => {
    const group = groups.get(`${kind} ${rule}`) ?? { kind, rule, count: 0, examples: [] }
    groups.set(`${kind} ${rule}`, group)
    group.count += 1
    if (group.examples.length < mostExamples) group.examples.push(id)
  }
  return {
    take: ({ intent, decisionId }) => {
      if (intent === undefined) return
      decisions += 1
      for (const id of watchedIn(intent)) shadows[id] = (shadows[id] ?? 0) + 1
      const { change, ...found } = judge(intent, current, candidate)
      verified += Number(found.verified)
      counts[change.kind] += 1
      const rules = change.rules.length === 0 ? ['(default)'] : change.rules
      for (const rule of rules) note(change.kind, rule, decisionId ?? '')
    },
    report: () => ({ decisions, verified, shadows, counts, groups: [...groups.values()].sort(byGravity) }),
  }
}

interface Change {
  readonly kind: ReplayKind
  readonly rules: readonly string[]
}

function judge(
  intent: NonNullable<RowDocument['intent']>,
  current: Policy,
  candidate: Policy,
): { readonly verified: boolean; readonly change: Change } {
  const request = requestFromRow(intent)
  if (request === null) return { verified: false, change: { kind: 'not_reproducible', rules: [] } }
  const recorded = decisionFromRow(intent)
  const isSame = recorded.policyDigest === current.policyDigest && recorded.schemaDigest === current.schemaDigest
  const again = isSame ? current.decide(request) : undefined
  if (again !== undefined && essence(again) !== essence(recorded))
    return { verified: false, change: { kind: 'not_deterministic', rules: again.rules } }
  const next = candidate.decide(request)
  return { verified: again !== undefined, change: compare(again ?? recorded, next) }
}

function essence({ verdict, rules, obligations }: Recorded): string {
  return canonicalJson([verdict, rules, obligations])
}

/** One change for each decision, the gravest; with the rules that are new in it, or that are gone. */
function compare(before: Recorded & Partial<Pick<Decision, 'clearLabels'>>, after: Decision): Change {
  const change = (kind: ReplayKind): Change => ({ kind, rules: differing(before.rules, after.rules) })
  if (before.verdict !== after.verdict) return change(after.verdict === 'deny' ? 'newly_denied' : 'newly_permitted')
  const [old, now] = [before, after].map(({ obligations }) => sortObligations(obligations))
  if (now?.approval.some((one) => !old?.approval.includes(one))) return change('newly_needing_approval')
  const isSeen =
    before.clearLabels === undefined || canonicalJson(before.clearLabels) === canonicalJson(after.clearLabels)
  if (!isSeen || canonicalJson(old?.mask) !== canonicalJson(now?.mask)) return change('changed_masks')
  if (canonicalJson(old) !== canonicalJson(now)) return change('changed_obligations')
  return { kind: 'unchanged', rules: ['(any)'] }
}

function differing(before: readonly string[], after: readonly string[]): readonly string[] {
  const fresh = after.filter((id) => !before.includes(id))
  return fresh.length > 0 ? fresh : before.filter((id) => !after.includes(id))
}

function sortObligations(obligations: readonly Obligation[]) {
  const of = (kinds: readonly string[], isIn: boolean) =>
    obligations
      .filter(({ kind }) => kinds.includes(kind) === isIn)
      .map(canonicalJson)
      .sort()
  return { approval: of(['approval'], true), mask: of(['mask'], true), other: of(['approval', 'mask'], false) }
}

function watchedIn({ context }: NonNullable<RowDocument['intent']>): readonly string[] {
  return Array.isArray(context.shadow) ? sortedSet(context.shadow as readonly string[]) : []
}

function byGravity(a: ReplayGroup, b: ReplayGroup): number {
  return replayKinds.indexOf(a.kind) - replayKinds.indexOf(b.kind) || b.count - a.count
}
