// Rows of answers that flow, which only the holder of the log's key could have signed where they do not fit together.
import { canonicalText, type Json } from '../../../shared/audit/canonical.ts'
import type { BundleCase, Place } from './cases.ts'
import { linesOf } from './files.ts'
import { bundleOfLanes, type World } from './world.ts'

type Part = Readonly<Record<string, unknown>>

/** The row with other members, and with other members in its intent or outcome. */
function alter(line: string, more: Part, inner: Part = {}): string {
  const row = JSON.parse(line) as Record<string, object>
  const changed = (['intent', 'outcome'] as const).filter((name) => row[name] !== undefined)
  const parts = changed.map((name) => [name, { ...row[name], ...inner }])
  return canonicalText({ ...row, ...Object.fromEntries(parts), ...more } as Json)
}

/** A release, the intent that it names, and how an outcome says that content left. */
export function releaseCases(world: World): BundleCase[] {
  const rows = linesOf(world.whole, 'rows-L01-000001.ndjson')
  const [opening = '', intent = '', outcome = ''] = rows
  const { decisionId, time } = JSON.parse(intent) as { decisionId: string; time: string }
  const place = { segment: 1, status: 200, source: 'token', method: 'exchange', checkedAt: time }
  const detail = { ...place, decisionId, lane: 'L01', seq: 1 }
  const release = (seq: number, inner: Part = {}, lane = 'L01') =>
    alter(opening, { kind: 'release', seq, lane, detail: { ...detail, ...inner } })
  const ended = (seq: number, inner: Part = { flow: 'left' }, lane = 'L01') => alter(outcome, { seq, lane }, inner)
  const denied = alter(intent, {}, { verdict: 'deny' })
  const approved = alter(intent, {}, { approval: { id: 'a1' } })
  const doubt = alter(opening, { kind: 'release', seq: 2, detail: {} })
  const other = alter(opening, { lane: 'L02' })
  const one = (...lines: string[]) => bundleOfLanes(world, { L01: [opening, ...lines] })
  const two = (first: string[], second: string[]) =>
    bundleOfLanes(world, { L01: [opening, ...first], L02: [other, ...second] })
  const wrong = (seq: number, lane = 'L01'): Place => ['release_without_intent', lane, seq]
  const table: [string, ReturnType<typeof one>, ...Place[]][] = [
    ['an answer that flowed', one(intent, release(2), ended(3))],
    ['an answer that was held after its release', one(intent, release(2), ended(3, { flow: 'held' }))],
    ['an answer that was held without a release', one(intent, ended(2, { flow: 'held' }))],
    [
      'a release whose outcome was found out afterwards',
      two([intent, release(2)], [ended(1, { evidence: 'x' }, 'L02')]),
    ],
    ['a release in another lane', two([intent, ended(2)], [release(1, {}, 'L02')])],
    ['a release whose intent stands outside of the scope', one(release(1, { lane: 'L07' }))],
    ['a release of no decision', one(intent, ended(2, {}), release(3, { decisionId: 'dx' })), wrong(3)],
    ['a release of another row', one(intent, release(2, { seq: 0 }), ended(3)), wrong(2)],
    ['a release of another lane', one(intent, release(2, { lane: 'L02' }), ended(3)), wrong(2)],
    ['a release before its intent', one(release(1, { seq: 2 }), alter(intent, { seq: 2 }), later()), wrong(1)],
    ['a release after a denial', one(denied, release(2), ended(3, { flow: 'held', status: 'not-called' })), wrong(2)],
    ['a release after the end', one(intent, ended(2), release(3)), wrong(3)],
    [
      'a release after the end in another lane',
      two([intent], [ended(1, undefined, 'L02'), release(2, {}, 'L02')]),
      wrong(2, 'L02'),
    ],
    ['a release of an answer that did not flow', one(intent, release(2), ended(3, {})), wrong(2)],
    ['a release of an answer that had ended whole', one(intent, ended(2, {}), release(3)), wrong(3)],
    ['a release of a row elsewhere, after the end', one(intent, ended(2, {}), release(3, { lane: 'L07' })), wrong(3)],
    ['a release twice', one(intent, release(2), release(3), ended(4)), ['duplicate_release', 'L01', 3]],
    ['content that left without a release', one(intent, ended(2)), ['outcome_without_release', 'L01', 2]],
    ['an outcome that flowed otherwise', one(intent, ended(2, { flow: 'both' })), ['malformed', 'L01', 2]],
    [
      'a release that names no row',
      one(intent, release(2, { seq: '1' }), ended(3, { flow: 'held' })),
      ['malformed', 'L01', 2],
    ],
    [
      'a release that names no lane',
      one(intent, release(2, { lane: 7 }), ended(3, { flow: 'held' })),
      ['malformed', 'L01', 2],
    ],
    [
      'a release that names no decision',
      one(intent, release(2, { decisionId: 7 }), ended(3, { flow: 'held' })),
      ['malformed', 'L01', 2],
    ],
    ['an outcome whose evidence is no text', one(intent, ended(2, { evidence: 7 })), ['malformed', 'L01', 2]],
    ['a release of another row while the call is open', one(intent, release(2, { seq: 0 })), wrong(2)],
    ['an outcome in another lane without a release', two([intent], [ended(1, undefined, 'L02')])],
    ['an outcome that was found out without a release', one(intent, ended(2, { evidence: 'x' }))],
    ['a row in doubt where the release should be', one(intent, doubt, ended(3)), ['malformed', 'L01', 2]],
    ['a release after the end of what was approved', one(approved, ended(2), release(3)), wrong(3)],
  ]
  const open: Place = ['dangling_intent', 'L01', 1]
  const long = alter(intent, { time: '2026-11-22T09:30:00.000Z' })
  return [
    ...table.map(([name, files, ...findings]) => {
      return { name, files, verdict: findings.length === 0 ? 'PASS' : 'FAIL', findings }
    }),
    {
      name: 'a release without outcome',
      files: one(long, release(2)),
      verdict: 'PASS WITH EXCEPTIONS',
      findings: [open],
    },
  ]
  function later(): string {
    const { outcome: own } = JSON.parse(outcome) as { outcome: { intent: Part } }
    return ended(3, { flow: 'left', intent: { ...own.intent, seq: 2 } })
  }
}
