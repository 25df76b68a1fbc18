import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto'
import { encodeFields } from '../audit/chain.ts'
import type { StateRow, StateTable } from '../state/state-table.ts'
import type { SealKeys } from './seal.ts'

/** One approver's vote, lent to another for a while. People by object id, within one tenant. */
export interface Delegation {
  readonly tid: string
  /** Whose vote it is. */
  readonly from: string
  readonly to: string
  /** Object ids of the groups that the lender was in when lending, of those that approve anything. */
  readonly groups: readonly string[]
  /** Epoch milliseconds. */
  readonly since: number
  readonly until: number
  /** Null while nobody has ended it before its time. */
  readonly endedAt: number | null
}

/** Where delegations are kept; rejects with Problem `policy_unavailable` where that cannot be had. */
export interface Delegations {
  /** All of a tenant that are as they were made here, in the order of their people. */
  readonly list: (tid: string) => Promise<readonly Delegation[]>
  /** Takes the place of an earlier one between the same people; false where somebody else changed it just then. */
  readonly put: (delegation: Delegation) => Promise<boolean>
}

/** Longest delegation, in milliseconds. */
export const longestDelegationMs = 14 * 86_400_000

/** Whether it counts at that time. */
export function isInForce({ since, until, endedAt }: Delegation, now: number): boolean {
  return endedAt === null && since <= now && now < until
}

/**
 * Delegations in a table of state, each under an HMAC of the vault's key: whoever can write to the table alone cannot
 * make one, nor lengthen it. A row without its seal is none, and `onForgery` hears of it.
 */
export function createDelegations(table: StateTable, keys: SealKeys, onForgery: (key: string) => void): Delegations {
  return {
    list: async (tid) => {
      const rows = await table.list({ partition: tid })
      const read = await Promise.all(rows.map((row) => readRow(row, keys)))
      read.forEach((one, at) => {
        if (one === null) onForgery(rows[at]?.key ?? '')
      })
      return read.filter((one) => one !== null)
    },
    put: async (delegation) => {
      const place = { partition: delegation.tid, key: `${delegation.from}!${delegation.to}` }
      const values = await writeRow(place, delegation, keys)
      const before = await table.find(place)
      const etag = before === null ? await table.insert(place, values) : await table.replace(before, values)
      return etag !== null
    },
  }
}

interface Place {
  readonly partition: string
  readonly key: string
}

async function writeRow(place: Place, delegation: Delegation, keys: SealKeys) {
  const { kid, key } = await keys.current()
  const body = JSON.stringify(delegation)
  return { body, kid, mac: seal({ key, kid, place, body }).toString('hex') }
}

async function readRow({ partition, key: name, values }: StateRow, keys: SealKeys): Promise<Delegation | null> {
  const [kid, body, mac] = [String(values.kid), String(values.body), Buffer.from(String(values.mac), 'hex')]
  const current = await keys.current()
  const found = current.kid === kid ? current : await keys.find(kid)
  if (found === null) return null
  const own = seal({ key: found.key, kid, place: { partition, key: name }, body })
  const isOurs = mac.length === own.length && timingSafeEqual(mac, own)
  return isOurs ? (JSON.parse(body) as Delegation) : null
}

interface Sealing {
  readonly key: KeyObject
  readonly kid: string
  readonly place: Place
  readonly body: string
}

/** No row of the chain or of approvals encodes so. */
function seal({ key, kid, place, body }: Sealing): Buffer {
  const message = encodeFields(['delegation-row/v1', kid, place.partition, place.key, body])
  return createHmac('sha256', key).update(message).digest()
}
