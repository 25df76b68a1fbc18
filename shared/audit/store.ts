import type { KeyObject } from 'node:crypto'
import type { StoredEntity } from './record.ts'

/**
 * The tables: rows and heads; leases and lane directory; openings of personal commitments (erasable); the nightly runs;
 * the index by which auditors find rows.
 */
export type TableName = 'rows' | 'meta' | 'pii' | 'runs' | 'index'

/** Their names in the account: the first is `prefix` itself. */
export function tableNames(prefix: string): Readonly<Record<TableName, string>> {
  return {
    rows: prefix,
    meta: `${prefix}meta`,
    pii: `${prefix}pii`,
    runs: `${prefix}runs`,
    index: `${prefix}index`,
  }
}

export type Properties = Readonly<Record<string, string | number | boolean | Uint8Array>>

export interface Entity {
  readonly partitionKey: string
  readonly rowKey: string
  readonly properties: Properties
}

/** One operation of an entity group transaction; `replace` is guarded by the ETag. Nothing is ever upserted or deleted. */
export type Write =
  | { readonly kind: 'insert'; readonly entity: Entity }
  | { readonly kind: 'replace'; readonly entity: Entity; readonly etag: string }

/**
 * Why a transaction did not succeed. `lost-race`: an ETag or an existing row forbade it (412 and 409 both);
 * `ambiguous`: nobody can say whether it was committed; `throttled`: certainly not committed, may be sent again;
 * `rejected`: certainly not committed, and sending it again will not help.
 */
export type CommitFault = 'lost-race' | 'ambiguous' | 'throttled' | 'rejected'

export type Commit =
  | { readonly ok: true; readonly etags: readonly string[] }
  | { readonly ok: false; readonly fault: CommitFault; readonly detail: string }

export interface EntityRange {
  readonly partitionKey: string
  /** Inclusive row keys. */
  readonly from?: string
  readonly to?: string
}

/** Table storage as the audit needs it. */
export interface RowStore {
  /** One entity group transaction: all or nothing, one partition, at most 100 operations. Never rejects. */
  commit(table: TableName, writes: readonly Write[]): Promise<Commit>
  /** Rejects with `audit_unavailable` where the store cannot answer. */
  read(table: TableName, partitionKey: string, rowKey: string): Promise<StoredEntity | null>
  /** Pages in key order; rejects with `audit_unavailable`. */
  list(table: TableName, range?: EntityRange): AsyncIterable<readonly StoredEntity[]>
}

export interface AuditKey {
  readonly kid: string
  readonly key: KeyObject
}

/** The writer's key of the current month; rejects with `audit_unavailable` where it was never to be had. */
export interface KeySource {
  current(): Promise<AuditKey>
}

/** A credential of the platform as its SDKs take it (the shape of `TokenCredential`). */
export interface TokenSource {
  getToken(
    scopes: string | string[],
    options?: { readonly tenantId?: string; readonly claims?: string },
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>
}
