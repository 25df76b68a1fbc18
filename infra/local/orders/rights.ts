import { personas } from '../personas.ts'
import { type Region, regions } from './order.ts'

/** What one person may do with orders: which regions they see, and how much they may change there. */
export interface OrderRights {
  readonly regions: readonly Region[]
  readonly edit: boolean
  readonly remove: boolean
}

const editor = (region: Region): OrderRights => ({ regions: [region], edit: true, remove: false })

/** By object id, as the token names the person. Whoever is not here may do nothing. */
const byObjectId: Readonly<Record<string, OrderRights>> = {
  [personas.alice.oid]: editor('EMEA'),
  [personas.bob.oid]: editor('US'),
  [personas.carol.oid]: { regions, edit: true, remove: true },
  [personas.dave.oid]: { regions, edit: false, remove: false },
}

/** The rights of a person, or null. */
export function rightsOf(oid: string): OrderRights | null {
  return Object.hasOwn(byObjectId, oid) ? (byObjectId[oid] ?? null) : null
}
