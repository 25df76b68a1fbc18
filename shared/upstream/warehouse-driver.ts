import type { WarehouseCall } from '../backend/warehouse-call.ts'
import type { Problem } from '../errors/problem.ts'
import type { ExchangedToken, Principal } from '../identity/principal.ts'
import type { Json, UpstreamCall } from '../pipeline/ports.ts'
import type { Wire } from './warehouse-wire.ts'

/** Where a deployment has a warehouse, and the values that it sets for it. */
export interface WarehouseSettings {
  readonly baseUrl: string
  readonly database?: string | undefined
  readonly schema?: string | undefined
  readonly catalog?: string | undefined
  readonly values: Readonly<Record<string, string>>
}

/** A statement to be started. */
export interface Submission {
  readonly text: string
  readonly parameters: Json | undefined
  /** The same for the caller's own repeat of this very call, and for no other: 32 to 36 characters of [0-9a-f-]. */
  readonly key: string
  /** It is planned and not run. */
  readonly plan: boolean
  /** Rows that are wanted, one more than are permitted. */
  readonly rows: number
}

/** One call at its warehouse. */
export interface Visit {
  readonly call: UpstreamCall
  readonly settings: WarehouseSettings
  readonly wire: Wire
  readonly signal: AbortSignal
  readonly maxBytes: number
}

/** How a statement stands; `first` is its result's first page where the answer held it. */
export type Standing =
  | { readonly state: 'running'; readonly id: string; readonly ids: Ids }
  | { readonly state: 'done'; readonly id: string; readonly ids: Ids; readonly first?: Page; readonly changed?: number }
  | { readonly state: 'failed'; readonly id: string; readonly ids: Ids; readonly problem: Problem }

/** The warehouse's own ids, for the outcome row. */
export type Ids = Readonly<Record<string, string>>

/** Part of a result. */
export interface Page {
  readonly columns: readonly string[]
  readonly rows: readonly (readonly Json[])[]
  /** Names the next part; null at the last. */
  readonly next: string | null
  readonly bytes: number
}

/** What a listing gave: a list, cut where there was more. */
export interface Listing {
  readonly items: readonly Json[]
  readonly more: boolean
  readonly ids: Ids
  readonly bytes: number
}

/** Whom the warehouse sees: a statement of ours, and what its one value must be; null where that says nothing. */
export interface Whoami {
  readonly text: string
  readonly isPerson: (seen: string, principal: Principal, settings: WarehouseSettings) => boolean | null
  /** Whether this deployment can be asked. */
  readonly applies: (settings: WarehouseSettings) => boolean
}

/** One warehouse's protocol. Everything throws Problem as `Executor` says. */
export interface Driver {
  readonly submit: (visit: Visit, submission: Submission) => Promise<Standing>
  readonly look: (visit: Visit, id: string) => Promise<Standing>
  readonly page: (visit: Visit, id: string, next: string | null) => Promise<Page>
  readonly cancel: (visit: Visit, id: string) => Promise<void>
  readonly whoami: Whoami | null
  /** Tables of a schema, or columns of a table, where the API has words of its own for it. */
  readonly list?: (visit: Visit, what: 'list-tables' | 'describe-table') => Promise<Listing>
  /** Refuses what this warehouse would read otherwise than the gate did; throws Problem `input_invalid`. */
  readonly inspect?: (call: UpstreamCall, text: string) => void
}

/** Proofs by the very token object that they were made with. */
export type Proofs = WeakMap<ExchangedToken, Map<string, number>>

export type Drivers = Readonly<Record<WarehouseCall['service'], Driver>>
