/** A statement that the declaration gives; its `:name` markers take inputs, each as a type of Databricks SQL. */
export interface FixedStatement {
  readonly text: string
  /** Marker → input and type. An input that is left out is NULL. */
  readonly values: Readonly<Record<string, { readonly input: string; readonly type: string }>>
}
