/** The agent's own statement (names of inputs), or a statement of ours whose values come from inputs, in that order. */
export type StatementSource =
  | { readonly from: 'input'; readonly text: string; readonly values?: string; readonly prefix?: string }
  | { readonly from: 'declaration'; readonly text: string; readonly values: readonly string[] }

/** One statement over TDS: SQL Server, Synapse, Fabric. */
export interface TdsCall {
  readonly technology: 'tds'
  /** Nothing that it does is kept: it runs in a transaction that is rolled back, where the service has them. */
  readonly readOnly: boolean
  readonly statement: StatementSource
}

/** One statement over MySQL's protocol. */
export interface MysqlCall {
  readonly technology: 'mysql'
  /** A server-side guard: `START TRANSACTION READ ONLY`. */
  readonly readOnly: boolean
  readonly statement: StatementSource
}
