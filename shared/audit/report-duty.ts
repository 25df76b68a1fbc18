import type { PeriodFacts, Tally } from './period-facts.ts'
import type { Report } from './report-schema.ts'
import { addUp, rank } from './report-tallies.ts'

type Overlaps = NonNullable<Report['activity']>['separationOfDuties']

/** Roles of which nobody should hold two. */
const separate: ReadonlySet<string> = new Set([
  'Countersign.Approver',
  'Countersign.Auditor',
  'Countersign.Operator',
  'Countersign.BreakGlass',
])

/** Persons who did, or might do, two things that belong to two people. */
export function findOverlaps(period: PeriodFacts): Overlaps {
  const calls = indexByPerson(addUp(permitted(period.tallies.callers), [0, 1]))
  const votes = indexByPerson(addUp(votesOf(period.tallies.approvalSteps), [0, 1]))
  return {
    votedAndCalled: [...votes.values()].flatMap(({ tid, oid, count }) => {
      const own = calls.get(`${tid}\n${oid}`)
      return own ? [{ tid, oid, votes: count, calls: own.count }] : []
    }),
    approvedOwn: rank(
      period.tallies.approvedBy.filter(([[, oid, voter]]) => oid === voter),
      ([tid, oid], count) => ({ tid, oid, calls: count }),
    ),
    approvedEachOther: findMutual(period.tallies.approvedBy),
    reviewedOwn: findReviewers(period, { calls, votes }),
    severalRoles: findRoles(period.tallies.roles),
  }
}

interface PersonCount {
  readonly tid: string
  readonly oid: string
  readonly count: number
}

function indexByPerson(tally: Tally): ReadonlyMap<string, PersonCount> {
  return new Map(rank(tally, ([tid, oid], count) => [`${tid}\n${oid}`, { tid, oid, count }] as const))
}

function permitted(callers: Tally): Tally {
  return callers.filter(([[, , , verdict]]) => verdict === 'permit')
}

function votesOf(steps: Tally): Tally {
  return steps.filter(([[, , step]]) => step === 'vote')
}

function findMutual(approvedBy: Tally): Overlaps['approvedEachOther'] {
  const counts = new Map(approvedBy.map(([key, count]) => [key.join('\n'), count]))
  return rank(approvedBy, ([tid, oid, voter], count) => {
    const back = counts.get([tid, voter, oid].join('\n'))
    return back !== undefined && oid < voter ? [{ tid, one: oid, other: voter, calls: count + back }] : []
  }).flat()
}

/** Reviews name the reviewer's object id; a review of somebody who called or voted in this period is shown. */
function findReviewers(
  { events }: PeriodFacts,
  { calls, votes }: { calls: ReadonlyMap<string, PersonCount>; votes: ReadonlyMap<string, PersonCount> },
): Overlaps['reviewedOwn'] {
  const reviews = new Map<string, number>()
  for (const { kind, detail } of events) {
    if (kind !== 'review' && kind !== 'disposition') continue
    reviews.set(String(detail.oid), (reviews.get(String(detail.oid)) ?? 0) + 1)
  }
  const found = (list: ReadonlyMap<string, PersonCount>, oid: string) =>
    [...list.values()].find((one) => one.oid === oid)
  return [...reviews].flatMap(([oid, count]) => {
    const [call, vote] = [found(calls, oid), found(votes, oid)]
    const tid = call?.tid ?? vote?.tid
    return tid === undefined ? [] : [{ tid, oid, reviews: count, calls: call?.count ?? 0, votes: vote?.count ?? 0 }]
  })
}

function findRoles(roles: Tally): Overlaps['severalRoles'] {
  const held = new Map<string, { tid: string; oid: string; roles: string[] }>()
  for (const [[tid = '', oid = '', role = '']] of roles) {
    if (!separate.has(role)) continue
    const person = held.get(`${tid}\n${oid}`) ?? { tid, oid, roles: [] }
    person.roles.push(role)
    held.set(`${tid}\n${oid}`, person)
  }
  return [...held.values()].filter((person) => person.roles.length > 1)
}
