import { type CheckedRow, type RowChecker, readChecked } from './index-check.ts'
import { dimensionsOf, dimensionsOfOutcome, normalize, tenantOf } from './index-dimensions.ts'
import { entryPartition, entryRowKey, monthOf, type Selector } from './index-keys.ts'
import { type Opened, openPersonal } from './index-openings.ts'
import type { Hit } from './index-query.ts'
import type { RowPosition } from './receipt.ts'
import type { RowDocument } from './record.ts'
import type { RowStore } from './store.ts'

/** A row of the book as auditors see it; an intent comes with what became of it. */
export interface BookRecord {
  readonly place: RowPosition
  readonly checked: CheckedRow['checked']
  /** Why it is not shown, where it is not. */
  readonly fault?: string
  readonly kind?: string
  /** ISO 8601 UTC. */
  readonly time?: string
  readonly decisionId?: string
  readonly traceId?: string
  readonly mac?: string
  readonly intent?: Omit<NonNullable<RowDocument['intent']>, 'personal'>
  readonly outcome?: RecordedOutcome | null
  readonly detail?: RowDocument['detail']
  readonly personal?: Readonly<Record<string, Opened>>
}

/** An outcome with its own place; `intent` is left out, since it stands beside it. */
export type RecordedOutcome = {
  readonly place: RowPosition
  readonly checked: CheckedRow['checked']
  readonly fault?: string
  readonly time?: string
} & Partial<Omit<NonNullable<RowDocument['outcome']>, 'intent'>>

export interface RecordReader extends RowChecker {
  readonly rows: Pick<RowStore, 'read'>
  readonly homeTenant: string
  /** Told of every row that is not what it should be. */
  readonly onFault: (fault: string, place: RowPosition) => void
}

export interface Wanted {
  readonly selectors: readonly Selector[]
  /** Open personal values as well. */
  readonly open: boolean
}

/**
 * The record behind an entry, or null where the row is another one than the index says: entries are nobody's word, so
 * tenant and every selector are looked up in the row itself. Rejects with `audit_unavailable`.
 */
export async function readRecord(reader: RecordReader, hit: Hit, wanted: Wanted): Promise<BookRecord | null> {
  const place = placeOf(hit)
  const found = await readChecked(reader, place)
  if (!('row' in found)) {
    reader.onFault(found.fault, place)
    return { place, checked: found.checked, fault: found.fault }
  }
  const { row } = found
  const outcome = row.kind === 'intent' ? await readOutcome(reader, hit, found) : undefined
  if (tenantOf(row, reader.homeTenant) !== hit.tenant || !isWanted(row, outcome, wanted.selectors)) {
    reader.onFault('index_mismatch', place)
    return null
  }
  const personal = wanted.open ? await openPersonal(reader.rows, row) : undefined
  const shown = outcome === undefined ? {} : { outcome: outcome && describeOutcome(outcome) }
  return { ...describeRow(found, place), ...shown, ...(personal === undefined ? {} : { personal }) }
}

type Shown = Extract<CheckedRow, { row: RowDocument }>

/** A row by itself, without its personal commitments. */
export function describeRow({ row, checked, mac }: Shown, place: RowPosition): BookRecord {
  const { kind, time, decisionId, traceId, detail, outcome } = row
  return {
    place,
    ...{ checked, kind, time, mac },
    ...(decisionId === undefined ? {} : { decisionId }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(row.intent === undefined ? {} : { intent: withoutPersonal(row.intent) }),
    ...(outcome === undefined ? {} : { outcome: describeOutcome({ place, found: { row, checked, mac } }) }),
    ...(detail === undefined ? {} : { detail }),
  }
}

function withoutPersonal({ personal: _personal, ...intent }: NonNullable<RowDocument['intent']>) {
  return intent
}

interface FoundOutcome {
  readonly place: RowPosition
  readonly found: CheckedRow
}

function describeOutcome({ place, found }: FoundOutcome): RecordedOutcome {
  if (!('row' in found)) return { place, checked: found.checked, fault: found.fault }
  const { intent: _intent, ...outcome } = found.row.outcome ?? {}
  return { place, checked: found.checked, time: found.row.time, ...outcome } as RecordedOutcome
}

/** Null where the index has none yet. An outcome that names another intent is a fault, and not shown. */
async function readOutcome(reader: RecordReader, hit: Hit, intent: Shown): Promise<FoundOutcome | null> {
  const { decisionId = '' } = intent.row
  const selector = { dimension: 'outcome', value: decisionId } as const
  const partition = entryPartition(hit.tenant, selector, monthOf(hit.time))
  const pointer = await reader.rows.read('index', partition, entryRowKey(selector, hit.key))
  if (pointer === null) return null
  const { lane, segment, seq } = pointer.properties
  const place = { lane: String(lane), segment: Number(segment), seq: Number(seq) }
  const read = await readChecked(reader, place)
  const found = isOutcomeOf(read, intent) ? read : ({ checked: 'failed', fault: 'outcome_without_intent' } as const)
  if ('fault' in found) reader.onFault(found.fault, place)
  return { place, found }
}

/** True as well where the row could not be read: then that is what is wrong with it. */
function isOutcomeOf(read: CheckedRow, intent: Shown): boolean {
  if (!('row' in read)) return true
  const named = read.row.outcome?.intent
  const { lane, segment, seq, decisionId } = intent.row
  const isSamePlace = named?.lane === lane && named.segment === segment && named.seq === seq
  return isSamePlace && named.mac === intent.mac && read.row.decisionId === decisionId
}

/** What an outcome that is not shown would have said cannot be told, so it keeps nothing out. */
function isWanted(row: RowDocument, outcome: FoundOutcome | null | undefined, selectors: readonly Selector[]): boolean {
  const known = outcome && 'row' in outcome.found ? dimensionsOfOutcome(outcome.found.row) : []
  const isUnknown = outcome !== undefined && (outcome === null || !('row' in outcome.found))
  const has = [...dimensionsOf(row), ...known].map(({ dimension, value }) => `${dimension} ${value}`)
  return selectors.map(normalize).every(({ dimension, value }) => {
    return has.includes(`${dimension} ${value}`) || (isUnknown && ofOutcome.has(dimension))
  })
}

const ofOutcome: ReadonlySet<string> = new Set(['class', 'status'])

function placeOf({ lane, segment, seq }: Hit): RowPosition {
  return { lane, segment, seq }
}
