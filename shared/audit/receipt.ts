declare const intentBrand: unique symbol
declare const outcomeBrand: unique symbol

/** Where a row stands in the book. */
export interface RowPosition {
  readonly lane: string
  readonly segment: number
  readonly seq: number
}

/**
 * Proof that an intent row is durable. `Cleared` says whether the row permits the call: `call` takes only
 * `IntentReceipt<true>`. Made by the audit writer only.
 */
export interface IntentReceipt<Cleared extends boolean = boolean> extends RowPosition {
  readonly [intentBrand]: Cleared
  readonly decisionId: string
  readonly mac: string
}

/** Proof that the outcome row of that intent is durable. Made by the audit writer only; `respond` takes nothing less. */
export interface OutcomeReceipt extends RowPosition {
  readonly [outcomeBrand]: true
  readonly decisionId: string
  readonly intent: RowPosition
}
