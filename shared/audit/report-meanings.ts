import type { FindingKind } from './verify-findings.ts'

export type Severity = 'critical' | 'high' | 'medium' | 'low'
export type FindingList = 'integrity' | 'unresolved' | 'operations'

/** What a finding says to somebody who does not know how the book is made. */
export interface Meaning {
  readonly list: FindingList
  readonly severity: Severity
  readonly says: string
  readonly action: string
  /** It is a condition of one night and goes with it, not an occurrence that stays until somebody explains it. */
  readonly passes?: true
}

const preserve =
  'Preserve the stores as they are, export a bundle of the day, and open a security incident. Compare the rows with the sealed copy.'
const access = 'Find out who could write to the store at that time, from the platform’s own activity log.'
const investigate = `${preserve} ${access}`

const integrity = (severity: Severity, says: string, action = investigate): Meaning => {
  return { list: 'integrity', severity, says, action }
}
const operations = (severity: Severity, says: string, action: string): Meaning => {
  return { list: 'operations', severity, says, action }
}

const keyAction = 'Find out which key it was and who could use it. Until that is known, treat these rows as unproven.'
const anchorAction =
  'Take a checkpoint that somebody outside keeps, and verify against it. Treat it as an attack on the evidence.'

/** Each kind of finding, in plain language. */
export const meanings: Readonly<Record<FindingKind, Meaning>> = {
  edited: integrity('critical', 'The content of a row was changed after it was written.'),
  deleted: integrity('critical', 'Rows that were written are no longer there.'),
  inserted: integrity(
    'critical',
    'There is a row, or a group of rows, that was not written by the gateway at this place.',
  ),
  reordered: integrity('critical', 'A genuine row stands at another place than the one it was written to.'),
  forked: integrity('critical', 'A genuine row continues something other than what is stored before it.'),
  not_canonical: integrity('high', 'A row is genuine but not written in the form that the book prescribes.'),
  malformed: integrity('high', 'A row is genuine but does not have the members of a row.'),
  column_mismatch: integrity(
    'high',
    'A column that is used for searching says something other than the row itself. The row counts; searches may mislead.',
  ),
  unknown_key: integrity('high', 'A row was made under a key that nobody knows.', keyAction),
  retired_key: integrity('high', 'A row was made under a key that had been retired.', keyAction),
  unannounced_key: integrity('high', 'The key changed without the row that announces it.', keyAction),
  head_missing: integrity('critical', 'The mark that says where a segment ends is gone.'),
  head_altered: integrity('critical', 'The mark that says where a segment ends was changed.'),
  head_rolled_back: integrity('critical', 'The mark that says where a segment ends was put back to an earlier state.'),
  rewritten: integrity(
    'critical',
    'The rows are formally genuine, but not those that were anchored: somebody who holds the key wrote them anew.',
    `${preserve} Change the keys. ${access}`,
  ),
  truncated: integrity(
    'critical',
    'Rows that were anchored outside the store are gone, and the mark of their end with them.',
  ),
  segment_missing: integrity('critical', 'A whole segment of the book is missing.'),
  lane_missing: integrity('critical', 'A whole lane of the book is missing.'),
  duplicate_decision: integrity('high', 'One decision is recorded twice.'),
  duplicate_outcome: integrity('high', 'One call has two recorded outcomes.'),
  outcome_without_intent: integrity('high', 'An outcome is recorded for a decision that is not in the book.'),
  called_without_permit: integrity(
    'critical',
    'A backend was called although the recorded decision did not permit it.',
    'Stop the gateway’s access to this backend until the cause is known, and open a security incident.',
  ),
  release_without_intent: integrity(
    'critical',
    'Content was let go in the name of a decision that is not in the book, did not permit it, or had ended.',
    'Find out which answer left, and to whom. Stop the gateway’s access to this backend until the cause is known.',
  ),
  duplicate_release: integrity('high', 'The answer to one call was let go twice.'),
  outcome_without_release: integrity(
    'high',
    'The content of an answer left before the book said that it would, or the row that said so is not there.',
  ),
  approval_reused: integrity(
    'critical',
    'One approval was used for more than one call.',
    'Ask the approver which call was meant. Check what the other call did, and open a security incident.',
  ),
  opening_mismatch: integrity('high', 'A stored personal value is not the one that its row commits to.'),
  checkpoint_invalid: integrity(
    'critical',
    'A checkpoint does not carry a valid signature by the pinned key.',
    anchorAction,
  ),
  anchor_log_altered: integrity('critical', 'The anchor log is not the one that was signed.', anchorAction),
  anchor_log_truncated: integrity('critical', 'The anchor log is shorter than the one that was signed.', anchorAction),
  anchor_log_rewritten: integrity(
    'critical',
    'The anchor log does not continue the one of an earlier report.',
    anchorAction,
  ),
  anchor_malformed: integrity('high', 'A line of the anchor log is no record.', anchorAction),
  report_altered: integrity(
    'critical',
    'An earlier report is not the one whose digest the book records.',
    'Do not rely on that report. Compare it with the copy that was sent out, and open a security incident.',
  ),
  unrecorded_access: integrity(
    'critical',
    'A backend saw our gateway act, and the book says nothing of it.',
    'Find out with which credentials it was done. Treat the gateway’s identity as compromised until that is known.',
  ),
  time_implausible: integrity(
    'high',
    'The time in a row does not lie between the anchors around it.',
    'Check the clock of the instance that wrote it. Do not rely on times in this lane until it is explained.',
  ),
  dangling_intent: {
    list: 'unresolved',
    severity: 'medium',
    says: 'A call was decided on, and nothing says what became of it.',
    action: 'Look up the call in the backend’s own log. The reconciler closes it where a source is connected.',
  },
  anchors_stale: {
    ...operations(
      'high',
      'Rows have not been anchored for longer than they should be. Until they are, only the keyed chain protects them.',
      'Check that the sealer runs, that it may sign, and that the container’s policy is locked.',
    ),
    passes: true,
  },
  failover_loss_declared: operations(
    'high',
    'A change of region lost rows, and an operator has declared which.',
    'Rebuild what happened from the backends’ own logs, and record the outcome.',
  ),
  night_missed: operations(
    'medium',
    'No report was made for this night. The rows of it are in tonight’s population.',
    'Find out why the verification did not run.',
  ),
  review_overdue: {
    ...operations(
      'medium',
      'A report was not reviewed within two working days.',
      'Review the report and record the decision.',
    ),
    passes: true,
  },
  break_glass_unreviewed: {
    ...operations(
      'high',
      'Somebody used emergency access, and no auditor has reviewed it within two working days.',
      'Review it with the person who used it. Until then that person’s emergency access stays closed.',
    ),
    passes: true,
  },
  disowned_call: operations(
    'high',
    'A person says that a call which an agent made as them was not theirs.',
    'Ask the person and the agent’s owner. Look up the call and what else the agent did as this person. It is suspended for them until an operator lifts that.',
  ),
  tool_changed: operations(
    'high',
    'A server describes a tool in another way than when somebody read and allowed it. The calls of it were refused.',
    'List the tools of this backend as a person who may, and read the new definition. Pin it anew, or stop using the server.',
  ),
  bypass_access: operations(
    'high',
    'An agent that the book knows reached a backend by another way than through the gateway.',
    'Find out who gave it that way, close it, and record what was read or changed.',
  ),
  unconfirmed_call: operations(
    'medium',
    'The book says that a backend was called, and the backend’s own log does not show it.',
    'Check whether the log is complete. If it is, ask the backend’s owner.',
  ),
}

/** Working days until a disposition is expected. */
export const daysToExplain: Readonly<Record<Severity, number>> = { critical: 1, high: 2, medium: 5, low: 10 }
