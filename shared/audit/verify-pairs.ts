import type { Finding, Report } from './verify-findings.ts'
import { createReleases, type Releases } from './verify-releases.ts'
import type { RowFacts } from './verify-schema.ts'
import { createSeen, intentSeen, outcomeSeen } from './verify-seen.ts'

/** Pairs intents with outcomes across lanes; only unpaired ones stay in memory. */
export interface Pairs {
  /** A row that verified; `mac` is its own, null where the reader has no MACs (an exported bundle). */
  add(row: RowFacts, mac: Uint8Array | null): void
  /** A row in doubt that names its decision: it counts as present, so that one fault gives one finding. */
  excuse(decisionId: string): void
  /** Reports what is left; returns the number of intents younger than `grace` milliseconds. */
  finish(options: FinishOptions): number
}

export interface FinishOptions {
  readonly now: number
  readonly grace: number
  /** Whether a finding covers this place already. */
  readonly isKnownBad: (lane: string, seq: number) => boolean
}

interface OpenIntent {
  readonly lane: string
  readonly seq: number
  readonly mac: Uint8Array | null
  readonly time: string
  readonly verdict: string
  readonly approval: string | undefined
}

const maxExcused = 100_000

export function createPairs(report: Report): Pairs {
  const open = new Map<string, OpenIntent>()
  const early = new Map<string, RowFacts>()
  const excused = new Set<string>()
  const seen = createSeen()
  const uses = createUses(report)
  const releases = createReleases(report, seen)
  const pair = createComparison(report, { uses, excused, releases })

  function addIntent(row: RowFacts, decisionId: string, mac: Uint8Array | null): void {
    if (seen.mark(decisionId, intentSeen) & intentSeen) {
      report(findingAt(row, 'duplicate_decision', `decision ${decisionId} has two intents`))
      return
    }
    const intent = toOpenIntent(row, mac)
    const outcome = early.get(decisionId)
    early.delete(decisionId)
    if (outcome) pair(intent, outcome)
    else open.set(decisionId, intent)
  }

  function addOutcome(row: RowFacts, decisionId: string): void {
    if (seen.mark(decisionId, outcomeSeen) & outcomeSeen) {
      report(findingAt(row, 'duplicate_outcome', `decision ${decisionId} has two outcomes`))
      return
    }
    const intent = open.get(decisionId)
    open.delete(decisionId)
    if (intent) pair(intent, row)
    else early.set(decisionId, row)
  }

  return {
    add(row, mac) {
      if (row.decisionId === undefined) return row.releases === undefined ? undefined : releases.add(row)
      if (row.kind === 'intent') addIntent(row, row.decisionId, mac)
      else addOutcome(row, row.decisionId)
    },
    excuse(decisionId) {
      if (excused.size < maxExcused) excused.add(decisionId)
    },
    finish(options) {
      for (const decisionId of excused) {
        open.delete(decisionId)
        early.delete(decisionId)
      }
      reportEarly(report, early, options)
      releases.finish({ ...options, open, excused })
      return open.size - reportLate(report, open, { ...options, uses })
    },
  }
}

function toOpenIntent({ lane, seq, time, verdict = '', approval }: RowFacts, mac: Uint8Array | null): OpenIntent {
  return { lane, seq, mac, time, verdict, approval }
}

function reportEarly(report: Report, early: ReadonlyMap<string, RowFacts>, { isKnownBad }: FinishOptions): void {
  for (const row of early.values()) {
    const [lane, seq] = [row.intentLane ?? row.lane, row.intentSeq ?? row.seq]
    if (!isKnownBad(lane, seq)) report(findingAt(row, 'outcome_without_intent', `no intent at ${lane} ${seq}`))
  }
}

/** Returns how many there were. */
function reportLate(
  report: Report,
  open: ReadonlyMap<string, OpenIntent>,
  { now, grace, uses }: FinishOptions & { readonly uses: Uses },
): number {
  const late = [...open].filter(([, intent]) => now - Date.parse(intent.time) > grace)
  for (const [decisionId, intent] of late) {
    const { lane, seq, verdict } = intent
    report({ kind: 'dangling_intent', lane, seq, detail: `decision ${decisionId} has no outcome` })
    if (verdict === 'permit') uses.add(intent, intent)
  }
  return late.length
}

interface Comparing {
  readonly uses: Uses
  readonly excused: ReadonlySet<string>
  readonly releases: Releases
}

function createComparison(
  report: Report,
  { uses, excused, releases }: Comparing,
): (intent: OpenIntent, outcome: RowFacts) => void {
  return (intent, row) => {
    if (!excused.has(row.decisionId ?? '')) compare(report, intent, row)
    // Whether a call of unknown fate was made nobody knows, so that there must be no second one.
    if (row.verdict !== 'not-called') uses.add(intent, row)
    releases.close(row.decisionId ?? '', intent, row)
  }
}

type Use = Pick<RowFacts, 'lane' | 'seq' | 'time'>

interface Uses {
  readonly add: (intent: OpenIntent, place: Use) => void
}

/** Remembers which approvals were called on, since each is good for one call: of two, the later one is too many. */
function createUses(report: Report): Uses {
  const used = new Map<string, Use>()
  return {
    add({ approval }, { lane, seq, time }) {
      if (approval === undefined) return
      const use = { lane, seq, time }
      const before = used.get(approval)
      const isEarlier = before !== undefined && isBefore(use, before)
      const later = isEarlier ? before : use
      if (before) report(findingAt(later, 'approval_reused', `approval ${approval} was used before`))
      if (before === undefined || isEarlier) used.set(approval, use)
    },
  }
}

function isBefore(one: Use, other: Use): boolean {
  if (one.time !== other.time) return one.time < other.time
  return one.lane === other.lane && one.seq < other.seq
}

function compare(report: Report, intent: OpenIntent, row: RowFacts): void {
  const isOther = intent.mac !== null && row.intentMac !== Buffer.from(intent.mac).toString('hex')
  if (row.intentLane !== intent.lane || row.intentSeq !== intent.seq || isOther) {
    report(findingAt(row, 'outcome_without_intent', 'the outcome names another row than its decision has'))
  } else if (intent.verdict !== 'permit' && row.verdict !== 'not-called') {
    report(findingAt(row, 'called_without_permit', `the intent says ${intent.verdict}`))
  }
}

function findingAt(row: Pick<RowFacts, 'lane' | 'seq'>, kind: Finding['kind'], detail: string): Finding {
  return { kind, lane: row.lane, seq: row.seq, detail }
}
