import type { Finding, Report } from './verify-findings.ts'
import type { RowFacts } from './verify-schema.ts'
import { intentSeen, outcomeSeen, releaseSeen, type Seen } from './verify-seen.ts'

/** An intent as far as a release is compared with it. */
export interface ReleasedIntent {
  readonly lane: string
  readonly seq: number
  readonly verdict: string
}

/** The `release` rows of answers that flow, and the calls that they belong to. */
export interface Releases {
  /** A release. */
  add(row: RowFacts): void
  /** An intent has met its outcome. */
  close(decisionId: string, intent: ReleasedIntent, outcome: RowFacts): void
  /** Reports what is left; `open` are intents without outcome. */
  finish(options: {
    readonly open: ReadonlyMap<string, ReleasedIntent>
    readonly excused: ReadonlySet<string>
    readonly isKnownBad: (lane: string, seq: number) => boolean
  }): void
}

const bothSeen = intentSeen | outcomeSeen

/** Most rows between intent and outcome that are looked through for one in doubt. */
const maxBetween = 10_000

/**
 * Every release names the intent of its decision, while the call is open; an outcome whose content left has one. Only calls
 * that flowed, and releases that still wait for one, stay in memory.
 */
export function createReleases(report: Report, seen: Seen): Releases {
  const waiting = new Map<string, RowFacts>()
  const flowed = new Map<string, { readonly intent: ReleasedIntent; readonly outcome: RowFacts }>()
  const judge = (row: RowFacts, intent: ReleasedIntent, outcome?: RowFacts) => {
    const fault = faultOf(row, intent, outcome)
    if (fault !== null) report({ kind: 'release_without_intent', lane: row.lane, seq: row.seq, detail: fault })
  }
  return {
    add(row) {
      const decisionId = row.releases ?? ''
      const before = seen.mark(decisionId, releaseSeen)
      if (before & releaseSeen) return report(findingAt(row, 'duplicate_release', 'its decision has two releases'))
      const call = flowed.get(decisionId)
      flowed.delete(decisionId)
      if (call !== undefined) judge(row, call.intent, call.outcome)
      else if ((before & bothSeen) === bothSeen) report(findingAt(row, 'release_without_intent', hasEnded))
      else waiting.set(decisionId, row)
    },
    close(decisionId, intent, outcome) {
      const row = waiting.get(decisionId)
      if (row !== undefined) judge(row, intent, outcome)
      else if (canFlow(outcome)) flowed.set(decisionId, { intent, outcome })
      waiting.delete(decisionId)
    },
    finish({ open, excused, isKnownBad }) {
      const finishRelease = (row: RowFacts, intent: ReleasedIntent | undefined) => {
        if (intent !== undefined) judge(row, intent)
        else if (!isKnownBad(row.intentLane ?? row.lane, row.intentSeq ?? row.seq))
          report(findingAt(row, 'release_without_intent', `no intent at ${row.intentLane} ${row.intentSeq}`))
      }
      for (const [decisionId, row] of sound(waiting, excused)) finishRelease(row, open.get(decisionId))
      for (const [decisionId, { intent, outcome }] of sound(flowed, excused))
        if (isOwed(intent, outcome, isKnownBad))
          report(findingAt(outcome, 'outcome_without_release', `decision ${decisionId} has no release`))
    },
  }
}

function sound<T>(calls: ReadonlyMap<string, T>, excused: ReadonlySet<string>): (readonly [string, T])[] {
  return [...calls].filter(([decisionId]) => !excused.has(decisionId))
}

const hasEnded = 'its decision had ended'

/** Content flows only where the outcome says so, or where somebody else had to find out what became of it. */
function canFlow({ flow, evidence }: RowFacts): boolean {
  return flow !== undefined || evidence !== undefined
}

function faultOf(row: RowFacts, intent: ReleasedIntent, outcome?: RowFacts): string | null {
  const isNamed = row.intentLane === intent.lane && row.intentSeq === intent.seq
  if (!isNamed || isBehind(intent, row)) return 'it names another row than its decision has'
  if (intent.verdict !== 'permit') return `the intent says ${intent.verdict}`
  return outcome !== undefined && (!canFlow(outcome) || isBehind(row, outcome)) ? hasEnded : null
}

/** Rows of one lane have an order; of two lanes nobody can say which was first. */
function isBehind(one: Pick<RowFacts, 'lane' | 'seq'>, other: Pick<RowFacts, 'lane' | 'seq'>): boolean {
  return one.lane === other.lane && one.seq > other.seq
}

/** In the lane of both the release has to be between them, unless a row there is in doubt. */
function isOwed(
  intent: ReleasedIntent,
  outcome: RowFacts,
  isKnownBad: (lane: string, seq: number) => boolean,
): boolean {
  if (outcome.flow !== 'left' || intent.lane !== outcome.lane) return false
  const end = Math.min(outcome.seq, intent.seq + maxBetween)
  for (let seq = intent.seq + 1; seq < end; seq++) if (isKnownBad(intent.lane, seq)) return false
  return true
}

function findingAt({ lane, seq }: RowFacts, kind: Finding['kind'], detail: string): Finding {
  return { kind, lane, seq, detail }
}
