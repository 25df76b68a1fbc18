import type { PeriodFacts, Tally } from './period-facts.ts'
import { findOverlaps } from './report-duty.ts'
import type { Report } from './report-schema.ts'
import { addUp, rank } from './report-tallies.ts'

type Activity = NonNullable<Report['activity']>

/** Section "activity" of the report: the period's counts, under names, the most frequent first. */
export function describeActivity(period: PeriodFacts, glass: Activity['breakGlass']): Activity {
  const { tallies } = period
  return {
    calls: describeCalls(period),
    refusals: rank(tallies.refusals, ([backend, verdict, reason], calls) => ({ backend, verdict, reason, calls })),
    access: { byClass: accessByClass(tallies.access), byPerson: accessByPerson(tallies.access) },
    masks: rank(tallies.masks, ([backend, label, strategy], fields) => ({ backend, class: label, strategy, fields })),
    identity: rank(tallies.identity, ([backend, source, method, matches], calls) => {
      return { backend, source, method, matches: matches as 'yes' | 'no' | 'unknown', calls }
    }),
    unclassified: rank(tallies.unclassified, ([backend, operation, path, strategy], calls) => {
      return { backend, operation, path, strategy, calls }
    }),
    approvals: {
      steps: rank(addUp(tallies.approvals, [1, 2]), ([step, decision], times) => ({ step, decision, times })),
      voters: rank(voterTally(period), ([tid, oid], votes) => ({ tid, oid, votes })),
    },
    separationOfDuties: findOverlaps(period),
    breakGlass: glass,
    recordings: rank(tallies.recorded, ([backend], calls) => ({ backend, calls })),
    reads: rank(tallies.reads, ([tid, oid, what], times) => ({ tid, oid, what, times })),
    dropped: Object.entries(period.dropped).map(([list, items]) => ({ list, items })),
  }
}

/** Votes by person: tid, oid. */
function voterTally({ tallies }: PeriodFacts): Tally {
  const votes = tallies.approvalSteps.filter(([[, , step]]) => step === 'vote')
  return addUp(votes, [0, 1])
}

function describeCalls({ tallies, unknown }: PeriodFacts): Activity['calls'] {
  const { calls, callers, outcomes } = tallies
  return {
    total: calls.reduce((sum, [, count]) => sum + count, 0),
    persons: addUp(callers, [0, 1]).filter(([[, oid]]) => oid !== '').length,
    agents: addUp(callers, [2]).length,
    byVerdict: rank(addUp(calls, [2]), ([verdict], count) => ({ verdict, calls: count })),
    byEffect: rank(addUp(calls, [1]), ([effect], count) => ({ effect, calls: count })),
    byPrincipal: rank(addUp(calls, [0]), ([kind], count) => ({ kind, calls: count })),
    byOperation: callsByOperation(calls),
    byOutcome: rank(outcomes, ([backend, status, code], count) => ({ backend, status, code, calls: count })),
    unknown: unknown.map(({ decisionId, lane, seq, time, tid, oid, backend, operation, effect, evidence }) => {
      return { decisionId, lane, seq, time, tid, oid, backend, operation, effect, evidence }
    }),
  }
}

function callsByOperation(calls: Tally): Activity['calls']['byOperation'] {
  const permitted = new Map(
    addUp(
      calls.filter(([[, , verdict]]) => verdict === 'permit'),
      [3, 4],
    ).map(([key, count]) => [key.join('\n'), count]),
  )
  return rank(addUp(calls, [3, 4]), ([backend, operation], count) => {
    const kept = permitted.get(`${backend}\n${operation}`) ?? 0
    return { backend, operation, permitted: kept, refused: count - kept }
  })
}

function accessByClass(access: Tally): Activity['access']['byClass'] {
  return rank(addUp(access, [4]), ([label]) => {
    const own = access.filter(([key]) => key[4] === label)
    return { class: label, persons: addUp(own, [0, 1]).length, ...extentsOf(own) }
  })
}

function accessByPerson(access: Tally): Activity['access']['byPerson'] {
  const groups = new Map<string, [readonly string[], number][]>()
  for (const [key, count] of access) {
    const id = [key[0], key[1], key[4]].join('\n')
    groups.set(id, [...(groups.get(id) ?? []), [key, count]])
  }
  return rank(addUp(access, [0, 1, 4]), ([tid, oid, label]) => {
    const own = groups.get([tid, oid, label].join('\n')) ?? []
    const namesAt = (at: number) => [...new Set(own.map(([key]) => key[at] ?? ''))].sort()
    return { tid, oid, class: label, ...extentsOf(own), backends: namesAt(3), agents: namesAt(2) }
  })
}

function extentsOf(access: Tally): { clear: number; part: number; withheld: number } {
  const of = (extent: string) => access.reduce((sum, [key, count]) => sum + (key[5] === extent ? count : 0), 0)
  return { clear: of('clear'), part: of('part'), withheld: of('withheld') }
}
