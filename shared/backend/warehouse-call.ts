/** What can be asked of a warehouse that runs statements as jobs: start, ask after, cancel; `plan` runs nothing. */
export type WarehouseAction = 'execute' | 'plan' | 'get' | 'cancel' | 'list-tables' | 'describe-table'

/** `wait` is in seconds, `handle` stands for a statement that this gateway submitted. */
export type WarehousePart = 'statement' | 'parameters' | 'wait' | 'handle' | 'schema' | 'table'

/** One step of a statement that a warehouse runs behind an HTTP API. */
export interface WarehouseCall {
  readonly technology: 'warehouse'
  readonly service: 'athena' | 'bigquery' | 'redshift' | 'snowflake'
  readonly action: WarehouseAction
  /** The inputs that the action takes, by the part that each plays in it. */
  readonly inputs: Readonly<Partial<Record<WarehousePart, string>>>
}
