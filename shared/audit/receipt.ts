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
  /** Epoch ms, a moment before the row was placed: its outcome must follow within a bound (outcome-bound.ts). */
  readonly begun: number
}

/** Proof that the outcome row of that intent is durable. Made by the audit writer only; `respond` takes nothing less. */
export interface OutcomeReceipt extends RowPosition {
  readonly [outcomeBrand]: true
  readonly decisionId: string
  readonly intent: RowPosition
}

/** The one maker of intent receipts; only the audit writer calls it, after the row is durable. */
export function grantIntent<Cleared extends boolean>(
  row: RowPosition & Pick<IntentReceipt, 'mac' | 'begun'>,
  decisionId: string,
): IntentReceipt<Cleared> {
  return Object.freeze({ ...row, decisionId }) as IntentReceipt<Cleared>
}

/** The one maker of outcome receipts; only the audit writer calls it, after the row is durable. */
export function grantOutcome(row: RowPosition, intent: IntentReceipt): OutcomeReceipt {
  const { lane, segment, seq } = intent
  return Object.freeze({ ...row, decisionId: intent.decisionId, intent: { lane, segment, seq } }) as OutcomeReceipt
}
