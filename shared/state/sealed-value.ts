import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeFields } from '../audit/chain.ts'
import type { Properties } from '../audit/store.ts'
import type { StatePlace, StateRow } from './state-table.ts'

/** A row of a state table that holds one value under a seal. */
export type SealedRow = Pick<StateRow, 'partition' | 'key' | 'values'>

/** Seals values for their place in a table of this name. Both reject where the secret cannot be had. */
export interface ValueSeal {
  /** The members of a row that holds the value, as JSON. */
  readonly seal: (place: StatePlace, value: unknown) => Promise<Properties>
  /** Null where no holder of the secret has put it there: in another place, or changed, it is nobody's. */
  readonly open: <T>(row: SealedRow) => Promise<T | null>
}

/** HMAC-SHA-256(secret, PAE("state-row/v1", table, partition, key, JSON)): whoever can write to the table alone makes no row. */
export function createValueSeal(secret: () => Promise<Uint8Array>, table: string): ValueSeal {
  const macOf = async ({ partition, key }: StatePlace, text: string) =>
    createHmac('sha256', await secret())
      .update(encodeFields(['state-row/v1', table, partition, key, text]))
      .digest()
  return {
    seal: async (place, value) => {
      const text = JSON.stringify(value)
      return { value: text, mac: (await macOf(place, text)).toString('base64') }
    },
    open: async <T>(row: SealedRow) => {
      const text = String(row.values.value)
      const [made, stored] = [await macOf(row, text), Buffer.from(String(row.values.mac), 'base64')]
      return made.length === stored.length && timingSafeEqual(made, stored) ? (JSON.parse(text) as T) : null
    },
  }
}
