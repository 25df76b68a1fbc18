import { beforeEach, describe, expect, it } from 'vitest'
import type { Finding } from '../../../shared/audit/verify-findings.ts'
import { createPairs, type Pairs } from '../../../shared/audit/verify-pairs.ts'
import type { RowFacts } from '../../../shared/audit/verify-schema.ts'
import { kid, origin } from './fixture.ts'

let found: Finding[]
let pairs: Pairs

beforeEach(() => {
  found = []
  pairs = createPairs((finding) => found.push(finding))
})

const now = Date.parse('2026-11-22T10:00:00.000Z')
const time = '2026-11-22T10:00:00.000Z'
const place = { origin, lane: 'L01', segment: 1, kid, time, intentLane: 'L01', intentSeq: 1 }

const row = (kind: string, seq: number, more: Partial<RowFacts> = {}) =>
  pairs.add({ ...place, kind, seq, ...more } as RowFacts, null)
const begin = () => row('intent', 1, { decisionId: 'd', verdict: 'permit' })
const end = (seq: number) => row('outcome', seq, { decisionId: 'd', verdict: 'called', flow: 'left' })

/** What is found at the end, where the places of `bad` are known to be in doubt. */
function finish(bad: readonly number[] = []) {
  pairs.finish({ now, grace: 900_000, isKnownBad: (_, seq) => bad.includes(seq) })
  return found.map(({ kind, seq }) => [kind, seq])
}

describe('an outcome whose content left', () => {
  it.each([
    ['right behind the intent', 2],
    ['right before the outcome', 20_000 - 1],
    ['10,000 rows behind the intent', 10_001],
  ])('owes a release where no row is in doubt, and none is looked for beyond: %s', (_, bad) => {
    begin()
    end(20_000)
    expect(finish([bad])).toEqual(bad === 2 ? [] : [['outcome_without_release', 20_000]])
  })

  it.each([
    ['the last that is looked at', 10_000],
    ['one in the middle', 5_000],
  ])('owes none where a row is in doubt: %s', (_, bad) => {
    begin()
    end(20_000)
    expect(finish([bad])).toEqual([])
  })

  it.each([[2], [3]])('owes none where one of few rows between is in doubt: %d', (bad) => {
    begin()
    end(4)
    expect(finish([bad])).toEqual([])
  })

  it('owes one where the rows of the call itself are the ones in doubt', () => {
    begin()
    end(3)
    expect(finish([1, 3])).toEqual([['outcome_without_release', 3]])
  })

  it('is not named again where a row in doubt names its decision', () => {
    begin()
    end(3)
    pairs.excuse('d')
    expect(finish()).toEqual([])
  })
})

describe('a release', () => {
  it('whose intent is in doubt is not named again', () => {
    row('release', 2, { releases: 'd' })
    pairs.excuse('d')
    expect(finish()).toEqual([])
  })

  it('whose intent is not there is named, and once', () => {
    row('release', 2, { releases: 'd' })
    expect(finish()).toEqual([['release_without_intent', 2]])
  })
})
