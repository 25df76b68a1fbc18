import { personalCommitment } from './chain.ts'
import type { RowDocument, StoredEntity } from './record.ts'

/** What of a decision's personal values is still there: `none` were ever kept; `erased`: at least one is gone. */
export type PersonalState = 'none' | 'kept' | 'erased'

/** Whether a decision can be made again from its row. */
export type Reproducibility = 'reproducible' | 'not_reproducible_erased' | 'not_reproducible_altered'

const fields = ['inputs', 'statement', 'purpose', 'claimedAgent', 'claimedConversation'] as const
/** What a decision depends on; purposes and claims never permit anything. */
const decisive: readonly string[] = ['inputs', 'statement']

/** What to show in the place of personal values. `opening` is null where there is none any more. */
export function personalState(row: RowDocument, opening: StoredEntity | null): PersonalState {
  const committed = committedFields(row)
  if (committed.length === 0) return 'none'
  return committed.every((field) => isThere(opening, field)) ? 'kept' : 'erased'
}

/**
 * Whether explanation and replay can start from a row: an erased decision stands in the book, verifies, and cannot be
 * made again, since nobody knows any more what was asked. What is there must open its commitment.
 */
export function reproducibility(row: RowDocument, opening: StoredEntity | null): Reproducibility {
  const needed = committedFields(row).filter((field) => decisive.includes(field))
  if (!needed.every((field) => isThere(opening, field))) return 'not_reproducible_erased'
  return needed.every((field) => opens(row, opening, field)) ? 'reproducible' : 'not_reproducible_altered'
}

type Field = (typeof fields)[number]

function committedFields({ intent }: RowDocument): readonly Field[] {
  return fields.filter((field) => intent?.personal[field] !== undefined)
}

function isThere(opening: StoredEntity | null, field: Field): boolean {
  return opening?.properties[`${field}_salt`] !== undefined
}

function opens({ intent }: RowDocument, opening: StoredEntity | null, field: Field): boolean {
  const salt = opening?.properties[`${field}_salt`]
  const value = readOpening(opening, field)
  if (!(salt instanceof Uint8Array) || value === null) return false
  return personalCommitment(salt, value).toString('hex') === intent?.personal[field]
}

/** The value of one field of an opening, or null where it is not there. */
function readOpening(opening: StoredEntity | null, field: Field): string | null {
  const chunks: Uint8Array[] = []
  for (let at = 0; ; at++) {
    const chunk = opening?.properties[`${field}_${at}`]
    if (!(chunk instanceof Uint8Array)) break
    chunks.push(chunk)
  }
  return chunks.length === 0 ? null : Buffer.concat(chunks).toString('utf8')
}
