import { hash } from 'node:crypto'
import { dimensionsOf, dimensionsOfOutcome, tenantOf } from './index-dimensions.ts'
import { entryKeyOf, entryPartition, entryRowKey, monthOf, type Selector } from './index-keys.ts'
import { tenantEntity } from './index-positions.ts'
import type { RowDocument } from './record.ts'
import type { Entity } from './store.ts'

/** Where a decision stands in the index: an outcome is entered at the place of its intent. */
export interface Standing {
  readonly tenant: string
  readonly entryKey: string
  readonly month: string
}

/** Where a row of its own is entered. */
export function standingOf(row: RowDocument, homeTenant: string): Standing {
  const { lane, segment, seq } = row
  const time = Date.parse(row.time)
  return {
    tenant: tenantOf(row, homeTenant),
    entryKey: entryKeyOf({ lane, segment, seq, time }),
    month: monthOf(time),
  }
}

/** Entries of an intent or an event, and the one that lists its tenant. */
export function entriesOf(row: RowDocument, standing: Standing): readonly Entity[] {
  const listed = tenantEntity(standing.tenant, hash('sha256', standing.tenant, 'hex').slice(0, 32))
  return [...dimensionsOf(row).map((selector) => entry(selector, standing)), listed]
}

/** Entries of an outcome: what its decision is found by besides, and where the row itself stands. */
export function entriesOfOutcome(row: RowDocument, standing: Standing): readonly Entity[] {
  const { lane, segment, seq, decisionId = '' } = row
  const pointer = entry({ dimension: 'outcome', value: decisionId }, standing)
  return [
    ...dimensionsOfOutcome(row).map((selector) => entry(selector, standing)),
    { ...pointer, properties: { lane, segment, seq } },
  ]
}

function entry(selector: Selector, { tenant, entryKey, month }: Standing): Entity {
  return {
    partitionKey: entryPartition(tenant, selector, month),
    rowKey: entryRowKey(selector, entryKey),
    properties: {},
  }
}
