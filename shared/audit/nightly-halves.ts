import { hash } from 'node:crypto'
import type { Leftovers, LooseHalf } from './nightly.ts'
import type { Report } from './verify-findings.ts'
import { createPairs, type Pairs } from './verify-pairs.ts'
import type { RowFacts } from './verify-schema.ts'

/** Pairs the calls that begin and end in one part; the rest is left for the pairing over all parts. */
export interface Halves extends Pick<Pairs, 'add' | 'excuse'> {
  readonly leftovers: () => Leftovers
}

/** Bytes of a decision's digest, and of its outcome's place within the part. */
const markSize = 8
const placeSize = 4

/** `from` is the sequence number from which places are counted; findings within the part go to `report`. */
export function collectHalves(from: number, report: Report): Halves {
  const pairs = createPairs(report)
  const waiting = new Map<string, LooseHalf>()
  const loose: LooseHalf[] = []
  const excused: string[] = []
  const done = new Set<string>()
  const whole: Buffer[] = []

  function join(intent: LooseHalf, outcome: LooseHalf): void {
    waiting.delete(decisionOf(intent))
    // What was approved is good for one call in the whole book, so that every use of it is looked at together.
    // So are calls that flowed, since their releases may stand in other parts.
    if (intent.approval !== undefined || isFlow(outcome)) return void loose.push(intent, outcome)
    feed(pairs, intent)
    feed(pairs, outcome)
    done.add(decisionOf(intent))
    whole.push(markOf(decisionOf(intent), outcome.seq - from))
  }

  function take(half: LooseHalf): void {
    if (done.has(decisionOf(half))) feed(pairs, half)
    else if (half.kind === 'release') loose.push(half)
    else match(half)
  }

  function match(half: LooseHalf): void {
    const other = waiting.get(decisionOf(half))
    if (other === undefined) waiting.set(decisionOf(half), half)
    else if (other.kind === half.kind) loose.push(half)
    else if (half.kind === 'intent') join(half, other)
    else join(other, half)
  }

  return {
    add(row, mac) {
      const half = toHalf(row, mac)
      if (half) take(half)
    },
    excuse: (decisionId) => void excused.push(decisionId),
    leftovers: () => ({
      loose: [...waiting.values(), ...loose],
      excused,
      whole: Buffer.concat(whole).toString('base64'),
    }),
  }
}

/** Gives a half to the pairing. */
export function feed(pairs: Pick<Pairs, 'add'>, { mac, ...row }: LooseHalf): void {
  pairs.add(row, Buffer.from(mac, 'hex'))
}

export function decisionOf({ decisionId, releases }: RowFacts): string {
  return decisionId ?? releases ?? ''
}

/** What stands for a decision where only its being there matters. */
export function digestOf(decisionId: string): Buffer {
  return hash('sha256', decisionId, 'buffer').subarray(0, markSize)
}

/** Takes `whole` apart: digest (hex) and place above `from`. */
export function* readWhole(text: string): Iterable<readonly [digest: string, place: number]> {
  const bytes = Buffer.from(text, 'base64')
  for (let at = 0; at + markSize + placeSize <= bytes.length; at += markSize + placeSize) {
    yield [bytes.toString('hex', at, at + markSize), bytes.readUInt32BE(at + markSize)]
  }
}

function isFlow({ flow, evidence }: RowFacts): boolean {
  return flow !== undefined || evidence !== undefined
}

function markOf(decisionId: string, place: number): Buffer {
  const mark = Buffer.alloc(markSize + placeSize)
  mark.set(digestOf(decisionId))
  mark.writeUInt32BE(place, markSize)
  return mark
}

function toHalf(row: RowFacts, mac: Uint8Array | null): LooseHalf | null {
  if ((row.decisionId ?? row.releases) === undefined || mac === null) return null
  return { ...row, mac: Buffer.from(mac).toString('hex') }
}
