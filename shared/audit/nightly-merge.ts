import type { CheckReason, KeyMark, NightlyFacts, SegmentResult } from './nightly.ts'
import { pairLeftovers } from './nightly-pairs.ts'
import type { NightPlan } from './nightly-plan.ts'
import { advanceLanes, connectedResults, oldestCheck } from './nightly-progress.ts'
import type { LaneState, NightOutcome } from './nightly-state.ts'
import { partitionKey } from './segment.ts'
import { createFindings, type Finding, type Report } from './verify-findings.ts'

/** What is put together when a night's results are there. */
export interface MergeInput {
  readonly plan: NightPlan
  /** In the order of the plan's tasks; those without a result are left out. */
  readonly results: readonly SegmentResult[]
  readonly mergePeriods: (periods: readonly unknown[]) => unknown
  readonly carryPeriod: (period: unknown) => unknown
  /** From other sources than the rows. */
  readonly findings: readonly Finding[]
  readonly facts: Pick<
    NightlyFacts,
    'runId' | 'origin' | 'startedAt' | 'endedAt' | 'build' | 'immutability' | 'reconciliation' | 'clockOffsetMs'
  >
}

const grace = 15 * 60_000
/** A row is anchored at the sealer's next run, a minute later at most; a quarter of a minute is for the run itself. */
const anchoredWithin = 75_000
/** In quiet times the sealer writes every ten minutes. */
const quietWithin = 600_000 + anchoredWithin

/** Facts of the night, and what the next night has to know. Pairs calls over all parts; compares neighbours. */
export function mergeNight(input: MergeInput): NightOutcome {
  const { plan, results } = input
  const findings = createFindings()
  const report: Report = (finding) => findings.add(declareLoss(plan, finding))
  const connected = connectedResults(plan, results)
  for (const finding of [...plan.findings, ...input.findings, ...results.flatMap((result) => result.findings)])
    report(finding)
  for (const parts of connected.values()) for (const finding of compareNeighbours(plan, parts)) report(finding)
  const fresh = [...connected.values()].flat()
  for (const finding of findStale(plan, fresh)) report(finding)
  const lanes = advanceLanes(plan, results, connected)
  const loose = pairAll({ plan, fresh, lanes, isKnownBad: findings.covers }, report)
  const until = fresh.map(({ walkedAt }) => walkedAt).reduce(later, plan.plannedAt)
  const periods = [plan.before?.carried ?? null, ...fresh.map((one) => one.period)]
  const period = input.mergePeriods(periods.filter((one) => one !== null))
  const facts: NightlyFacts = {
    ...input.facts,
    ...{ date: plan.date, since: plan.before?.until ?? null, until, missedNights: plan.missedNights },
    lanes: lanes.map(({ lane, segment, nextSeq, mac }) => ({ lane, segment, nextSeq, mac })),
    ...countAll(plan, results, fresh),
    coverage: { byReason: countByReason(results), seed: plan.seed, oldestCheck: oldestCheck(plan, lanes) },
    checkpoint: compareCheckpoints(plan),
    kids: [...new Set(results.flatMap(({ kids }) => kids))].sort(),
    findings: findings.kept(),
    notes: [...plan.notes, ...results.flatMap(({ notes }) => notes), ...noteEmpty(plan, fresh)],
    period,
  }
  const checkpoint = newestCheckpoint(plan)
  const state = { date: plan.date, until, lanes, checkpoint, loose, carried: input.carryPeriod(period) }
  return { facts, state }
}

function later(a: string, b: string): string {
  return a > b ? a : b
}

interface Pairing {
  readonly plan: NightPlan
  readonly fresh: readonly SegmentResult[]
  readonly lanes: readonly LaneState[]
  readonly isKnownBad: (lane: string, seq: number) => boolean
}

function pairAll({ plan, fresh, lanes, isKnownBad }: Pairing, report: Report) {
  const ends = new Map(lanes.map(({ lane, nextSeq }) => [lane, nextSeq]))
  // Every walk ended after the plan was made, so that what was owed then is in reach, unless a part was not walked.
  const isWhole = fresh.length === plan.tasks.filter(({ reason }) => reason === 'new').length
  const walkedAt = isWhole ? Date.parse(plan.plannedAt) : 0
  const parts = fresh.flatMap(({ task, leftovers }) =>
    leftovers ? [{ ...leftovers, lane: task.lane, from: task.fresh }] : [],
  )
  const endOf = (lane: string) => ends.get(lane) ?? 0
  return pairLeftovers({ carried: plan.before?.loose ?? [], parts, endOf, walkedAt, grace, isKnownBad }, report)
}

/** What only two parts together show: that one follows the other, and that a change of key between them was announced. */
function compareNeighbours(plan: NightPlan, parts: readonly SegmentResult[]): Finding[] {
  const state = plan.before?.lanes.find(({ lane }) => lane === parts[0]?.task.lane)
  return [...parts.flatMap((part, index) => compareEnds(parts[index - 1], part)), ...compareKeys(state?.mark, parts)]
}

function compareEnds(before: SegmentResult | undefined, part: SegmentResult): Finding[] {
  const { lane, from, prev } = part.task
  const isKnown = before !== undefined && prev !== null && before.findings.length + part.findings.length === 0
  if (!isKnown || (before.nextSeq === from && before.mac === prev)) return []
  return [{ kind: 'forked', lane, seq: from, detail: 'the segment does not follow the one before it' }]
}

function compareKeys(last: KeyMark | null | undefined, parts: readonly SegmentResult[]): Finding[] {
  let mark = last ?? null
  return parts.flatMap(({ task, marks }): Finding[] => {
    const before = mark
    mark = marks?.last ?? mark
    if (before === null || marks === null || isAnnounced(before, marks.first)) return []
    const detail = `from ${before.kid} to ${marks.first.kid}`
    return [{ kind: 'unannounced_key', lane: task.lane, seq: task.fresh, detail }]
  })
}

function isAnnounced(before: KeyMark, { kid, change }: KeyMark): boolean {
  return before.kid === kid || before.change?.to === kid || (change?.to === kid && change.from === before.kid)
}

/** Rows that should have been anchored long before the anchors were read, and a log that fell silent. */
function findStale({ plannedAt, anchoredUpTo }: NightPlan, fresh: readonly SegmentResult[]): Finding[] {
  if (anchoredUpTo === null) return []
  const late = new Map<string, Finding>()
  for (const { task, unanchored } of fresh) {
    const { since } = unanchored
    if (since === null || isWithin(since, task.plannedAt, anchoredWithin) || late.has(task.lane)) continue
    const detail = `rows since ${since} were not anchored at ${task.plannedAt}`
    late.set(task.lane, { kind: 'anchors_stale', lane: task.lane, seq: task.anchoredUpTo + 1, detail })
  }
  const { time, size } = anchoredUpTo
  const isSilent = time !== null && !isWithin(time, plannedAt, quietWithin)
  const silence = { lane: 'anchors', seq: size, detail: `the newest record is of ${time}` } as const
  return [...late.values(), ...(isSilent ? [{ kind: 'anchors_stale', ...silence } as const] : [])]
}

function isWithin(from: string, to: string, limit: number): boolean {
  return Date.parse(to) - Date.parse(from) <= limit
}

/** Rows that a change of region lost, and that an operator declared: an exception, no longer a silent loss. */
function declareLoss({ losses }: NightPlan, finding: Finding): Finding {
  const { kind, lane, seq, toSeq = seq } = finding
  if (kind !== 'truncated' && kind !== 'deleted' && kind !== 'segment_missing') return finding
  const isDeclared = losses.some((loss) => loss.lane === lane && loss.seq <= seq && toSeq <= loss.toSeq)
  return isDeclared ? { ...finding, kind: 'failover_loss_declared' } : finding
}

function countAll(plan: NightPlan, results: readonly SegmentResult[], fresh: readonly SegmentResult[]) {
  const found = new Map(results.map((result) => [partitionKey(result.task.lane, result.task.segment), result]))
  const missing = plan.tasks.map(({ lane, segment }) => partitionKey(lane, segment)).filter((name) => !found.has(name))
  const promised = plan.tasks.filter(({ reason }) => reason === 'new')
  const expected = promised.reduce((sum, { lane, segment, fresh: from, end }) => {
    return sum + Math.max(end, found.get(partitionKey(lane, segment))?.nextSeq ?? 0) - from
  }, countGone(plan))
  const add = (count: (result: SegmentResult) => number) => fresh.reduce((sum, result) => sum + count(result), 0)
  return {
    segments: { expected: plan.tasks.length, checked: found.size, missing },
    rows: {
      expected,
      found: add(({ counts }) => counts.rows),
      verified: add(({ counts }) => counts.verified),
      notAnchored: add(({ unanchored }) => unanchored.rows),
    },
  }
}

/** Rows that were promised since the last report, of lanes of which nothing is left. */
function countGone({ findings, before }: NightPlan): number {
  return findings.reduce((sum, { kind, lane, toSeq = -1 }) => {
    const verified = before?.lanes.find((state) => state.lane === lane)?.nextSeq ?? 0
    return kind === 'lane_missing' ? sum + Math.max(0, toSeq + 1 - verified) : sum
  }, 0)
}

function countByReason(results: readonly SegmentResult[]): Record<CheckReason, number> {
  const rows = { new: 0, rolling: 0, sample: 0, weekly: 0 }
  for (const { task, counts } of results) rows[task.reason] += counts.rows
  return rows
}

function compareCheckpoints({ before, anchoredUpTo, isConsistent }: NightPlan): NightlyFacts['checkpoint'] {
  const kept = before?.checkpoint
  return {
    before: kept ? { size: kept.size, root: kept.root } : null,
    now: anchoredUpTo,
    consistent: isConsistent,
  }
}

/** What the next night compares with: a log that could not be believed tonight must not become the measure. */
function newestCheckpoint({ note, anchoredUpTo, before }: NightPlan): NightOutcome['state']['checkpoint'] {
  if (note === null || anchoredUpTo === null) return before?.checkpoint ?? null
  return { note, size: anchoredUpTo.size, root: anchoredUpTo.root }
}

function noteEmpty({ anchoredUpTo, findings }: NightPlan, fresh: readonly SegmentResult[]): string[] {
  const verified = fresh.reduce((sum, { counts }) => sum + counts.verified, 0)
  const hasAnchorFault = findings.some(({ lane }) => lane === 'anchors')
  return [
    ...(verified === 0 ? ['no row was verified'] : []),
    ...(anchoredUpTo === null && !hasAnchorFault ? ['no row is anchored'] : []),
  ]
}
