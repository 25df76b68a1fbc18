/**
 * The agent's own statement (names of inputs), or one of ours whose values come from inputs, in that order. In a text of
 * ours `{name}` takes the input of that name as it stands: only whole numbers, and what needs no quoting within quotes.
 */
export type StatementSource =
  | { readonly from: 'input'; readonly text: string; readonly values?: string; readonly prefix?: string }
  | { readonly from: 'declaration'; readonly text: string; readonly values: readonly string[] }

/**
 * Which service answers over TDS, which decides how calls are set up (`shared/upstream/tds-services.ts`): Azure SQL
 * Database and Managed Instance, a dedicated or serverless pool of Synapse, Fabric's warehouse or SQL endpoint.
 */
export type TdsService = 'database' | 'dedicated' | 'serverless' | 'fabric'

/** One statement over TDS. */
export interface TdsCall {
  readonly technology: 'tds'
  readonly service: TdsService
  /** Nothing that it does is kept: it runs in a transaction that is rolled back, where the service has them. */
  readonly readOnly: boolean
  readonly statement: StatementSource
  /** The input that lists a procedure's arguments, each with `name` and `value`; the text is then `EXEC` and its name. */
  readonly arguments?: string
  /** The statement is planned and not run: the answer is the plan, as XML. */
  readonly planned?: true
}

/** One statement over MySQL's protocol. */
export interface MysqlCall {
  readonly technology: 'mysql'
  /** A server-side guard: `START TRANSACTION READ ONLY`. */
  readonly readOnly: boolean
  /** The deployment's value that says how users are named, `upn` or `oid`; absent: by the sign-in name. */
  readonly login?: string
  readonly statement: StatementSource
}
