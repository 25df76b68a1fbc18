import { hash } from 'node:crypto'
import type { StatePlace } from '../state/state-table.ts'

/** What is counted. Tokens and cost (in the account's currency) are what a backend says of itself. */
export type Meter = 'calls' | 'rows' | 'bytes' | 'tokens' | 'cost'

/** One limit, as the setting has it. */
export interface QuotaRule {
  readonly name: string
  readonly meter: Meter
  readonly per: readonly ('person' | 'agent' | 'backend')[]
  readonly window: 'minute' | 'day'
  readonly limit: number
  readonly backend?: string | undefined
  readonly onDemand: boolean
  /** What one call is taken to need before it is known. */
  readonly estimate?: number | undefined
}

/** A call that wants room. */
export interface QuotaAsk {
  readonly tid: string
  readonly oid: string
  readonly actor: string
  readonly backend: string
  /** Most rows that it may return. */
  readonly rowLimit: number
  /** Names of the rules that obligations engage. */
  readonly demanded: readonly string[]
}

/** What a call took. What a backend does not say stands as it was estimated. */
export interface Used {
  readonly calls: number
  readonly rows: number
  readonly bytes: number
  readonly tokens?: number | undefined
  readonly cost?: number | undefined
}

/** Nothing was called, so nothing was used. */
export const nothingUsed: Used = { calls: 0, rows: 0, bytes: 0, tokens: 0, cost: 0 }

/** Largest answer of any executor, in bytes. */
export const mostAnswerBytes = 4 * 1024 * 1024

/** The rules that a call falls under, in the order of their names, so that every call asks in the same order. */
export function rulesFor(rules: readonly QuotaRule[], ask: QuotaAsk): readonly QuotaRule[] {
  const isMeant = ({ backend, onDemand, name }: QuotaRule) =>
    (backend === undefined || backend === ask.backend) && (!onDemand || ask.demanded.includes(name))
  return rules.filter(isMeant).sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Where the leases of a rule stand for those whom this call counts for. Persons and agents are of a tenant. */
export function bucketPlace({ name, per }: QuotaRule, { tid, oid, actor, backend }: QuotaAsk): StatePlace {
  const values = { person: `${tid}|${oid}`, agent: `${tid}|${actor}`, backend }
  const whose = [...new Set(per)].sort().map((one) => [one, values[one]])
  return { partition: hash('sha256', JSON.stringify([name, whose]), 'hex').slice(0, 32), key: 'lease' }
}

/** How much a call needs at least, and how much it takes where there is more: rows can be cut, nothing else can. */
export function needOf({ meter, estimate, limit }: QuotaRule, { rowLimit }: QuotaAsk) {
  const most = { calls: 1, rows: rowLimit, bytes: Math.min(mostAnswerBytes, limit), tokens: 1, cost: 1 }[meter]
  if (meter === 'rows') return { least: Math.min(1, rowLimit), want: Math.min(rowLimit, estimate ?? rowLimit) }
  const want = meter === 'calls' ? 1 : (estimate ?? most)
  return { least: want, want }
}

const shares = { minute: 0.05, day: 0.02 } as const

/** What an instance leases at once. Nothing where calls need as much anyway: then each asks for itself. */
export function chunkOf({ window, limit, meter }: QuotaRule): number {
  const chunk = limit * shares[window]
  return meter === 'cost' ? chunk : Math.floor(chunk)
}
