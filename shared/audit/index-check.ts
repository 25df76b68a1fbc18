import { parseCanonical } from './canonical.ts'
import type { RowPosition } from './receipt.ts'
import type { RowDocument, StoredEntity } from './record.ts'
import { partitionKey, rowKey } from './segment.ts'
import type { KeySource, RowStore } from './store.ts'
import { checkContent, type ReadRow, readRow } from './verify-row.ts'

/**
 * A row as it may be shown. `mac`: its MAC was checked here; `not_checked_here`: it is a well-formed row at its place,
 * and its key is not ours to have; `failed`, `missing`: it is not shown, and `fault` says why.
 */
export type CheckedRow =
  | { readonly checked: 'mac' | 'not_checked_here'; readonly row: RowDocument; readonly mac: string }
  | { readonly checked: 'failed' | 'missing'; readonly fault: string }

export interface RowChecker {
  readonly rows: Pick<RowStore, 'read'>
  readonly keys: KeySource
  /** Name of this deployment. */
  readonly origin: string
}

/** Reads the row at a place and checks it. Rejects with `audit_unavailable`. */
export async function readChecked(checker: RowChecker, place: RowPosition): Promise<CheckedRow> {
  const { lane, segment, seq } = place
  const entity = await checker.rows.read('rows', partitionKey(lane, segment), rowKey(seq))
  return entity === null ? { checked: 'missing', fault: 'deleted' } : checkStored(checker, entity, place)
}

/** Checks a row that was read from a place. Rejects with `audit_unavailable` where no key can be had. */
export async function checkStored(
  checker: Pick<RowChecker, 'keys' | 'origin'>,
  entity: StoredEntity,
  { lane, segment, seq }: RowPosition,
): Promise<CheckedRow> {
  const read = readRow(entity)
  const held = await checker.keys.current()
  const isOurs = held.kid === read.kid
  const expected = { origin: checker.origin, lane, segment, prev: null }
  const fault = isOurs ? checkContent(read, held, expected)?.kind : checkForm(read, { ...expected, seq })
  const row = fault === undefined ? (parseCanonical(read.bytes) as unknown as RowDocument | null) : null
  if (row === null) return { checked: 'failed', fault: fault ?? 'malformed' }
  return { checked: isOurs ? 'mac' : 'not_checked_here', row, mac: Buffer.from(read.mac).toString('hex') }
}

/** What can be said without a key: a row of this format that names this very place. */
function checkForm({ facts, kid }: ReadRow, place: RowPosition & { readonly origin: string }): string | undefined {
  if (facts === null) return 'malformed'
  const isHere = facts.lane === place.lane && facts.segment === place.segment && facts.seq === place.seq
  if (!isHere || facts.origin !== place.origin) return 'reordered'
  return facts.kid === kid ? undefined : 'column_mismatch'
}
