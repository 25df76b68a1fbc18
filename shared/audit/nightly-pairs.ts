import type { Leftovers, LooseHalf } from './nightly.ts'
import { decisionOf, digestOf, feed, readWhole } from './nightly-halves.ts'
import type { Finding, Report } from './verify-findings.ts'
import { createPairs } from './verify-pairs.ts'
import { createSeen } from './verify-seen.ts'

/** Leftovers of one part, and where it begins. */
export interface PartLeftovers extends Leftovers {
  readonly lane: string
  readonly from: number
}

export interface PairingInput {
  /** What earlier nights left. */
  readonly carried: readonly LooseHalf[]
  readonly parts: readonly PartLeftovers[]
  /** One above the last row of a lane that was walked; 0 for a lane that was not. */
  readonly endOf: (lane: string) => number
  /** Epoch milliseconds: when the walk began. The outcome of an intent that was old then is in reach. */
  readonly walkedAt: number
  readonly grace: number
  /** Whether a finding covers this place already. */
  readonly isKnownBad: (lane: string, seq: number) => boolean
}

/** How long the calls of an approval are remembered, in ms: longer than any approval is good for. */
const approvalMemory = 31 * 86_400_000

/** Pairs what the parts of a night left with what earlier nights left; gives back what the next has to know. */
export function pairLeftovers(input: PairingInput, report: Report): LooseHalf[] {
  const found: Finding[] = []
  const note = (finding: Finding) => {
    found.push(finding)
    report(finding)
  }
  const seen = markWhole(input.parts, note)
  const pairs = createPairs(note)
  const halves = [...input.carried, ...input.parts.flatMap(({ loose }) => loose)].sort(intentsFirst)
  const loose = halves.filter((half) => !isSecond(half, seen, note))
  for (const half of loose) feed(pairs, half)
  const excused = new Set(input.parts.flatMap((part) => part.excused))
  for (const decisionId of excused) pairs.excuse(decisionId)
  const isOutOfReach = (lane: string, seq: number) => seq >= input.endOf(lane) || input.isKnownBad(lane, seq)
  pairs.finish({ now: input.walkedAt, grace: input.grace, isKnownBad: isOutOfReach })
  return keepWaiting(loose, { input, excused, found })
}

/** Marks every call that is whole within one part; one that is whole in two has two intents. */
function markWhole(parts: readonly PartLeftovers[], report: Report): ReturnType<typeof createSeen> {
  const seen = createSeen()
  for (const { whole, lane, from } of parts) {
    for (const [digest, place] of readWhole(whole)) {
      if (seen.mark(digest, 1) === 0) continue
      const detail = 'a decision that is recorded in another segment as well'
      report({ kind: 'duplicate_decision', lane, seq: from + place, detail })
    }
  }
  return seen
}

/** One more half of a call that is whole elsewhere. */
function isSecond(half: LooseHalf, seen: ReturnType<typeof createSeen>, report: Report): boolean {
  const digest = digestOf(decisionOf(half)).toString('hex')
  const isWhole = seen.mark(digest, 0) !== 0
  const kind = secondOf[half.kind] ?? 'duplicate_outcome'
  const detail = `decision ${decisionOf(half)} is recorded as whole elsewhere`
  if (isWhole) report({ kind, lane: half.lane, seq: half.seq, detail })
  return isWhole
}

/** A release of a call that is whole without one is of a call that did not flow. */
const secondOf: Readonly<Record<string, Finding['kind']>> = {
  intent: 'duplicate_decision',
  release: 'release_without_intent',
}

interface Waiting {
  readonly input: PairingInput
  readonly excused: ReadonlySet<string>
  readonly found: readonly Finding[]
}

function keepWaiting(loose: readonly LooseHalf[], { input, excused, found }: Waiting): LooseHalf[] {
  const calls = new Map<string, LooseHalf[]>()
  for (const half of loose) calls.set(decisionOf(half), [...(calls.get(decisionOf(half)) ?? []), half])
  const isFound = ({ lane, seq }: LooseHalf) => found.some((finding) => finding.lane === lane && finding.seq === seq)
  const kept = [...calls].filter(([decisionId, halves]) => {
    if (excused.has(decisionId)) return false
    const core = halves.filter(({ kind }) => kind !== 'release')
    if (core.length <= 1) return isOwed(core.length === 0 ? halves : core, input)
    return isRemembered(core, input) && !halves.some(isFound)
  })
  return kept.flatMap(([, halves]) => halves)
}

/** An intent; or an outcome whose intent may stand above the place where the other lane's walk ended. */
function isOwed([half]: readonly LooseHalf[], { endOf }: PairingInput): boolean {
  return half?.kind === 'intent' || (half?.intentSeq ?? 0) >= endOf(half?.intentLane ?? '')
}

function isRemembered([half]: readonly LooseHalf[], { walkedAt }: PairingInput): boolean {
  return half?.approval !== undefined && walkedAt - Date.parse(half.time) < approvalMemory
}

function intentsFirst(a: LooseHalf, b: LooseHalf): number {
  return Number(b.kind === 'intent') - Number(a.kind === 'intent') || (a.time < b.time ? -1 : Number(a.time > b.time))
}
