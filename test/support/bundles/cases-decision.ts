// Cases about the proof of one decision.
import type { BundleCase, Place } from './cases.ts'
import { change, type Files, reseal, textOf } from './files.ts'
import type { World } from './world.ts'

interface Proof {
  readonly rows: readonly { readonly row: string; readonly path: readonly string[]; readonly anchor: number }[]
}

export function decisionCases({ decision, book, whole }: World): BundleCase[] {
  const proof = JSON.parse(textOf(decision, 'decision.json')) as Proof
  const [intent, outcome] = proof.rows
  const withRows = (...rows: unknown[]) => reseal(change(decision, { 'decision.json': JSON.stringify({ rows }) }))
  const altered = (row: Proof['rows'][number] | undefined, members: object) => ({ ...row, ...members })
  const seal = intent?.anchor ?? -1
  const tlog = `anchor-${seal}.tlog-proof`
  const text = textOf(decision, tlog)
  const hash = 'A'.repeat(43)
  const wrong = (at: number): Place => ['edited', 'bundle', at]
  const log: Place = ['anchor_log_altered', 'anchors', seal]
  const table: [string, Files, readonly Place[]][] = [
    [
      'a proof with another row',
      withRows(intent, altered(outcome, { row: outcome?.row.replace('"rows":3', '"rows":4') })),
      [wrong(1)],
    ],
    [
      'a proof with a wrong path',
      withRows(altered(intent, { path: [`${hash}=`, ...(intent?.path.slice(1) ?? [])] }), outcome),
      [wrong(0)],
    ],
    [
      'a proof with a path too long',
      withRows(altered(intent, { path: [...(intent?.path ?? []), `${hash}=`] }), outcome),
      [wrong(0)],
    ],
    ['a proof with a path too short', withRows(intent, altered(outcome, { path: outcome?.path.slice(1) })), [wrong(1)]],
    ['a proof of more than there is', withRows(intent, altered(outcome, { anchor: 99 })), [['malformed', 'bundle', 0]]],
    ['a proof without rows', withRows(), [['malformed', 'bundle', 0]]],
    ['a proof that is no document', reseal(change(decision, { 'decision.json': '[' })), [['malformed', 'bundle', 0]]],
    [
      'a record that the log does not hold',
      reseal(change(decision, { [tlog]: text.replace('extra e', 'extra f') })),
      [log],
    ],
    [
      'a record proven by another checkpoint',
      reseal(change(decision, { [tlog]: `${text.split('\n\n')[0]}\n\n${book.early}` })),
      [log],
    ],
    ['a record without proof', change(decision, { [tlog]: null }), [log]],
    ['a proof of another decision', reseal(decision, { decision: 'd0' }), [wrong(0), wrong(1)]],
  ]
  return [
    { name: 'a decision proven', files: decision, decision: 'd1', verdict: 'PASS' },
    { name: 'a decision proven, nobody named it', files: decision, verdict: 'PASS' },
    {
      name: 'a decision proven by its own key',
      files: decision,
      pin: 'none',
      verdict: 'INCOMPLETE',
      notes: ['key_not_pinned'],
    },
    { name: 'a decision whose outcome is held back', files: withRows(intent), verdict: 'PASS' },
    {
      name: 'a decision that cannot be held against a checkpoint',
      files: decision,
      since: [book.early],
      verdict: 'INCOMPLETE',
      notes: ['since_not_checked'],
    },
    {
      name: 'a decision, asked for another',
      files: decision,
      decision: 'd0',
      verdict: 'FAIL',
      findings: [['malformed', 'bundle', 0]],
    },
    {
      name: 'rows of the book beside a decision',
      files: reseal(change(decision, { 'rows-L01-000001.ndjson': textOf(whole, 'rows-L01-000001.ndjson') })),
      verdict: 'FAIL',
      findings: [['inserted', 'bundle', 0]],
    },
    ...table.map(([name, files, findings]) => ({ name, files, verdict: 'FAIL', findings })),
  ]
}
